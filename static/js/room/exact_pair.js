/*
 * Two decoded sounds that start at one AudioContext time, each cut at its entry_s: the same place of both is at the
 * loudspeaker, and only the gains decide which is heard. At most EXCERPT_S are held per side; a play outside of them decodes another excerpt.
 */

const EXCERPT_S = 60;
const LEAD_S = 5; // kept before the asked position, so that a step back needs no new decoding
const RAMP_S = 0.01;
const AHEAD_S = 0.05; // both sources are scheduled this far ahead, so that neither can be late

export function exactPair(sounds, duration_s) {
  const context = new AudioContext();
  const gains = sounds.map(() => new GainNode(context, { gain: 0 }));
  gains.forEach((gain) => gain.connect(context.destination));
  const files = sounds.map(({ src }) => fetchBytes(src));
  const pair = {
    kind: duration_s <= EXCERPT_S ? "exact" : "window",
    playing: false,
    setGains: (gains_db, side) => setGains(context, gains, gains_db, side),
    pause: () => stop(pair),
    get position_s() { return positionOf(pair); },
    async play(at_s) {
      stop(pair);
      await context.resume();
      if (!pair.excerpt || at_s < pair.from_s || at_s >= pair.from_s + pair.length_s) {
        await decode(pair, await Promise.all(files), sounds, at_s, duration_s);
      }
      start(pair, at_s);
    },
    context, gains, sources: [], excerpt: null, from_s: 0, length_s: 0, started_at_s: 0, started_from_s: 0,
  };
  return pair;
}

async function fetchBytes(src) {
  const response = await fetch(src);
  if (!response.ok) throw new Error(`${src}: ${response.status}`);
  return response.arrayBuffer();
}

async function decode(pair, files, sounds, at_s, duration_s) {
  const { context } = pair;
  const last_s = Math.max(duration_s - EXCERPT_S, 0);
  const from_s = Math.min(Math.max(at_s - LEAD_S, 0), last_s);
  const parts = [];
  // One after the other: the whole of a file stands in memory while its excerpt is cut out.
  for (const [side, bytes] of files.entries()) {
    parts.push(cut(context, await context.decodeAudioData(bytes.slice(0)), from_s + sounds[side].entry_s));
  }
  const frames = Math.min(...parts.map(({ length }) => length));
  Object.assign(pair, { excerpt: parts, from_s, length_s: frames / context.sampleRate });
}

function cut(context, whole, from_s) {
  const first = Math.round(from_s * whole.sampleRate);
  const length = Math.min(Math.round(EXCERPT_S * whole.sampleRate), whole.length - first);
  if (first === 0 && length === whole.length) return whole;
  const part = context.createBuffer(whole.numberOfChannels, length, whole.sampleRate);
  for (let channel = 0; channel < whole.numberOfChannels; channel += 1) {
    part.copyToChannel(whole.getChannelData(channel).subarray(first, first + length), channel);
  }
  return part;
}

function start(pair, at_s) {
  const { context, gains } = pair;
  const when_s = context.currentTime + AHEAD_S;
  const offset_s = Math.min(Math.max(at_s - pair.from_s, 0), pair.length_s);
  pair.sources = pair.excerpt.map((buffer, side) => {
    const source = new AudioBufferSourceNode(context, { buffer, loop: true, loopEnd: pair.length_s });
    source.connect(gains[side]);
    source.start(when_s, offset_s);
    return source;
  });
  Object.assign(pair, { playing: true, started_at_s: when_s, started_from_s: offset_s });
}

function stop(pair) {
  if (!pair.playing) return;
  pair.playing = false;
  for (const source of pair.sources) {
    source.stop();
    source.disconnect();
  }
  pair.context.suspend();
}

function positionOf(pair) {
  const since_s = Math.max(pair.context.currentTime - pair.started_at_s, 0);
  return pair.from_s + ((pair.started_from_s + since_s) % pair.length_s);
}

/** Equal-gain ramps: what one side loses in 10 ms, the other wins. */
export function setGains(context, gains, gains_db, side) {
  const now_s = context.currentTime;
  gains.forEach(({ gain }, i) => {
    gain.cancelScheduledValues(now_s);
    gain.setValueAtTime(gain.value, now_s);
    gain.linearRampToValueAtTime(i === side ? factorOf(gains_db[i]) : 0, now_s + RAMP_S);
  });
}

function factorOf(gain_db) {
  return 10 ** (gain_db / 20);
}
