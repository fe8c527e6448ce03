/*
 * The outline of a file as the server measured it: lowest and highest sample per bucket and channel, int8 in the
 * order [bucket][channel][low, high], 127 = full scale. Fetched once per page and file.
 */
const fetched = new Map();

export function peaksOf(url) {
  if (!fetched.has(url)) fetched.set(url, fetchPeaks(url));
  return fetched.get(url);
}

async function fetchPeaks(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return null;
  const { buckets, channels, pairs } = await response.json();
  const bytes = Uint8Array.from(atob(pairs), (letter) => letter.charCodeAt(0));
  return highest(new Int8Array(bytes.buffer), buckets, channels);
}

/** Highest absolute sample per bucket over all channels, 0 to 1. */
function highest(pairs, buckets, channels) {
  const levels = new Float32Array(buckets);
  const width = channels * 2;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    let peak = 0;
    for (let i = bucket * width; i < (bucket + 1) * width; i += 1) peak = Math.max(peak, Math.abs(pairs[i]));
    levels[bucket] = peak / 127;
  }
  return levels;
}
