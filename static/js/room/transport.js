/*
 * The one thing that plays: a single audio element behind the bar at the foot of the page.
 *
 *   <section data-transport hidden> with elements data-t = back, play, forward, title, seek, time
 *
 * Players on the page ask it to play a sound and follow it through `follow`. When a comparison starts, it pauses,
 * and the other way round: two sounds never play at once.
 */
import { clock } from "./clock.js";
import { describe, listenToKeys } from "./waveform.js";
import { toast } from "../shell/toasts.js";
import { say } from "../shell/words.js";

const bar = document.querySelector("[data-transport]");
const part = Object.fromEntries([...bar.querySelectorAll("[data-t]")].map((element) => [element.dataset.t, element]));
const audio = new Audio();
const followers = new Set();
let sound = null;
let wanted_s = null; // where to start once the file's length is known
audio.preload = "none";

/** Calls back with {sound, position_s, playing} at once and on each change; returns a function that ends it. */
export function follow(callback) {
  followers.add(callback);
  callback(now());
  return () => followers.delete(callback);
}

export function now() {
  return { sound, position_s: wanted_s ?? audio.currentTime, playing: !audio.paused };
}

/** Plays a sound from `at_s`, or from where it is if it is already the current one. */
export function play(next, at_s = null) {
  document.dispatchEvent(new CustomEvent("room:play", { detail: "transport" }));
  load(next);
  if (at_s !== null) seek(at_s);
  audio.play().catch((problem) => {
    if (problem.name !== "AbortError") toast(say("play_failed"));
  });
}

export function pause() {
  audio.pause();
}

export function toggle() {
  if (!sound) return;
  if (audio.paused) play(sound);
  else pause();
}

export function seek(position_s) {
  if (!sound) return;
  const target_s = Math.min(Math.max(position_s, 0), sound.duration_s);
  if (audio.readyState) audio.currentTime = target_s;
  else wanted_s = target_s;
  tell();
}

export function skip(by_s) {
  seek(now().position_s + by_s);
}

/** Makes a sound the current one without playing it. */
export function load(next) {
  if (sound?.file === next.file) return;
  sound = next;
  wanted_s = null;
  audio.src = next.src;
  bar.hidden = false;
  part.title.textContent = next.title;
  part.title.href = document.getElementById(`player-${next.file}`) ? `#player-${next.file}` : location.pathname;
  part.seek.max = next.duration_s.toFixed(1);
  tell();
}

function tell() {
  const state = now();
  for (const callback of followers) callback(state);
  showBar(state);
}

function showBar({ position_s, playing }) {
  if (!sound) return;
  showPlaying(part.play, playing);
  part.seek.value = position_s;
  describe(part.seek, position_s, sound.duration_s);
  part.time.textContent = `${clock(position_s)} / ${clock(sound.duration_s)}`;
}

/** The state of a play button: its picture, and its words for those who hear the page. */
export function showPlaying(button, playing) {
  button.toggleAttribute("data-on", playing);
  button.setAttribute("aria-label", playing ? button.dataset.pauseLabel : button.dataset.playLabel);
}

function tick() {
  tell();
  if (!audio.paused) requestAnimationFrame(tick);
}

audio.addEventListener("play", tick);
for (const name of ["pause", "ended", "seeked"]) audio.addEventListener(name, tell);
audio.addEventListener("loadedmetadata", () => {
  if (wanted_s !== null) audio.currentTime = wanted_s;
  wanted_s = null;
});
audio.addEventListener("error", () => toast(say("play_failed")));
document.addEventListener("room:play", ({ detail }) => {
  if (detail !== "transport") pause();
});
part.play.addEventListener("click", toggle);
part.back.addEventListener("click", () => skip(-5));
part.forward.addEventListener("click", () => skip(5));
part.seek.addEventListener("input", () => seek(Number(part.seek.value)));
listenToKeys(part.seek, {
  at: () => now().position_s,
  get duration_s() { return sound?.duration_s ?? 0; },
  seek,
});
