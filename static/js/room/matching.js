/*
 * Levels at which two sounds are equally loud. Only attenuation: the louder one comes down to the quieter one, and
 * if a true peak would still pass full scale, both come down together.
 *
 * gains_db([{lufs, true_peak_db}, …]) → one number per side, or null when a loudness is unknown.
 */
const CEILING_DBTP = 0;

export function matchingGains(sides) {
  if (sides.some(({ lufs }) => lufs === null)) return null;
  const target = Math.min(...sides.map(({ lufs }) => lufs));
  const gains_db = sides.map(({ lufs }) => target - lufs);
  const overs_db = sides.map(({ true_peak_db }, i) => (true_peak_db ?? CEILING_DBTP) + gains_db[i] - CEILING_DBTP);
  const trim_db = Math.max(0, ...overs_db);
  return gains_db.map((gain_db) => gain_db - trim_db);
}

export function factorOf(gain_db) {
  return 10 ** (gain_db / 20);
}
