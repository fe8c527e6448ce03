/* MD5 (RFC 1321), which WebCrypto does not know: for stores that compare nothing better with arriving bytes. */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

export function md5(buffer) {
  const rest = buffer.byteLength % 64;
  const tail = new Uint8Array(rest < 56 ? 64 : 128);
  tail.set(new Uint8Array(buffer, buffer.byteLength - rest));
  tail[rest] = 0x80;
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(buffer.byteLength) * 8n, true);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  mix(state, new Int32Array(buffer, 0, (buffer.byteLength - rest) / 4));
  mix(state, new Int32Array(tail.buffer));
  return new Uint8Array(state.buffer);
}

/** The 64 steps over each block of sixteen words; the four registers change places from step to step. */
function mix(state, words) {
  const turned = (sum, by) => (sum << by) | (sum >>> (32 - by));
  for (let at = 0; at < words.length; at += 16) {
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    const word = (n) => words[at + (n & 15)];
    for (let i = 0; i < 16; i += 4) {
      a = (b + turned(a + ((b & c) | (~b & d)) + SINES[i] + word(i), 7)) | 0;
      d = (a + turned(d + ((a & b) | (~a & c)) + SINES[i + 1] + word(i + 1), 12)) | 0;
      c = (d + turned(c + ((d & a) | (~d & b)) + SINES[i + 2] + word(i + 2), 17)) | 0;
      b = (c + turned(b + ((c & d) | (~c & a)) + SINES[i + 3] + word(i + 3), 22)) | 0;
    }
    for (let i = 16; i < 32; i += 4) {
      a = (b + turned(a + ((b & d) | (c & ~d)) + SINES[i] + word(5 * i + 1), 5)) | 0;
      d = (a + turned(d + ((a & c) | (b & ~c)) + SINES[i + 1] + word(5 * i + 6), 9)) | 0;
      c = (d + turned(c + ((d & b) | (a & ~b)) + SINES[i + 2] + word(5 * i + 11), 14)) | 0;
      b = (c + turned(b + ((c & a) | (d & ~a)) + SINES[i + 3] + word(5 * i + 16), 20)) | 0;
    }
    for (let i = 32; i < 48; i += 4) {
      a = (b + turned(a + (b ^ c ^ d) + SINES[i] + word(3 * i + 5), 4)) | 0;
      d = (a + turned(d + (a ^ b ^ c) + SINES[i + 1] + word(3 * i + 8), 11)) | 0;
      c = (d + turned(c + (d ^ a ^ b) + SINES[i + 2] + word(3 * i + 11), 16)) | 0;
      b = (c + turned(b + (c ^ d ^ a) + SINES[i + 3] + word(3 * i + 14), 23)) | 0;
    }
    for (let i = 48; i < 64; i += 4) {
      a = (b + turned(a + (c ^ (b | ~d)) + SINES[i] + word(7 * i), 6)) | 0;
      d = (a + turned(d + (b ^ (a | ~c)) + SINES[i + 1] + word(7 * i + 7), 10)) | 0;
      c = (d + turned(c + (a ^ (d | ~b)) + SINES[i + 2] + word(7 * i + 14), 15)) | 0;
      b = (c + turned(b + (d ^ (c | ~a)) + SINES[i + 3] + word(7 * i + 21), 21)) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  }
}
