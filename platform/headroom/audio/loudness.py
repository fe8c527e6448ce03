"""Loudness after ITU-R BS.1770-5 (integrated, momentary, short-term) and EBU Tech 3342 (range).

The K-weighting filter (two biquads) runs as matrix products over rows instead of sample by sample: a row's
output is `row @ impulse + state @ free_response`, and the four state values at the row starts come from a
doubling scan. In float32 for the rows and float64 for the states this stays within 0.001 LU of a float64
sample-by-sample filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headroom.audio.framing import Framing

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
RANGE_RELATIVE_GATE_LU = -20.0
_MOMENTARY_HOPS = 4  # 400 ms in steps of 100 ms: 75 % overlap
_SHORT_TERM_HOPS = 30  # 3 s
_STATE_FORGOTTEN = 1e-14  # a transition this small no longer changes a float64 sum

# Speaker bits of WAVE_FORMAT_EXTENSIBLE with a weight other than 1 (BS.1770-5 Annex 3: 1.41 between 60 and
# 120 degrees to the side; the LFE does not count).
_LFE_BIT = 0x8
_SIDE_BITS = 0x200 | 0x400
_BACK_BITS = 0x10 | 0x20  # stand at the sides where there is no separate side pair
_DEFAULT_MASKS = {5: 0x607, 6: 0x60F, 8: 0x63F}


@dataclass(frozen=True)
class Loudness:
    """None where nothing passed the gate: silence, or less than 400 ms (3 s for short-term and range)."""

    integrated_lufs: float | None
    range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None


def k_weighting(sample_rate_hz: int) -> Float64:
    """Second-order sections [2, 6] of the K-weighting filter at any rate.

    BS.1770-5 Annex 1 tabulates 48 kHz only. The analog prototypes behind that table (a high shelf of +4 dB
    around 1682 Hz and a high-pass at 38 Hz) are transformed bilinearly, which returns the table at 48 kHz.
    """
    shelf_db, shelf_hz, shelf_q = 3.999843853973347, 1681.974450955533, 0.7071752369554196
    k = math.tan(math.pi * shelf_hz / sample_rate_hz)
    high = 10 ** (shelf_db / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / shelf_q + k * k
    shelf = [
        (high + band * k / shelf_q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / shelf_q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / shelf_q + k * k) / a0,
    ]
    pass_hz, pass_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * pass_hz / sample_rate_hz)
    a0 = 1 + k / pass_q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / pass_q + k * k) / a0]
    return np.array([shelf, high_pass])


def channel_weights(channels: int, channel_mask: int | None) -> Float64:
    """Weight per channel: 0 for LFE, 1.41 for the surrounds, else 1.

    Without a mask, 5, 6 and 8 channels are taken in the usual order (L R C [LFE] [back pair] side pair);
    other counts weigh alike.
    """
    weights = np.ones(channels)
    for channel, bit in enumerate(speaker_bits(channels, channel_mask)):
        if bit == _LFE_BIT:
            weights[channel] = 0.0
        elif bit & _SIDE_BITS or (bit & _BACK_BITS and channels <= 6):
            weights[channel] = 1.41
    return weights


def speaker_bits(channels: int, channel_mask: int | None) -> list[int]:
    """The speaker of each channel as its WAVE_FORMAT_EXTENSIBLE bit; fewer or none where nobody says."""
    mask = channel_mask if channel_mask else _DEFAULT_MASKS.get(channels, 0)
    return [1 << bit for bit in range(32) if mask >> bit & 1][:channels]


class LoudnessMeter:
    """Feed whole blocks of a Framing in order, then ask for the result."""

    def __init__(self, sample_rate_hz: int, channels: int, framing: Framing, channel_mask: int | None) -> None:
        self._framing = framing
        self._weights = channel_weights(channels, channel_mask)
        self._filter = _row_filter(k_weighting(sample_rate_hz), framing.row_frames)
        self._states = np.zeros((channels, 4))
        self._hop_powers: list[Float64] = []

    def add(self, block: Float32, *, whole_hops: int) -> None:
        """`block` is [channels, block_frames]; hops after `whole_hops` are padding and do not count."""
        channels, framing = block.shape[0], self._framing
        rows = block.reshape(channels, -1, framing.row_frames)
        weighted = rows @ self._filter.impulse
        starts = self._row_states((rows @ self._filter.drive).astype(np.float64))
        weighted += starts.astype(np.float32) @ self._filter.free_response
        hops = weighted.reshape(channels, -1, framing.hop_frames)
        energy = np.einsum("chn,chn->ch", hops, hops, dtype=np.float32).astype(np.float64)
        self._hop_powers.append(self._weights @ energy[:, :whole_hops] / framing.hop_frames)

    def _row_states(self, driven: Float64) -> Float64:
        """Filter states at each row's start [channels, rows, 4], by doubling: s[k+1] = s[k] @ step + driven[k]."""
        ends = driven
        ends[:, 0] += self._states @ self._filter.steps[0]
        distance = 1
        for step in self._filter.steps:
            if distance >= ends.shape[1]:
                break
            ends[:, distance:] += ends[:, :-distance] @ step
            distance *= 2
        starts = np.concatenate((self._states[:, None], ends[:, :-1]), axis=1)
        self._states = ends[:, -1].copy()
        return starts

    def result(self) -> Loudness:
        powers = np.concatenate(self._hop_powers) if self._hop_powers else np.zeros(0)
        momentary = _sliding_mean(powers, _MOMENTARY_HOPS)
        short_term = _sliding_mean(powers, _SHORT_TERM_HOPS)
        return Loudness(
            integrated_lufs=_gated_loudness(momentary),
            range_lu=_loudness_range(short_term),
            momentary_max_lufs=_loudest(momentary),
            short_term_max_lufs=_loudest(short_term),
        )


@dataclass(frozen=True)
class _RowFilter:
    impulse: Float32  # [row, row] what a row's input does to the same row's output
    free_response: Float32  # [4, row] what the state at the start does to the row's output
    drive: Float32  # [row, 4] what a row's input does to the state at its end
    steps: tuple[Float64, ...]  # [4, 4] state over 1, 2, 4, 8, … rows, until it is forgotten


def _row_filter(sections: Float64, row_frames: int) -> _RowFilter:
    transition, entry, leaving, through = _state_space(sections)
    powers = [np.eye(4)]
    for _ in range(row_frames):
        powers.append(powers[-1] @ transition)
    free_response = np.stack([leaving @ power for power in powers[:row_frames]], axis=1)
    drive = np.stack([power @ entry for power in reversed(powers[:row_frames])], axis=0)
    response = np.concatenate(([through], entry @ free_response))
    impulse = np.zeros((row_frames, row_frames))
    for start in range(row_frames):
        impulse[start, start:] = response[: row_frames - start]
    steps = [powers[row_frames].T]
    while np.abs(steps[-1]).max() > _STATE_FORGOTTEN:
        steps.append(steps[-1] @ steps[-1])
    return _RowFilter(
        impulse.astype(np.float32), free_response.astype(np.float32), drive.astype(np.float32), tuple(steps)
    )


def _state_space(sections: Float64) -> tuple[Float64, Float64, Float64, float]:
    """Both biquads (transposed direct form II) as one linear system of four states: A, b, c, d."""
    (b0, b1, b2, _, a1, a2), (e0, e1, e2, _, f1, f2) = sections
    first = np.array([[-a1, 1.0], [-a2, 0.0]])
    first_entry = np.array([b1 - a1 * b0, b2 - a2 * b0])
    second = np.array([[-f1, 1.0], [-f2, 0.0]])
    second_entry = np.array([e1 - f1 * e0, e2 - f2 * e0])
    transition = np.zeros((4, 4))
    transition[:2, :2] = first
    transition[2:, 2:] = second
    transition[2:, 0] = second_entry  # the first section's output feeds the second
    entry = np.concatenate((first_entry, second_entry * b0))
    return transition, entry, np.array([e0, 0.0, 1.0, 0.0]), float(e0 * b0)


def _sliding_mean(powers: Float64, length: int) -> Float64:
    if powers.size < length:
        return np.zeros(0)
    means: Float64 = np.lib.stride_tricks.sliding_window_view(powers, length).mean(axis=1)
    return means


def _gated_loudness(powers: Float64) -> float | None:
    loud = powers[powers > _power_of(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return None
    relative = loud.mean() * 10 ** (RELATIVE_GATE_LU / 10)
    return _loudness_of(float(loud[loud > relative].mean()))


def _loudness_range(powers: Float64) -> float | None:
    """EBU Tech 3342: the spread from the 10th to the 95th percentile of short-term loudness."""
    loud = powers[powers > _power_of(ABSOLUTE_GATE_LUFS)]
    if not loud.size:
        return None
    gated = np.sort(loud[loud > loud.mean() * 10 ** (RANGE_RELATIVE_GATE_LU / 10)])
    low = float(gated[round((gated.size - 1) * 0.10)])
    high = float(gated[round((gated.size - 1) * 0.95)])
    return _loudness_of(high) - _loudness_of(low)


def _loudest(powers: Float64) -> float | None:
    if not powers.size or powers.max() <= _power_of(ABSOLUTE_GATE_LUFS):
        return None
    return _loudness_of(float(powers.max()))


def _loudness_of(power: float) -> float:
    return -0.691 + 10 * math.log10(power)


def _power_of(loudness_lufs: float) -> float:
    return float(10 ** ((loudness_lufs + 0.691) / 10))
