"""PURE. Where one recording lies in another, from their envelopes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headroom.audio.alignment import Alignment
from headroom.audio.facts import Peaks

Float64 = NDArray[np.float64]
Complex128 = NDArray[np.complex128]

WHITENING = 0.8  # 1 would give all frequencies one weight, also those that hold nothing but noise
BLUR_STEPS = 4  # where a beat falls within its step must not weigh more than which beat it is
NEAR_STEPS = 2
RIVAL_AWAY_S = 1.0
RIVAL_SHARE = 0.85


def envelope_of(peaks: Peaks) -> tuple[Float64, float]:
    """Loudest level per bucket over all channels, and the length of a bucket in seconds."""
    pairs = np.frombuffer(peaks.pairs, np.int8).reshape(peaks.buckets, -1).astype(np.float64)
    return np.abs(pairs).max(axis=1, initial=0.0), peaks.bucket_frames / peaks.sample_rate_hz


def align_peaks(first: Peaks, second: Peaks, *, longest_s: float = 30.0) -> Alignment | None:
    """Offset between two recordings of one performance, to about a bucket; None where either is silent.

    Two mixes of one recording move the summit by a fraction of a bucket without starting apart, so what is less
    than half a bucket is no offset.
    """
    first_levels, first_step = envelope_of(first)
    second_levels, second_step = envelope_of(second)
    step = min(first_step, second_step)
    found = align_envelopes(
        _at_step(first_levels, first_step, step),
        _at_step(second_levels, second_step, step),
        step_s=step,
        longest_s=longest_s,
    )
    return replace(found, offset_s=0.0) if found and abs(found.offset_s) < max(first_step, second_step) / 2 else found


def align_envelopes(first: Float64, second: Float64, *, step_s: float, longest_s: float = 30.0) -> Alignment | None:
    """Offset at which one performance lies in the other, within `longest_s` either way.

    The envelopes are made free of their mean, so that steady sound says nothing and changes decide. A plain
    correlation of music in bars is nearly as high a bar away, so the place is picked where spectra weigh nearly
    alike (generalized cross-correlation with a phase transform: Knapp and Carter, 1976), and the plain
    correlation around it gives the summit, between steps by a parabola, and the confidence. The confidence is 0
    where a place more than a second away fits nearly as well.
    """
    a, b = first - first.mean() if first.size else first, second - second.mean() if second.size else second
    power = math.sqrt(float(a @ a) * float(b @ b))
    if power == 0:
        return None
    size = 1 << (a.size + b.size - 1).bit_length()
    cross = np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size))
    reach = min(int(longest_s / step_s), max(a.size, b.size) - 1, size // 2 - 1)
    lags, whitened = _lags(cross, size, reach), _lags(_whitened(cross, size), size, reach)
    pick = int(whitened.argmax())
    near = max(pick - NEAR_STEPS, 0)
    best = near + int(lags[near : pick + NEAR_STEPS + 1].argmax())
    shift = best - reach + _summit(lags, best)
    is_unique = _rival(whitened, pick, away=math.ceil(RIVAL_AWAY_S / step_s)) < RIVAL_SHARE * whitened[pick]
    confidence = max(0.0, min(1.0, float(lags[best]) / power)) if is_unique else 0.0
    return Alignment(offset_s=shift * step_s, confidence=confidence)


def _lags(cross: Complex128, size: int, reach: int) -> Float64:
    """The correlation at lags of -reach to +reach steps."""
    correlation: Float64 = np.fft.irfft(cross, size)
    return np.concatenate((correlation[size - reach :], correlation[: reach + 1])) if reach else correlation[:1]


def _whitened(cross: Complex128, size: int) -> Complex128:
    """Strong lines, which a steady beat makes, brought near to the level of all else; what is too fine left out."""
    magnitude = np.abs(cross)
    frequency = np.arange(len(cross)) / size
    weight = np.exp(-((frequency * BLUR_STEPS) ** 2))
    weighted: Complex128 = cross / np.maximum(magnitude, magnitude.max() * 1e-9) ** WHITENING * weight
    return weighted


def _rival(values: Float64, at: int, *, away: int) -> float:
    """The highest value that is more than `away` steps from `at`."""
    rest = np.concatenate((values[: max(at - away, 0)], values[at + away + 1 :]))
    return float(rest.max(initial=0.0))


def _summit(values: Float64, at: int) -> float:
    """Where between the steps the parabola through a maximum and its neighbors has its top (-0.5 to 0.5)."""
    if not 0 < at < len(values) - 1:
        return 0.0
    left, middle, right = values[at - 1 : at + 2]
    curve = left - 2 * middle + right
    return 0.0 if curve == 0 else float(0.5 * (left - right) / curve)


def _at_step(levels: Float64, step_s: float, wanted_s: float) -> Float64:
    if step_s == wanted_s or not levels.size:
        return levels
    count = round(levels.size * step_s / wanted_s)
    stretched: Float64 = np.interp((np.arange(count) + 0.5) * wanted_s, (np.arange(levels.size) + 0.5) * step_s, levels)
    return stretched
