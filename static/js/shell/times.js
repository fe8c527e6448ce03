/*
 * <time data-relative datetime="…">    its text becomes "3 hours ago"; the exact instant stays in its title
 * <time data-deadline datetime="…">    keeps its text and gets "in 2 days" after it
 */
const units = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
// The page says when it was made: clocks of devices are wrong, and the rehearsal's runs ahead.
const ahead = (Date.parse(document.body.dataset.now) || Date.now()) - Date.now();
const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });

export function showTimes(root) {
  for (const element of root.querySelectorAll("time[data-relative]")) {
    element.textContent = near(element.dateTime);
  }
  for (const element of root.querySelectorAll("time[data-deadline]")) {
    let after = element.nextElementSibling;
    if (!after?.matches("[data-deadline-after]")) {
      after = document.createElement("span");
      after.dataset.deadlineAfter = "";
      after.className = "quiet nowrap";
      element.after(" ", after);
    }
    after.textContent = `(${near(element.dateTime)})`;
  }
}

function near(instant) {
  const seconds = (Date.parse(instant) - Date.now() - ahead) / 1000;
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["minute", 60];
  // What was promised a moment ago as five days is not yet "in 4 days".
  return format.format(Math.trunc(seconds / size + Math.sign(seconds) * 0.1), unit);
}
