"""True peak after ITU-R BS.1770-5 Annex 2: the highest point of the waveform between the samples.

The signal is oversampled (four times below 96 kHz, twice below 192 kHz) by a windowed sinc whose phases run
as one matrix product over short pieces. Rows that cannot reach the highest point so far, because their
loudest neighborhood times the filter's largest gain stays below it, are left out; the result is the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_HALF_TAPS = 12  # input samples on either side of an interpolated point
_REACH = 2 * _HALF_TAPS - 1
_KAISER_BETA = 6.5
_PIECE_LENGTHS = range(21, 0, -1)  # short pieces waste few multiplications on the zeros of the band


def oversampling_for(sample_rate_hz: int) -> int:
    if sample_rate_hz < 96_000:
        return 4
    return 2 if sample_rate_hz < 192_000 else 1


class TruePeakMeter:
    """Feed blocks of whole rows (at least 23 frames each) in order; `peak` is linear."""

    def __init__(self, sample_rate_hz: int, channels: int, *, row_frames: int) -> None:
        phases = _interpolators(oversampling_for(sample_rate_hz))
        self._row_frames = row_frames
        self._piece_frames = next(length for length in _PIECE_LENGTHS if row_frames % length == 0)
        self._band = _banded(phases, self._piece_frames)
        self._gain = np.float32(np.abs(phases).sum(axis=1).max(initial=1.0))
        self._before = np.zeros((channels, _REACH), np.float32)
        self._row_before = np.zeros((channels, 1), np.float32)
        self.peak = 0.0

    def add(self, block: Float32, *, row_peaks: Float32) -> None:
        """`row_peaks` [channels, rows] are the highest absolute samples per row."""
        self.peak = max(self.peak, float(row_peaks.max()))
        if not self._band.size:
            return
        around = np.maximum(row_peaks, np.concatenate((self._row_before, row_peaks[:, :-1]), axis=1))
        for channel, samples in enumerate(np.concatenate((self._before, block), axis=1)):
            reaching = np.flatnonzero(around[channel] * self._gain > self.peak)
            if reaching.size:
                self._interpolate(samples, reaching)
        self._before, self._row_before = block[:, -_REACH:].copy(), row_peaks[:, -1:].copy()

    def finish(self) -> None:
        """Interpolate past the last sample, where the signal falls to silence."""
        channels = self._before.shape[0]
        silence = np.zeros((channels, self._row_frames), np.float32)
        self.add(silence, row_peaks=np.zeros((channels, 1), np.float32))

    def _interpolate(self, samples: Float32, rows: NDArray[np.intp]) -> None:
        """`samples` start 23 frames before row 0."""
        views = np.lib.stride_tricks.sliding_window_view
        windows = views(samples, self._row_frames + _REACH)[:: self._row_frames][rows]
        pieces = views(windows, self._piece_frames + _REACH, axis=1)[:, :: self._piece_frames]
        between = pieces.reshape(-1, self._piece_frames + _REACH) @ self._band
        self.peak = max(self.peak, float(between.max()), -float(between.min()))


def _interpolators(oversampling: int) -> NDArray[np.float64]:
    """Windowed-sinc taps [phases, 24] for the points between two samples; the samples themselves are known."""
    taps = np.arange(-_HALF_TAPS + 1, _HALF_TAPS + 1)
    phases = []
    for phase in range(1, oversampling):
        at = taps - phase / oversampling
        inside = np.sqrt(np.clip(1 - (at / _HALF_TAPS) ** 2, 0, None))
        sinc = np.sinc(at) * np.i0(_KAISER_BETA * inside)
        phases.append(sinc / sinc.sum())
    return np.array(phases).reshape(-1, 2 * _HALF_TAPS)


def _banded(phases: NDArray[np.float64], points: int) -> Float32:
    """Matrix [points + 23, points * phases] that interpolates neighboring points at once."""
    count, taps = phases.shape
    band = np.zeros((points + taps - 1, points, count))
    for point in range(points):
        band[point : point + taps, point, :] = phases.T
    return band.reshape(points + taps - 1, points * count).astype(np.float32)
