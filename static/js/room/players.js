/*
 * Rows and large players (`track` and `player` of templates/components/track.html): a play button, a wave, a position.
 * The audio element that serves without scripts is taken out; the transport plays.
 */
import { clock } from "./clock.js";
import { dragFor } from "./comments.js";
import { soundOf } from "./sounds.js";
import { follow, load, now, pause, play, seek, showPlaying } from "./transport.js";
import { drawWave } from "./waveform.js";

export function installPlayer(element) {
  const sound = soundOf(element);
  const button = element.querySelector("[data-play]");
  element.querySelector("audio")?.remove();
  button.hidden = false;
  const goTo = (position_s) => {
    load(sound);
    seek(position_s);
  };
  const wave = element.querySelector("[data-wave]");
  const show = wave && drawWave(wave, { ...sound, onSeek: goTo, drag: dragFor(element, sound) });
  button.addEventListener("click", () => {
    const state = now();
    if (state.playing && state.sound.file === sound.file) pause();
    else play(sound);
  });
  const stop = follow((state) => {
    if (!element.isConnected) return stop?.();
    const isCurrent = state.sound?.file === sound.file;
    showPlaying(button, isCurrent && state.playing);
    show?.(isCurrent ? state.position_s : 0, isCurrent);
    showPosition(element, isCurrent ? state.position_s : 0, sound.duration_s);
  });
}

function showPosition(element, position_s, duration_s) {
  const at = element.querySelector("[data-position]");
  if (!at) return;
  at.textContent = clock(position_s, true);
  element.querySelector("[data-remaining]").textContent = `−${clock(Math.max(duration_s - position_s, 0))}`;
}
