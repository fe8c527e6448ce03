/* What an element with the data of `sound_data` (templates/components/track.html) says about its sound. */
export function soundOf(element) {
  const { file, title, src, peaks, duration, lufs, tp } = element.dataset;
  return {
    file, title, src, peaks,
    duration_s: Number(duration),
    lufs: lufs === undefined ? null : Number(lufs),
    true_peak_db: tp === undefined ? null : Number(tp),
  };
}
