"""The synthesized voices: electric piano, pad, a round bass, and a lead that hums."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rehearsal.song.score import Note
from rehearsal.song.wav import RATE

Float32 = NDArray[np.float32]

_PAD_SECONDS = 12.0
_VIBRATO_HZ, _VIBRATO_CENTS = 5.3, 28.0
_HARMONICS_MAX = 28
# Centers in Hz, widths in Hz and strengths of the mouth's resonances.
_OO = ((320, 90, 1.0), (760, 110, 0.25), (2500, 220, 0.05))
_AH = ((720, 110, 1.0), (1150, 130, 0.55), (2700, 240, 0.16))


def frequency_of(midi: float) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


@lru_cache(maxsize=64)
def electric_piano(midi: int, hardness: float) -> Float32:
    """[frames]: two detuned tines, each a sine whose phase is moved by another; harder is brighter."""
    time_s = np.arange(int(2.6 * RATE), dtype=np.float32) / RATE
    pitch = 2 * np.pi * frequency_of(midi)
    decay = np.exp(-time_s * (1.4 + midi / 60))
    bark = np.sin(pitch * time_s) * (0.5 + 1.4 * hardness) * np.exp(-time_s * 4)
    tine = np.sin(pitch * 14 * time_s) * 0.06 * hardness * np.exp(-time_s * 18)
    body = np.sin(pitch * time_s + bark) + 0.4 * np.sin(pitch * 1.003 * time_s + bark * 0.5)
    attack = np.minimum(time_s / 0.003, 1)
    sound: Float32 = ((body * decay + tine) * attack * 0.4).astype(np.float32)
    return sound


@lru_cache(maxsize=16)
def pad_cloud(midi: int) -> Float32:
    """[2, frames] that loops without a seam: harmonics smeared into bands of random phase."""
    frames = int(_PAD_SECONDS * RATE)
    random = np.random.default_rng(midi)
    bins = np.fft.rfftfreq(frames, 1 / RATE)
    level = np.zeros(bins.size)
    for harmonic in range(1, 16):
        center = frequency_of(midi) * harmonic
        if center > 6000:
            break
        width = 1.2 + 0.0045 * center
        level += np.exp(-(((bins - center) / width) ** 2)) / harmonic**1.7 / np.sqrt(width)
    phases = random.uniform(0, 2 * np.pi, (2, bins.size))
    cloud = np.fft.irfft(level * np.exp(1j * phases), frames, axis=1)
    sound: Float32 = (cloud / np.sqrt((cloud**2).mean()) * 0.12).astype(np.float32)
    return sound


def sub_bass(midi: int, length_s: float) -> Float32:
    """[frames]: a sine with a little of its octave, bent by soft saturation, closed with a short fade."""
    time_s = np.arange(int((length_s + 0.03) * RATE), dtype=np.float32) / RATE
    pitch = 2 * np.pi * frequency_of(midi)
    wave = np.tanh(1.6 * np.sin(pitch * time_s) + 0.25 * np.sin(2 * pitch * time_s))
    shape = np.minimum(time_s / 0.006, 1) * np.clip((length_s + 0.03 - time_s) / 0.03, 0, 1)
    sound: Float32 = (wave * shape * np.exp(-time_s * 0.7)).astype(np.float32)
    return sound


def hummed(note: Note, *, from_midi: int | None, seed: int) -> Float32:
    """[2, frames]: a voice of harmonics through moving resonances; it slides in from the note before."""
    release_s = 0.12
    frames = int((note.length_s + release_s) * RATE)
    time_s = (np.arange(frames) / RATE).astype(np.float32)
    random = np.random.default_rng(seed)
    vowel = np.clip(note.vowel * np.minimum(time_s / 0.15, 1), 0, 1).astype(np.float32)
    shape = np.minimum(time_s / 0.06, 1) * np.clip((note.length_s + release_s - time_s) / release_s, 0, 1)
    breath = np.convolve(random.standard_normal(frames), np.ones(6) / 6, "same").astype(np.float32) * 0.012
    sides = []
    for detune_cents in (-4.0, 4.0):
        cents = detune_cents + float(random.normal(0, 2))
        midi = _pitch_line(note, time_s, from_midi=from_midi, detune_cents=cents)
        frequency = (440 * 2 ** ((midi - 69) / 12)).astype(np.float32)
        phase = 2 * np.pi * np.cumsum(frequency, dtype=np.float64) / RATE
        voice = np.zeros(frames, np.float32)
        for harmonic in range(1, _HARMONICS_MAX):
            if frequency_of(note.midi) * harmonic > 9000:
                break
            strength = _mouth(frequency * harmonic, vowel) / harmonic**0.9
            voice += (np.sin(phase * harmonic) * strength).astype(np.float32)
        sides.append((voice * 0.5 + breath * (1 + vowel)) * shape)
    sound: Float32 = np.stack(sides).astype(np.float32)
    return sound


def _pitch_line(note: Note, time_s: Float32, *, from_midi: int | None, detune_cents: float) -> Float32:
    slide = 0.0 if from_midi is None else (from_midi - note.midi) * np.exp(-time_s / 0.035)
    depth = np.clip((time_s - 0.25) / 0.4, 0, 1) * _VIBRATO_CENTS / 100
    vibrato = depth * np.sin(2 * np.pi * _VIBRATO_HZ * time_s)
    line: Float32 = (note.midi + slide + vibrato + detune_cents / 100).astype(np.float32)
    return line


def _mouth(frequency_hz: Float32, vowel: Float32) -> Float32:
    strength = np.full(frequency_hz.shape, 0.02, np.float32)
    for (center, width, level), (open_center, open_width, open_level) in zip(_OO, _AH, strict=True):
        middle = center + (open_center - center) * vowel
        spread = (width + (open_width - width) * vowel) * 1.6
        strength += (level + (open_level - level) * vowel) * np.exp(-(((frequency_hz - middle) / spread) ** 2))
    return strength
