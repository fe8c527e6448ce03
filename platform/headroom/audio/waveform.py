"""Lowest and highest sample per bucket and channel: what a waveform is drawn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import Peaks

BUCKETS_MAX = 4000


class WaveformMeter:
    """Feed lows and highs of rows [rows, channels]; buckets double in length when there would be too many."""

    def __init__(self, channels: int, row_frames: int, *, rows_expected: int | None) -> None:
        self._channels = channels
        self._row_frames = row_frames
        self._bucket_rows = max(1, -(-(rows_expected or 0) // (BUCKETS_MAX - 1)))
        self._pending = np.zeros((0, channels, 2), np.float32)
        self._full: list[NDArray[np.float32]] = []
        self._full_buckets = 0

    def add(self, lows: NDArray[np.float32], highs: NDArray[np.float32]) -> None:
        rows = np.concatenate((self._pending, np.stack((lows, highs), axis=2)))
        whole = len(rows) // self._bucket_rows * self._bucket_rows
        self._pending = rows[whole:]
        if whole:
            self._full.append(_merged(rows[:whole], self._bucket_rows))
            self._full_buckets += whole // self._bucket_rows
        while self._full_buckets > BUCKETS_MAX - 1:
            self._double()

    def _double(self) -> None:
        buckets = np.concatenate(self._full)
        whole = len(buckets) // 2 * 2
        # An odd bucket goes back to the rows: as many equal rows as it has, so that lengths still add up.
        back = np.repeat(buckets[whole:], self._bucket_rows, axis=0)
        self._pending = np.concatenate((back, self._pending))
        self._full = [_merged(buckets[:whole], 2)]
        self._full_buckets = whole // 2
        self._bucket_rows *= 2

    def result(self, sample_rate_hz: int) -> Peaks:
        parts = [*self._full]
        if len(self._pending):
            parts.append(_merged(self._pending, len(self._pending)))
        buckets = np.concatenate(parts) if parts else np.zeros((0, self._channels, 2), np.float32)
        scaled = np.rint(np.clip(buckets, -1, 1) * 127).astype(np.int8)
        return Peaks(
            buckets=len(scaled),
            channels=self._channels,
            bucket_frames=self._bucket_rows * self._row_frames,
            sample_rate_hz=sample_rate_hz,
            pairs=scaled.tobytes(),
        )


def _merged(pairs: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    groups = pairs.reshape(-1, count, *pairs.shape[1:])
    return np.stack((groups[..., 0].min(axis=1), groups[..., 1].max(axis=1)), axis=2)
