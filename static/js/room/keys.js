/*
 * Single keys: Space or K plays and pauses, J and L move 10 s, the arrows 5 s, X switches A and B, C comments, ? lists.
 * Off in fields, on buttons (which have their own Space) and with a modifier; the list has a switch that turns them
 * off for good (a cookie, since nothing is kept in the browser's storage).
 */
import { takePosition } from "./comments.js";
import { activeComparison, comparisonOnPage } from "./ab.js";
import { now, play, skip, toggle } from "./transport.js";
import { soundOf } from "./sounds.js";

const COOKIE = "keys";
const YEAR_S = 31_536_000;
const ACTIONS = {
  " ": playOrPause, k: playOrPause,
  j: () => move(-10), l: () => move(10), ArrowLeft: () => move(-5), ArrowRight: () => move(5),
  x: () => comparisonOnPage()?.switchSides(),
  c: takePosition,
  "?": () => document.getElementById("shortcuts").showModal(),
};
// The same places on a Russian keyboard.
const RUSSIAN = { "л": "k", "о": "j", "д": "l", "ч": "x", "с": "c" };

export function installKeys() {
  const box = document.querySelector("[data-keys-switch]");
  box.checked = !document.cookie.split("; ").includes(`${COOKIE}=off`);
  box.addEventListener("change", () => {
    document.cookie = `${COOKIE}=${box.checked ? "on" : "off"}; path=/; max-age=${YEAR_S}; samesite=lax`;
  });
  document.addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (isTyping(event.target, event.key) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    const action = ACTIONS[event.key] ?? ACTIONS[key] ?? ACTIONS[RUSSIAN[key]];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function isTyping(element, key) {
  if (element.matches("input[type=range]")) return false;
  if (element.matches("input, textarea, select, [contenteditable]")) return true;
  return [" ", "Enter"].includes(key) && element.matches("button, a, summary, [role=button]");
}

function playOrPause() {
  const comparison = activeComparison();
  if (comparison) return comparison.toggle();
  if (now().sound) return toggle();
  const first = document.querySelector("[data-player-main]");
  if (first) play(soundOf(first));
}

function move(by_s) {
  const comparison = activeComparison();
  if (comparison) comparison.skip(by_s);
  else skip(by_s);
}
