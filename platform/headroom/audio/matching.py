"""PURE. Fair comparison of two recordings: gains that make them equally loud, and where one lies in the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import Peaks

Float64 = NDArray[np.float64]

DEFAULT_CEILING_DBTP = -1.0


@dataclass(frozen=True)
class Level:
    """How loud one side is. None: silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True)
class Alignment:
    """`offset_s` > 0: the second recording starts later. `confidence` is the correlation there, 0 to 1."""

    offset_s: float
    confidence: float


def matched_gains_db(sides: list[Level], *, ceiling_dbtp: float = DEFAULT_CEILING_DBTP) -> list[float]:
    """Gain per side so that all sound equally loud: every side is turned down to the quietest.

    Nobody is turned up, so nothing can clip that did not before. Silent sides stay as they are.
    """
    loudness = [side.integrated_lufs for side in sides if side.integrated_lufs is not None]
    if not loudness:
        return [0.0] * len(sides)
    target = min(loudness)
    return [gain_to_target_db(side, target_lufs=target, ceiling_dbtp=ceiling_dbtp) for side in sides]


def gain_to_target_db(
    side: Level, *, target_lufs: float, ceiling_dbtp: float = DEFAULT_CEILING_DBTP, may_boost: bool = False
) -> float:
    """min(target - loudness, ceiling - true peak); boosts only when asked to.

    A side that is already above the ceiling is not pushed below it when the match needs no gain: the
    ceiling bounds what we add, it does not judge the recording.
    """
    if side.integrated_lufs is None:
        return 0.0
    wanted = target_lufs - side.integrated_lufs
    if wanted <= 0:
        return wanted
    if not may_boost:
        return 0.0
    room = math.inf if side.true_peak_dbtp is None else ceiling_dbtp - side.true_peak_dbtp
    return max(0.0, min(wanted, room))


def envelope_of(peaks: Peaks) -> tuple[Float64, float]:
    """Loudest level per bucket over all channels, and the length of a bucket in seconds."""
    pairs = np.frombuffer(peaks.pairs, np.int8).reshape(peaks.buckets, -1).astype(np.float64)
    return np.abs(pairs).max(axis=1, initial=0.0), peaks.bucket_frames / peaks.sample_rate_hz


def align_peaks(first: Peaks, second: Peaks, *, longest_s: float = 30.0) -> Alignment | None:
    """Offset between two recordings of one performance, to about a bucket; None where either is silent."""
    first_levels, first_step = envelope_of(first)
    second_levels, second_step = envelope_of(second)
    step = min(first_step, second_step)
    return align_envelopes(
        _at_step(first_levels, first_step, step),
        _at_step(second_levels, second_step, step),
        step_s=step,
        longest_s=longest_s,
    )


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


def carry_time_s(
    at_s: float, alignment: Alignment | None, *, duration_s: float, least_confidence: float = 0.5
) -> float:
    """Where a comment at `at_s` of the earlier version belongs in a later one of `duration_s`."""
    offset_s = alignment.offset_s if alignment and alignment.confidence >= least_confidence else 0.0
    return min(max(0.0, at_s + offset_s), duration_s)


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
