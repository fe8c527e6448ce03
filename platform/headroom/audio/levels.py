"""Levels over the whole file: mean, power, correlation, sameness of channels, bits in use, non-finite samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]

LOUDEST_MEASURED = 2.0**20  # +120 dBFS; float files may hold more, whose squares would overflow float32


class LevelMeter:
    """Feed blocks [channels, frames] of finite samples."""

    def __init__(self, channels: int) -> None:
        self._frames = 0
        self._sums = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._product = 0.0
        self._identical = channels > 1
        self._used_bits = 0

    def add(self, block: Float32, *, frames: int) -> None:
        """Frames after `frames` are padding zeros."""
        self._frames += frames
        self._sums += block.sum(axis=1, dtype=np.float32)
        for channel, samples in enumerate(block):
            self._squares[channel] += float(np.dot(samples, samples))
        if len(block) == 2:
            self._product += float(np.dot(block[0], block[1]))
        if self._identical:
            self._identical = all(np.array_equal(block[0], other) for other in block[1:])

    def add_bits(self, block: Int32) -> None:
        """`block` holds integers whose first bit is the sign, whatever the depth."""
        self._used_bits |= int(np.bitwise_or.reduce(block, axis=None))

    @property
    def identical_channels(self) -> bool:
        return self._identical and self._frames > 0

    @property
    def dc_offset(self) -> tuple[float, ...]:
        return tuple(float(total) / max(1, self._frames) for total in self._sums)

    @property
    def rms(self) -> float:
        """Root mean square over all channels, linear."""
        return math.sqrt(float(self._squares.mean()) / max(1, self._frames))

    @property
    def correlation(self) -> float | None:
        if len(self._squares) != 2 or not self._squares.all():
            return None
        return max(-1.0, min(1.0, self._product / math.sqrt(self._squares[0] * self._squares[1])))

    @property
    def balance_db(self) -> float | None:
        if len(self._squares) != 2 or not self._squares.all():
            return None
        return 10 * math.log10(self._squares[0] / self._squares[1])

    @property
    def significant_bits(self) -> int:
        """Position of the lowest bit that was ever set: 16 for 16-bit audio in a 24-bit file, 0 for silence."""
        if not self._used_bits:
            return 0
        return 32 - ((self._used_bits & -self._used_bits).bit_length() - 1)
