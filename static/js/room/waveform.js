/*
 * A wave that is drawn on a canvas and moved by a slider.
 *
 *   <div class="wave" data-wave hidden>
 *     <canvas aria-hidden="true"></canvas>
 *     <div class="wave-marks" aria-hidden="true"></div>
 *     <input type="range" class="wave-seek" …>        role, keys and speech come from the slider; it may be left out
 *   </div>                                             where another slider of the page moves the same sound
 *
 * What is played is drawn at full height and in another color than what is not, with a cursor of 2 px between them.
 * The colors are the canvas's own computed color, border color and outline color, so themes need no script.
 */
import { clock } from "./clock.js";
import { peaksOf } from "./peaks.js";
import { say } from "../shell/words.js";

const BAR_PX = 2;
const PITCH_PX = 3;
const UNPLAYED_HEIGHT = 0.5;
const STEPS_S = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -10, PageUp: 10 };

/** Shows the wave and returns `show(position_s, active)`. onSeek gets seconds; drag, if given, takes over the pointer. */
export function drawWave(element, { duration_s, peaks, onSeek, drag }) {
  const canvas = element.querySelector("canvas");
  const slider = element.querySelector("input");
  const state = { levels: null, position_s: 0, active: false, duration_s };
  element.hidden = false;
  const redraw = () => paint(canvas, state);
  peaksOf(peaks).then((levels) => {
    state.levels = levels;
    redraw();
  });
  new ResizeObserver(redraw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  listen(element, slider, state, onSeek, drag);
  const show = (position_s, active) => {
    Object.assign(state, { position_s, active });
    if (slider) {
      slider.value = position_s;
      describe(slider, position_s, duration_s);
    }
    redraw();
  };
  show(0, false);
  return show;
}

/** "0:30 of 2:00" for those who hear the page; rewritten once a second, not at each frame. */
export function describe(slider, position_s, duration_s) {
  const text = say("of", { at: clock(position_s), whole: clock(duration_s) });
  if (slider.getAttribute("aria-valuetext") !== text) slider.setAttribute("aria-valuetext", text);
}

/** Arrows move 5 s, page keys 10 s, Home and End to the ends. Calls seek with seconds. */
export function listenToKeys(slider, { at, duration_s, seek }) {
  slider.addEventListener("keydown", (event) => {
    const target = { Home: 0, End: duration_s }[event.key] ?? at() + (STEPS_S[event.key] ?? NaN);
    if (Number.isNaN(target) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    seek(Math.min(Math.max(target, 0), duration_s));
  });
}

function listen(element, slider, state, onSeek, drag) {
  const { duration_s } = state;
  const secondsAt = (event) => {
    const box = element.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * duration_s;
  };
  if (slider) {
    listenToKeys(slider, { at: () => state.position_s, duration_s, seek: onSeek });
    slider.addEventListener("input", () => onSeek(Number(slider.value)));
  }
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const from_s = secondsAt(event);
    const from_px = event.clientX;
    element.setPointerCapture(event.pointerId);
    slider?.focus({ preventScroll: true });
    event.preventDefault();
    const move = (next) => {
      const moved = Math.abs(next.clientX - from_px) > PITCH_PX;
      if (drag && moved) drag.over(from_s, secondsAt(next));
      else if (!drag) onSeek(secondsAt(next));
    };
    const stop = (last) => {
      element.removeEventListener("pointermove", move);
      const dragged = Math.abs(last.clientX - from_px) > PITCH_PX;
      if (last.type === "pointerup" && !(drag && dragged)) {
        onSeek(secondsAt(last));
        drag?.at(secondsAt(last));
      }
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", stop, { once: true });
    element.addEventListener("pointercancel", stop, { once: true });
  });
}

function paint(canvas, { levels, position_s, active, duration_s }) {
  const scale = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  const [deviceWidth, deviceHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
    canvas.width = deviceWidth;
    canvas.height = deviceHeight;
  }
  const { color: played, borderTopColor: unplayed, outlineColor: cursor } = getComputedStyle(canvas);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const cut = duration_s ? (position_s / duration_s) * width : 0;
  for (let x = 0; x + BAR_PX <= width; x += PITCH_PX) {
    const isPlayed = active && x < cut;
    const size = Math.max(1, levelAt(levels, x / width, (x + PITCH_PX) / width) * height);
    const shown = active && !isPlayed ? Math.max(1, size * UNPLAYED_HEIGHT) : size;
    context.fillStyle = isPlayed ? played : unplayed;
    context.fillRect(x, (height - shown) / 2, BAR_PX, shown);
  }
  if (active) {
    context.fillStyle = cursor;
    context.fillRect(Math.min(Math.max(cut - 1, 0), width - 2), 0, 2, height);
  }
}

function levelAt(levels, from, to) {
  if (!levels?.length) return 0;
  const first = Math.floor(from * levels.length);
  const last = Math.max(first + 1, Math.min(Math.ceil(to * levels.length), levels.length));
  let level = 0;
  for (let i = first; i < last; i += 1) level = Math.max(level, levels[i] ?? 0);
  return level;
}
