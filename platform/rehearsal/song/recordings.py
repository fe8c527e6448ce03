"""The CC0 recordings, brought to 48 kHz and to any pitch."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from rehearsal.song.wav import RATE

Float32 = NDArray[np.float32]

_FOLDER = Path(__file__).parent / "samples"
_HALF_TAPS = 12


@lru_cache(maxsize=64)
def recording(name: str, semitones: float = 0.0) -> Float32:
    """[2, frames] at 48 kHz, faster or slower by the interval. Do not write into it: it is shared."""
    samples, rate = soundfile.read(_FOLDER / f"{name}.flac", dtype="float32", always_2d=True)
    stereo = np.repeat(samples.T, 2, axis=0) if samples.shape[1] == 1 else samples.T
    moved = _at_speed(np.ascontiguousarray(stereo), rate / RATE * 2 ** (semitones / 12))
    moved.setflags(write=False)
    return moved


def _at_speed(sound: Float32, speed: float) -> Float32:
    """Read the sound `speed` times as fast, by a windowed sinc that also removes what would fold back."""
    frames = int(sound.shape[1] / speed)
    cutoff = min(1.0, 1 / speed) * 0.96
    at = np.arange(frames) * speed
    whole = at.astype(np.int64)
    fraction = (at - whole).astype(np.float32)
    padded = np.pad(sound, ((0, 0), (_HALF_TAPS, _HALF_TAPS + 1)))
    moved = np.zeros((2, frames), np.float32)
    for tap in range(-_HALF_TAPS + 1, _HALF_TAPS + 1):
        distance = tap - fraction
        window = np.cos(np.pi / 2 * np.clip(distance / _HALF_TAPS, -1, 1)) ** 2
        weight = np.sinc(distance * np.float32(cutoff)) * window * np.float32(cutoff)
        moved += padded[:, whole + (tap + _HALF_TAPS)] * weight
    return moved
