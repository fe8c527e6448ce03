"""The engineer's tools. Sounds are float32 [channels, frames] at 48 kHz; each tool returns a new one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import fftconvolve, oaconvolve, sosfilt

from rehearsal.song.meter import peaks_between
from rehearsal.song.wav import RATE

Float32 = NDArray[np.float32]

_STEP = 64  # frames between two decisions of the compressor: 1.3 ms
_LOOKAHEAD = 120  # frames that the limiter turns down ahead of a peak: 2.5 ms
_PIECE = 10 * RATE
_HOLD = 2400  # frames that it stays down: short enough to be unheard, long enough not to distort the bass


class Shape(StrEnum):
    HIGH_PASS = "high_pass"
    LOW_SHELF = "low_shelf"
    BELL = "bell"
    HIGH_SHELF = "high_shelf"


@dataclass(frozen=True)
class Band:
    shape: Shape
    frequency_hz: float
    gain_db: float = 0.0
    q: float = 0.707


def equalized(sound: Float32, bands: tuple[Band, ...]) -> Float32:
    if not bands:
        return sound
    sections = np.array([_section(band) for band in bands])
    out = np.empty_like(sound)
    for side, channel in enumerate(sound):
        out[side] = sosfilt(sections, channel)
    return out


def compressed(sound: Float32, *, threshold_db: float, ratio: float, attack_s: float, release_s: float) -> Float32:
    """Both channels alike, by the power of their sum; soft around the threshold (6 dB)."""
    steps = sound.shape[1] // _STEP
    power = (sound[:, : steps * _STEP] ** 2).reshape(2, steps, _STEP).mean(axis=(0, 2))
    over = 10 * np.log10(power + 1e-12) - threshold_db
    knee = np.clip(over + 3, 0, 6)
    wanted_db = -(1 - 1 / ratio) * np.where(over > 3, over, knee**2 / 12)
    attack, release = (math.exp(-_STEP / RATE / seconds) for seconds in (attack_s, release_s))
    gains_db = np.empty(steps)
    now = 0.0
    for step, wanted in enumerate(wanted_db.tolist()):
        keep = attack if wanted < now else release
        now = wanted + (now - wanted) * keep
        gains_db[step] = now
    return _ridden(sound, (np.arange(steps) + 0.5) * _STEP / RATE, gains_db)


def reverberated(sound: Float32, *, seconds: float, brightness_hz: float, seed: int) -> Float32:
    """The room alone, without the dry sound: noise that decays, darker as it goes, different on both sides."""
    random = np.random.default_rng(seed)
    frames = int(seconds * 1.2 * RATE)
    time_s = np.arange(frames) / RATE
    tail = random.standard_normal((2, frames)) * np.exp(-6.9 * time_s / seconds)
    tail[:, : int(0.018 * RATE)] = 0  # the way to the first wall
    dark = np.exp(-np.arange(200) * 2 * np.pi * brightness_hz / RATE)
    tail = fftconvolve(tail, (dark / dark.sum())[None], axes=1)[:, :frames]
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    out = np.empty_like(sound)
    for side, (dry, response) in enumerate(zip(sound, tail.astype(np.float32), strict=True)):
        out[side] = oaconvolve(dry, response)[: sound.shape[1]]
    return out


def limited(sound: Float32, *, ceiling_dbtp: float, drive_db: float = 0.0, peaks: Float32 | None = None) -> Float32:
    """Driven by a gain, no true peak above the ceiling: gain falls smoothly before each peak and rises after it.

    `peaks` spares measuring again the same sound at another drive: `peak_line(sound)`.
    """
    drive, ceiling = _linear(drive_db), _linear(ceiling_dbtp)
    highest = (peak_line(sound) if peaks is None else peaks) * np.float32(drive)
    needed = np.minimum(1.0, ceiling / np.maximum(highest, 1e-9)).astype(np.float32)
    # The lowest gain in a window that looks ahead and holds on, then a smoothing shorter than the look-ahead.
    size = _LOOKAHEAD + _HOLD
    held = minimum_filter1d(needed, size, origin=(_HOLD - _LOOKAHEAD) // 2)
    ramp = np.hanning(2 * _LOOKAHEAD + 1)
    smooth = (ramp / ramp.sum()).astype(np.float32)
    gain = oaconvolve(np.pad(held, _LOOKAHEAD, mode="edge"), smooth, mode="valid")
    out: Float32 = sound * (np.minimum(gain, 1.0) * drive).astype(np.float32)
    return out


def peak_line(sound: Float32) -> Float32:
    """[frames]: the highest true peak of both channels around each sample."""
    return np.maximum(peaks_between(sound[0]), peaks_between(sound[1]))


def panned(sound: Float32, pan: float) -> Float32:
    """-1 is left, 1 is right: the far side is turned down, the near one slightly up."""
    angle = (pan + 1) * math.pi / 4
    sides = np.array([[math.cos(angle)], [math.sin(angle)]], np.float32) * np.float32(math.sqrt(2))
    out: Float32 = sound * sides
    return out


def turned(sound: Float32, gain_db: float) -> Float32:
    out: Float32 = sound * np.float32(_linear(gain_db))
    return out


def faded_in_gain(sound: Float32, *, from_s: float, gain_db: float, over_s: float = 0.5) -> Float32:
    """The fader moves to `gain_db` at `from_s` and stays."""
    return _ridden(sound, np.array([from_s, from_s + over_s]), np.array([0.0, gain_db]))


def _ridden(sound: Float32, at_s: NDArray[np.float64], gains_db: NDArray[np.float64]) -> Float32:
    """The fader follows a line through points; piece by piece, since the line is finer than the points."""
    out = np.empty_like(sound)
    for start in range(0, sound.shape[1], _PIECE):
        piece = sound[:, start : start + _PIECE]
        time_s = np.arange(start, start + piece.shape[1]) / RATE
        out[:, start : start + _PIECE] = piece * _linear(np.interp(time_s, at_s, gains_db)).astype(np.float32)
    return out


def _linear(gain_db: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(10 ** (np.asarray(gain_db, np.float64) / 20))


def _section(band: Band) -> list[float]:
    """Second-order section after Robert Bristow-Johnson's "Audio EQ Cookbook"."""
    a = 10 ** (band.gain_db / 40)
    w = 2 * math.pi * band.frequency_hz / RATE
    cos_w, alpha = math.cos(w), math.sin(w) / (2 * band.q)
    if band.shape is Shape.HIGH_PASS:
        b = ((1 + cos_w) / 2, -(1 + cos_w), (1 + cos_w) / 2)
        d = (1 + alpha, -2 * cos_w, 1 - alpha)
    elif band.shape is Shape.BELL:
        b = (1 + alpha * a, -2 * cos_w, 1 - alpha * a)
        d = (1 + alpha / a, -2 * cos_w, 1 - alpha / a)
    else:
        sign = 1 if band.shape is Shape.LOW_SHELF else -1
        edge = 2 * math.sqrt(a) * alpha
        b = (
            a * ((a + 1) - sign * (a - 1) * cos_w + edge),
            sign * 2 * a * ((a - 1) - sign * (a + 1) * cos_w),
            a * ((a + 1) - sign * (a - 1) * cos_w - edge),
        )
        d = (
            (a + 1) + sign * (a - 1) * cos_w + edge,
            -sign * 2 * ((a - 1) + sign * (a + 1) * cos_w),
            (a + 1) + sign * (a - 1) * cos_w - edge,
        )
    return [part / d[0] for part in (*b, *d)]
