/* Check sums of files: whole parts for the store, head and tail to know a file again after a reload. */
const EDGE_BYTES = 64 * 1024;

export const partOf = (file, upload, number) =>
  file.slice((number - 1) * upload.part_size, Math.min(number * upload.part_size, file.size));

/** The named check sums of a blob in base64, read once: {sha256} or {sha256, md5}. */
export async function sumsOf(blob, names) {
  const bytes = await blob.arrayBuffer();
  const sums = { sha256: base64(await crypto.subtle.digest("SHA-256", bytes)) };
  if (names.includes("md5")) sums.md5 = base64((await import("./md5.js")).md5(bytes));
  return sums;
}

export async function fingerprint(file) {
  const edges = new Blob([`${file.size}:`, file.slice(0, EDGE_BYTES), file.slice(Math.max(0, file.size - EDGE_BYTES))]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await edges.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const base64 = (digest) => btoa(String.fromCharCode(...new Uint8Array(digest)));
