/*
 * <section id="…" data-poll>            the page is fetched again and this element exchanged until it comes without data-poll
 * <section id="…" data-poll="reload">   … and then the whole page is loaded anew ("confirming your payment")
 *     data-poll-at="/address"           … from there instead, and from where the newest page says next
 *
 * Without scripts such a page shows a link or a refresh header of its own. Asked after 1, 1.5, 2.2 … at most 10 s,
 * not while the page is hidden.
 */
import { onSettle, settle } from "./settling.js";

const FIRST_MS = 1_000;
const LONGEST_MS = 10_000;
const GROWTH = 1.5;

let timer = 0;

export function installPolling() {
  onSettle((root) => {
    if (!timer && root.querySelector("[data-poll][id]")) wait(FIRST_MS);
  });
}

function wait(delay_ms) {
  timer = setTimeout(async () => {
    const waiting = document.hidden || (await exchange());
    timer = 0;
    if (waiting) wait(Math.min(delay_ms * GROWTH, LONGEST_MS));
  }, delay_ms);
}

/** Whether anything still waits after all waiting elements were exchanged with their newest form. */
async function exchange() {
  const elsewhere = document.querySelector("[data-poll-at]");
  const response = await fetch(elsewhere?.dataset.pollAt ?? location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return true;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  let waiting = false;
  for (const element of document.querySelectorAll("[data-poll][id]")) {
    const next = fresh.getElementById(element.id);
    if (!next?.matches("[data-poll]") && (element.dataset.poll === "reload" || !next)) {
      location.replace(response.url);
      return false;
    }
    waiting ||= next.matches("[data-poll]");
    if (next.dataset.pollAt) element.dataset.pollAt = next.dataset.pollAt;
    // Hidden fields carry tokens that are new each time and say nothing.
    const says = next.innerHTML.replace(/<input type="hidden"[^>]*>/g, "");
    if (element.contains(document.activeElement) || (says === element.dataset.says && next.matches("[data-poll]"))) continue;
    next.dataset.says = says;
    keepTyped(element, next);
    element.replaceWith(document.adoptNode(next));
    settle(next);
  }
  return waiting;
}

/** What a person has typed or ticked meanwhile moves into the newer form. */
function keepTyped(old, fresh) {
  for (const field of old.querySelectorAll("input[id], textarea[id]")) {
    const same = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (!same || field.type === "file") continue;
    if (field.type === "checkbox" || field.type === "radio") same.checked = field.checked;
    else if (field.value !== field.defaultValue) same.value = field.value;
  }
}
