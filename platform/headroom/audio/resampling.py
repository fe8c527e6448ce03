"""Another sample rate by a windowed sinc: for formats that lack a rate, such as MP3 above 48 kHz."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_HALF_TAPS = 24  # input samples on either side at equal rates; more when the rate falls
_KAISER_BETA = 9.0  # about 90 dB of stop band
_PASSBAND = 0.94


class Resampler:
    """Feed blocks [channels, frames]; time is kept: output frame m lies at input frame m * down / up."""

    def __init__(self, from_hz: int, to_hz: int, channels: int) -> None:
        shared = math.gcd(from_hz, to_hz)
        self._up, self._down = to_hz // shared, from_hz // shared
        self._half = math.ceil(_HALF_TAPS * max(1.0, from_hz / to_hz))
        self._phases = _filters(self._up, self._half, cutoff=_PASSBAND * min(1.0, to_hz / from_hz))
        self._samples = np.zeros((channels, self._half - 1), np.float32)
        self._first = -(self._half - 1)  # input frame of the first sample kept
        self._made = 0

    def add(self, block: Float32) -> Float32:
        self._samples = np.concatenate((self._samples, block), axis=1)
        known_until = self._first + self._samples.shape[1]
        # Frame m needs the input up to floor(m * down / up) + half.
        last = ((known_until - self._half) * self._up - 1) // self._down
        made = self._make(self._made, max(self._made, last + 1))
        self._made += made.shape[1]
        unneeded = self._made * self._down // self._up - self._half + 1 - self._first
        if unneeded > 0:
            self._samples, self._first = self._samples[:, unneeded:], self._first + unneeded
        return made

    def finish(self) -> Float32:
        return self.add(np.zeros((self._samples.shape[0], self._half), np.float32))

    def _make(self, start: int, end: int) -> Float32:
        made = np.empty((self._samples.shape[0], end - start), np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(self._samples, 2 * self._half, axis=1)
        for first in range(start, min(start + self._up, end)):
            at, phase = divmod(first * self._down, self._up)
            opening = at - self._half + 1 - self._first
            count = -(-(end - first) // self._up)
            chosen = windows[:, opening :: self._down][:, :count]
            made[:, first - start :: self._up] = chosen @ self._phases[phase]
        return made


def _filters(up: int, half: int, *, cutoff: float) -> Float32:
    """Taps [phases, 2 * half] with a gain of exactly one at 0 Hz for every phase."""
    taps = np.arange(-half + 1, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_KAISER_BETA * np.sqrt(np.clip(1 - (taps / half) ** 2, 0, None)))
    filters = np.sinc(taps * cutoff) * window
    scaled: Float32 = (filters / filters.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled
