/* Seconds as people read them: 2:05, or with tenths 2:05.3. The same as `clock` of templates/components/values.html. */
export function clock(seconds, tenths = false) {
  const all = tenths ? Math.round(seconds * 10) : Math.round(seconds) * 10;
  const hours = Math.floor(all / 36_000);
  const minutes = Math.floor((all % 36_000) / 600);
  const rest = String(Math.floor((all % 600) / 10)).padStart(2, "0");
  const head = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : String(minutes);
  return `${head}:${rest}${tenths ? `.${all % 10}` : ""}`;
}

/** Seconds in what a person typed: "83.4", "1:23.4", "1:02:03"; NaN if it is none of these. */
export function secondsOf(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part))) return NaN;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}
