/*
 * Two sounds under one start time, at equal loudness (`ab` of templates/components/track.html).
 *
 *   <section data-ab> with data-side="a" and "b" (each with the data of a sound, a button data-pick and data-gain),
 *   data-ab-play, data-ab-switch, data-ab-seek, data-ab-time, data-ab-match, data-ab-status
 *
 * Up to EXACT_UP_TO_S both are decoded and started at the same AudioContext time, so that switching is in step to the
 * sample; longer ones play from two media elements that are kept together, and the page says "approximate".
 * data-offset says by how many seconds the music starts later in B: the one that starts later is entered so much further
 * in, and positions count from where both have music. data-gain-db of a side is what makes both equally loud.
 * X, or the buttons A and B, switch by ramps of 10 ms whose gains always sum to one.
 */
import { clock } from "./clock.js";
import { exactPair } from "./exact_pair.js";
import { loosePair } from "./loose_pair.js";
import { soundOf } from "./sounds.js";
import { showPlaying } from "./transport.js";
import { describe, drawWave, listenToKeys } from "./waveform.js";

const EXACT_UP_TO_S = 600; // decoding a longer preview would hold more than 200 MB for a moment
const comparisons = new Set();
let active = null;

/** The comparison that sounded last and still owns the keys. */
export function activeComparison() {
  return active?.element.isConnected ? active : null;
}

export function comparisonOnPage() {
  return activeComparison() ?? [...comparisons].find(({ element }) => element.isConnected) ?? null;
}

export function installComparison(element) {
  const comparison = new Comparison(element);
  comparisons.add(comparison);
}

document.addEventListener("room:play", ({ detail }) => {
  for (const comparison of comparisons) if (comparison !== detail) comparison.pause();
  if (detail === "transport") active = null;
});

class Comparison {
  constructor(element) {
    this.element = element;
    this.boxes = [...element.querySelectorAll("[data-side]")];
    const offset_s = Number(element.dataset.offset ?? 0);
    const entries_s = [Math.max(-offset_s, 0), Math.max(offset_s, 0)];
    this.sounds = this.boxes.map((box, side) => ({ ...soundOf(box), entry_s: entries_s[side] }));
    this.duration_s = Math.max(Math.min(...this.sounds.map(({ duration_s, entry_s }) => duration_s - entry_s)), 0);
    this.side = 0;
    this.position_s = 0;
    this.pair = null;
    this.part = (name) => element.querySelector(`[data-ab-${name}]`);
    this.waves = this.boxes.map((box, side) => this.#prepare(box, this.sounds[side]));
    this.#listen();
    this.#showLevels();
    this.#show();
  }

  toggle() {
    if (this.pair?.playing) this.pause();
    else this.play();
  }

  async play() {
    active = this;
    document.dispatchEvent(new CustomEvent("room:play", { detail: this }));
    this.#say("loading");
    try {
      this.pair ??= this.#open();
      this.pair.setGains(this.#gains(), this.side);
      await this.pair.play(this.position_s);
    } catch {
      this.pair = null;
      return this.#say("failed");
    }
    this.#say(this.pair.kind);
    this.#follow();
  }

  pause() {
    if (!this.pair?.playing) return;
    this.position_s = this.pair.position_s;
    this.pair.pause();
    this.#show();
  }

  async seek(position_s) {
    this.position_s = Math.min(Math.max(position_s, 0), this.duration_s);
    if (this.pair?.playing) await this.play();
    this.#show();
  }

  skip(by_s) {
    this.seek((this.pair?.playing ? this.pair.position_s : this.position_s) + by_s);
  }

  switchSides() {
    this.pick(1 - this.side);
  }

  pick(side) {
    this.side = side;
    this.pair?.setGains(this.#gains(), side);
    this.#show();
  }

  #open() {
    const open = this.duration_s <= EXACT_UP_TO_S ? exactPair : loosePair;
    return open(this.sounds, this.duration_s);
  }

  #prepare(box, sound) {
    const wave = box.querySelector("[data-wave]");
    box.querySelector("audio")?.remove();
    box.querySelector("[data-pick]").hidden = false;
    return drawWave(wave, { ...sound, onSeek: (at_s) => this.seek(at_s - sound.entry_s) });
  }

  #listen() {
    this.boxes.forEach((box, side) => box.querySelector("[data-pick]").addEventListener("click", () => this.pick(side)));
    this.part("play").addEventListener("click", () => this.toggle());
    this.part("switch").addEventListener("click", () => this.switchSides());
    this.part("match").addEventListener("change", () => {
      this.#showLevels();
      this.pair?.setGains(this.#gains(), this.side);
    });
    const slider = this.part("seek");
    slider.max = this.duration_s.toFixed(1);
    slider.addEventListener("input", () => this.seek(Number(slider.value)));
    listenToKeys(slider, { at: () => Number(slider.value), duration_s: this.duration_s, seek: (s) => this.seek(s) });
  }

  #gains() {
    const matched = this.part("match").checked;
    return this.sounds.map(({ gain_db }) => (matched ? (gain_db ?? 0) : 0));
  }

  #showLevels() {
    const gains_db = this.#gains();
    this.boxes.forEach((box, i) => {
      const shown = box.querySelector("[data-gain]");
      shown.textContent = `${gains_db[i].toFixed(1).replace("-", "−").replace(/^−0\.0$/, "0.0")} ${shown.dataset.unit}`;
    });
    if (this.part("match").checked && this.sounds.some(({ gain_db }) => gain_db === null)) this.#say("unmatched");
  }

  #follow() {
    this.#show();
    if (this.pair?.playing && this.element.isConnected) requestAnimationFrame(() => this.#follow());
    else if (!this.element.isConnected) this.pair?.pause();
  }

  #show() {
    const playing = Boolean(this.pair?.playing);
    if (playing) this.position_s = this.pair.position_s;
    const begun = playing || this.position_s > 0; // both or neither: their heights are compared too
    showPlaying(this.part("play"), playing);
    this.boxes.forEach((box, side) => box.querySelector("[data-pick]").setAttribute("aria-pressed", side === this.side));
    this.waves.forEach((show, side) => show(this.position_s + this.sounds[side].entry_s, begun));
    const slider = this.part("seek");
    slider.value = this.position_s;
    describe(slider, this.position_s, this.duration_s);
    this.part("time").textContent = `${clock(this.position_s)} / ${clock(this.duration_s)}`;
  }

  #say(kind) {
    const status = this.part("status");
    status.textContent = status.dataset[kind] ?? "";
    this.element.dataset.state = kind;
  }
}
