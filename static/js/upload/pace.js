/* Bytes, rate and time left, in the reader's notation. */
const WINDOW_MS = 6000;
const language = document.documentElement.lang;
const UNITS = [["gigabyte", 1e9], ["megabyte", 1e6], ["kilobyte", 1e3]];

export function size(bytes) {
  const [unit, factor] = UNITS.find(([, each]) => bytes >= each) ?? UNITS.at(-1);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 }).format(bytes / factor);
}

export function timeLeft(bytes, rate) {
  if (!rate) return "";
  const seconds = Math.max(1, Math.round(bytes / rate));
  const [unit, value] = seconds < 90 ? ["second", seconds] : seconds < 5400 ? ["minute", Math.round(seconds / 60)] : ["hour", Math.round(seconds / 3600)];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** A function from bytes sent so far to bytes per second over the last seconds. */
export function pace() {
  const seen = [];
  return (sent) => {
    const now = performance.now();
    seen.push([now, sent]);
    while (seen.length > 2 && now - seen[0][0] > WINDOW_MS) seen.shift();
    const [[then, before]] = seen;
    return now > then ? Math.max(0, ((sent - before) / (now - then)) * 1000) : 0;
  };
}
