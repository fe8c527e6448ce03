/*
 * Comments at a point or a range of a track.
 *
 *   <ol data-comments-of="<file>"> <li id="…" data-start="12.3" data-end="15"> …    numbered marks appear on the wave
 *   <a data-goto="12.3" data-goto-file="<file>">                                   plays from there
 *   <fieldset data-range-of="<file>"> with inputs start_s and end_s                a click on the wave fills the first,
 *                                                                                 a drag fills both; typing moves the mark
 *   <button data-take-position>                                                    takes the position that is heard
 *
 * The marks only repeat the list for the eye, so they are hidden from those who hear the page.
 */
import { secondsOf } from "./clock.js";
import { soundOf } from "./sounds.js";
import { follow, now, play } from "./transport.js";

const NEAR_S = 2; // how long a comment at a point stays lit while its place is heard

/** How a drag over a player's wave fills the range of its comment form; undefined if there is no form. */
export function dragFor(player, sound) {
  const fields = rangeFieldsOf(sound.file);
  if (!fields || player.dataset.playerMain === undefined) return undefined;
  return {
    at: (position_s) => {
      // A click while words are being written is a listen, not a change of place.
      if (!fields.closest("form")?.querySelector("textarea")?.value) fill(fields, position_s, null);
    },
    over: (from_s, to_s) => fill(fields, Math.min(from_s, to_s), Math.max(from_s, to_s)),
  };
}

export function installComments(root) {
  for (const list of root.querySelectorAll("[data-comments-of]")) {
    const player = playerOf(list.dataset.commentsOf);
    if (player) showMarks(list, player);
  }
  for (const fields of root.querySelectorAll("[data-range-of]")) {
    const player = playerOf(fields.dataset.rangeOf);
    if (!player) continue;
    fields.addEventListener("input", () => showDraft(fields, player));
    showDraft(fields, player);
  }
}

/** Puts the heard position into the comment form on the page and the cursor into its text. */
export function takePosition() {
  const fields = document.querySelector("[data-range-of]");
  if (!fields) return false;
  const { sound, position_s } = now();
  fill(fields, sound?.file === fields.dataset.rangeOf ? position_s : 0, null);
  fields.closest("form")?.querySelector("textarea")?.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-goto]");
  const player = link && playerOf(link.dataset.gotoFile ?? link.closest("[data-comments-of]")?.dataset.commentsOf);
  if (player) {
    event.preventDefault();
    play(soundOf(player), Number(link.dataset.goto));
  }
  if (event.target.closest("[data-take-position]")) takePosition();
});

function playerOf(file) {
  return [...document.querySelectorAll("[data-player-main]")].find((element) => element.dataset.file === file);
}

function rangeFieldsOf(file) {
  return [...document.querySelectorAll("[data-range-of]")].find((element) => element.dataset.rangeOf === file);
}

function fill(fields, start_s, end_s) {
  const [start, end] = inputsOf(fields);
  start.value = start_s.toFixed(2);
  end.value = end_s === null ? "" : end_s.toFixed(2);
  start.dispatchEvent(new Event("input", { bubbles: true }));
}

function inputsOf(fields) {
  return [fields.querySelector('[name="start_s"]'), fields.querySelector('[name="end_s"]')];
}

function showMarks(list, player) {
  const { duration_s, file } = soundOf(player);
  const comments = [...list.querySelectorAll("[data-start]")].map((item) => ({
    item,
    start_s: Number(item.dataset.start),
    end_s: item.dataset.end ? Number(item.dataset.end) : null,
  }));
  const marks = player.querySelector(".wave-marks");
  marks.replaceChildren(...comments.map((comment, index) => mark(comment, duration_s, index + 1)));
  const stop = follow(({ sound, position_s, playing }) => {
    if (!list.isConnected) return stop?.();
    for (const { item, start_s, end_s } of comments) {
      const isHeard = sound?.file === file && playing && position_s >= start_s && position_s < (end_s ?? start_s + NEAR_S);
      item.toggleAttribute("data-near", isHeard);
    }
  });
}

function showDraft(fields, player) {
  const [start_s, end_s] = inputsOf(fields).map((input) => secondsOf(input.value));
  player.querySelector(".mark-draft")?.remove();
  if (Number.isNaN(start_s)) return;
  const draft = mark({ start_s, end_s: Number.isNaN(end_s) ? null : end_s }, soundOf(player).duration_s, "");
  draft.classList.add("mark-draft");
  player.querySelector(".wave-marks").append(draft);
}

function mark({ item, start_s, end_s }, duration_s, number) {
  const element = document.createElement("span");
  element.className = end_s === null ? "mark" : "mark mark-range";
  element.classList.toggle("mark-done", item?.dataset.done !== undefined);
  element.dataset.n = number;
  element.style.left = `${(start_s / duration_s) * 100}%`;
  if (end_s !== null) element.style.width = `${((end_s - start_s) / duration_s) * 100}%`;
  return element;
}
