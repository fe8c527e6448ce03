/*
 * Two media elements that run side by side: for sounds too long to decode. Once a second the silent one is put back to
 * the heard one's position if they have drifted apart; so a switch may be off by up to DRIFT_S.
 */
import { setGains } from "./exact_pair.js";

const DRIFT_S = 0.04;
const CHECK_MS = 1_000;

export function loosePair(sounds) {
  const context = new AudioContext();
  const entries_s = sounds.map(({ entry_s }) => entry_s);
  const players = sounds.map(({ src }) => Object.assign(new Audio(src), { preload: "auto" }));
  const gains = players.map((player) => {
    const gain = new GainNode(context, { gain: 0 });
    context.createMediaElementSource(player).connect(gain).connect(context.destination);
    return gain;
  });
  let heard = 0;
  let check = 0;
  return {
    kind: "approximate",
    get playing() { return !players[heard].paused; },
    get position_s() { return Math.max(players[heard].currentTime - entries_s[heard], 0); },
    setGains: (gains_db, side) => {
      heard = side;
      setGains(context, gains, gains_db, side);
    },
    pause: () => {
      clearInterval(check);
      for (const player of players) player.pause();
    },
    play: async (at_s) => {
      await context.resume();
      players.forEach((player, side) => { player.currentTime = at_s + entries_s[side]; });
      await Promise.all(players.map((player) => player.play()));
      clearInterval(check);
      check = setInterval(() => align(players, entries_s, heard), CHECK_MS);
    },
  };
}

function align(players, entries_s, heard) {
  const silent = players[1 - heard];
  const wanted_s = players[heard].currentTime - entries_s[heard] + entries_s[1 - heard];
  if (Math.abs(silent.currentTime - wanted_s) > DRIFT_S) silent.currentTime = wanted_s;
}
