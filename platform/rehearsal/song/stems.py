"""The stems as a musician sends them: consolidated from zero, dry, and not without faults.

What an attentive engineer finds: the kick is driven into clipping in the choruses, and the bass is a mono
sound in a stereo file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rehearsal.song.recordings import recording
from rehearsal.song.score import BAR_S, LENGTH_S, Section, bars, hits, melody, section_starts, step_s
from rehearsal.song.voices import electric_piano, hummed, pad_cloud, sub_bass
from rehearsal.song.wav import RATE, write_wav

Float32 = NDArray[np.float32]

FRAMES = round(LENGTH_S * RATE)
_HUMAN_S = 0.004  # how far a player is off the grid, at most times


@dataclass(frozen=True)
class StemFile:
    path: Path
    name: str
    instrument: str
    byte_size: int


def write_stems(folder: Path) -> list[StemFile]:
    """All nine stems, in the order of their names."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [_write_stem(folder, instrument) for instrument in STEMS]
    for cache in (recording, electric_piano, pad_cloud):
        cache.cache_clear()  # 200 MB that the mixes do not need
    return files


def stem_path(folder: Path, instrument: str) -> Path:
    return folder / f"{STEMS[instrument].title}.wav"


def _write_stem(folder: Path, instrument: str) -> StemFile:
    path = stem_path(folder, instrument)
    write_wav(path, STEMS[instrument].play())
    return StemFile(path, path.name, instrument, path.stat().st_size)


def _kick() -> Float32:
    track = _silence()
    for at_s, strength, section in _played("kick", seed=1):
        drive = 1.18 if section is Section.CHORUS else 0.9
        _add(track, recording("drum_heavy_kick"), at_s, drive * (0.45 + 0.55 * strength))
    return track


def _snare() -> Float32:
    track = _silence()
    for at_s, strength, _ in _played("snare", seed=2):
        is_ghost = strength < 0.6
        _add(track, recording("drum_snare_soft" if is_ghost else "drum_snare_hard"), at_s, strength * 0.62)
    for at_s, strength, _ in _played("snap", seed=3):
        _add(track, recording("perc_snap"), at_s, strength * 0.35, pan=-0.15)
    return track


def _hats() -> Float32:
    track = _silence()
    for part, name, gain, pan in (
        ("hat", "drum_cymbal_closed", 0.5, 0.25),
        ("pedal", "drum_cymbal_pedal", 0.5, 0.25),
        ("open_hat", "drum_cymbal_open", 0.28, 0.3),
        ("triangle", "elec_triangle", 0.22, -0.5),
    ):
        for at_s, strength, _ in _played(part, seed=len(part)):
            sound = recording(name)[:, : int(0.35 * RATE)] if part == "open_hat" else recording(name)
            _add(track, _faded_out(sound), at_s, gain * strength**1.5, pan=pan)
    for at_s, section in section_starts():
        if section is not Section.INTRO:
            _add(track, recording("drum_splash_soft"), at_s, 0.7, pan=-0.35)
    return track


def _percussion() -> Float32:
    track = _silence()
    for part, name, gain, pan in (
        ("ghe", "tabla_ghe1", 0.6, -0.2),
        ("na", "tabla_na", 0.45, 0.3),
        ("te", "tabla_te1", 0.4, 0.4),
        ("ke", "tabla_ke1", 0.4, -0.4),
    ):
        for at_s, strength, _ in _played(part, seed=40 + len(name)):
            _add(track, recording(name), at_s, gain * strength, pan=pan)
    for at_s, section in section_starts():
        if section in {Section.CHORUS, Section.OUTRO}:
            sweep = recording("ambi_swoosh")
            _add(track, sweep, at_s - sweep.shape[1] / RATE * 0.8, 0.3)
    return track


def _bass() -> Float32:
    """Recorded wood over a synthesized sub; mono, in both channels."""
    track = _silence()
    strokes = list(hits("bass"))
    for number, hit in enumerate(strokes):
        until_s = strokes[number + 1].at_s if number + 1 < len(strokes) else hit.at_s + BAR_S
        length_s = min(until_s - hit.at_s, BAR_S) * 0.92
        midi = hit.chord.bass + (12 if hit.strength < 0.55 else 0)
        wood = recording("bass_woodsy_c", midi - 36)[:, : int(length_s * RATE)]
        mono = wood.mean(axis=0) * 0.34
        sub = sub_bass(midi, length_s)[: mono.size] * 0.3
        both = np.stack([mono + np.pad(sub, (0, mono.size - sub.size))] * 2)
        _add(track, _faded_out(both), hit.at_s, 0.5 + 0.5 * hit.strength)
    track[1] = track[0]
    return track


def _guitar() -> Float32:
    track = _silence()
    strums = [(hit, "guit_em9", hit.chord.guitar, 0.62) for hit in hits("guitar")]
    strums += [(hit, "guit_e_fifths", hit.chord.guitar, 0.6) for hit in hits("fifths")]
    strums += [(hit, "guit_harmonics", 0, 0.8) for hit in hits("harmonics")]
    strums.sort(key=lambda strum: strum[0].at_s)
    for number, (hit, name, semitones, gain) in enumerate(strums):
        until_s = strums[number + 1][0].at_s if number + 1 < len(strums) else LENGTH_S
        ringing = recording(name, semitones)[:, : int((until_s - hit.at_s + 0.05) * RATE)]
        _add(track, _faded_out(ringing, 0.05), hit.at_s, gain * hit.strength, pan=-0.2)
    return track


def _keys() -> Float32:
    track = _silence()
    random = np.random.default_rng(7)
    for hit in hits("keys"):
        for place, midi in enumerate(sorted(hit.chord.notes)):
            note = electric_piano(midi + 12, round(hit.strength, 1))
            strum_s = place * 0.006 + random.uniform(0, _HUMAN_S)
            _add(track, np.stack([note, note]), hit.at_s + strum_s, 0.2 * hit.strength, pan=0.5 * (place / 2 - 1))
    return track


def _pad() -> Float32:
    track = _silence()
    levels = {Section.INTRO: 0.5, Section.VERSE: 0.35, Section.CHORUS: 0.8, Section.BREAK: 1.0, Section.OUTRO: 0.6}
    for bar, _, section, chord in bars():
        start, length = int(step_s(bar, 0) * RATE), int((BAR_S + 0.6) * RATE)
        swell = np.minimum(1, np.minimum(np.arange(length) / (0.5 * RATE), np.arange(length)[::-1] / (0.6 * RATE)))
        for midi in chord.notes:
            cloud = pad_cloud(midi)
            turning = np.take(cloud, np.arange(start, start + length), axis=1, mode="wrap")
            _add(track, turning * swell.astype(np.float32), start / RATE, 0.24 * levels[section])
    return track


def _lead() -> Float32:
    track = _silence()
    before, ends_at_s = None, 0.0
    for number, note in enumerate(melody()):
        is_legato = note.at_s - ends_at_s < 0.05
        _add(track, hummed(note, from_midi=before if is_legato else note.midi - 1, seed=number), note.at_s, 0.42)
        before, ends_at_s = note.midi, note.at_s + note.length_s
    return track


@dataclass(frozen=True)
class _Stem:
    title: str
    play: Callable[[], Float32]


STEMS = {
    "kick": _Stem("01 Kick", _kick),
    "snare": _Stem("02 Snare", _snare),
    "hats": _Stem("03 Hats", _hats),
    "percussion": _Stem("04 Percussion", _percussion),
    "bass": _Stem("05 Bass", _bass),
    "guitar": _Stem("06 Guitar", _guitar),
    "keys": _Stem("07 Keys", _keys),
    "pad": _Stem("08 Pad", _pad),
    "lead": _Stem("09 Lead вокал", _lead),  # names of files are people's own, in any script
}


def _silence() -> Float32:
    return np.zeros((2, FRAMES), np.float32)


def _played(part: str, *, seed: int) -> list[tuple[float, float, Section]]:
    """A part's strokes as a person plays them: a little off in time and force."""
    random = np.random.default_rng(seed)
    return [
        (
            max(0.0, hit.at_s + random.normal(0, _HUMAN_S / 2)),
            float(np.clip(hit.strength * random.normal(1, 0.05), 0, 1)),
            hit.section,
        )
        for hit in hits(part)
    ]


def _add(track: Float32, sound: Float32, at_s: float, gain: float, *, pan: float = 0.0) -> None:
    """Add a stereo sound; what would lie outside of the song is left out."""
    start = max(0, round(at_s * RATE))
    length = min(sound.shape[1], track.shape[1] - start)
    sides = np.array([[min(1.0, 1 - pan)], [min(1.0, 1 + pan)]], np.float32) * np.float32(gain)
    track[:, start : start + length] += sound[:, :length] * sides


def _faded_out(sound: Float32, seconds: float = 0.02) -> Float32:
    frames = min(int(seconds * RATE), sound.shape[1])
    out = sound.copy()
    out[:, out.shape[1] - frames :] *= np.linspace(1, 0, frames, dtype=np.float32)
    return out
