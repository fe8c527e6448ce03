/* What an element with the data of `sound_data` (templates/components/track.html) says about its sound. */
export function soundOf(element) {
  const { file, title, src, peaks, duration, gainDb } = element.dataset;
  return {
    file, title, src, peaks,
    duration_s: Number(duration),
    gain_db: gainDb === undefined ? null : Number(gainDb), // what makes it as loud as the other side of a comparison
  };
}
