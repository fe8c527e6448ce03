"""PURE. Where one recording lies in another, from their envelopes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headroom.audio.alignment import Alignment
from headroom.audio.facts import Peaks

Float64 = NDArray[np.float64]

SMOOTHED_BUCKETS = 5


def envelope_of(peaks: Peaks) -> tuple[Float64, float]:
    """Loudest level per bucket over all channels, and the length of a bucket in seconds."""
    pairs = np.frombuffer(peaks.pairs, np.int8).reshape(peaks.buckets, -1).astype(np.float64)
    return np.abs(pairs).max(axis=1, initial=0.0), peaks.bucket_frames / peaks.sample_rate_hz


def align_peaks(first: Peaks, second: Peaks, *, longest_s: float = 30.0) -> Alignment | None:
    """Offset between two recordings of one performance, to about a bucket; None where either is silent.

    Two mixes of one recording move the summit by a fraction of a bucket without starting apart, so what is less
    than half a bucket is no offset. The levels are smoothed first: where a beat falls within its bucket would
    otherwise weigh more than which beat it is, and music in bars would be found whole bars away.
    """
    first_levels, first_step = envelope_of(first)
    second_levels, second_step = envelope_of(second)
    step = min(first_step, second_step)
    found = align_envelopes(
        _smooth(_at_step(first_levels, first_step, step)),
        _smooth(_at_step(second_levels, second_step, step)),
        step_s=step,
        longest_s=longest_s,
    )
    return replace(found, offset_s=0.0) if found and abs(found.offset_s) < max(first_step, second_step) / 2 else found


def align_envelopes(first: Float64, second: Float64, *, step_s: float, longest_s: float = 30.0) -> Alignment | None:
    """Offset at the highest normalized cross-correlation within `longest_s` either way.

    The envelopes are made free of their mean, so that steady sound says nothing and changes decide; the peak
    is refined between steps by a parabola.
    """
    a, b = first - first.mean() if first.size else first, second - second.mean() if second.size else second
    power = math.sqrt(float(a @ a) * float(b @ b))
    if power == 0:
        return None
    size = 1 << (a.size + b.size - 1).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    reach = min(int(longest_s / step_s), max(a.size, b.size) - 1, size // 2 - 1)
    lags = np.concatenate((correlation[size - reach :], correlation[: reach + 1])) if reach else correlation[:1]
    best = int(lags.argmax())
    shift = best - reach + _summit(lags, best)
    return Alignment(offset_s=shift * step_s, confidence=max(0.0, min(1.0, float(lags[best]) / power)))


def _summit(values: Float64, at: int) -> float:
    """Where between the steps the parabola through a maximum and its neighbors has its top (-0.5 to 0.5)."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, middle, right = values[at - 1 : at + 2]
    curve = left - 2 * middle + right
    return 0.0 if curve == 0 else float(0.5 * (left - right) / curve)


def _smooth(levels: Float64) -> Float64:
    window = np.hanning(SMOOTHED_BUCKETS + 2)[1:-1]
    return np.convolve(levels, window / window.sum(), "same") if levels.size >= SMOOTHED_BUCKETS else levels


def _at_step(levels: Float64, step_s: float, wanted_s: float) -> Float64:
    if step_s == wanted_s or not levels.size:
        return levels
    count = round(levels.size * step_s / wanted_s)
    stretched: Float64 = np.interp((np.arange(count) + 0.5) * wanted_s, (np.arange(levels.size) + 0.5) * step_s, levels)
    return stretched
