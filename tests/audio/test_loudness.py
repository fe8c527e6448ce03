"""Loudness against the cases of EBU Tech 3341 and 3342, rebuilt from their descriptions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import sosfilt

from headroom.audio.framing import frame_for
from headroom.audio.loudness import Loudness, LoudnessMeter, channel_weights, k_weighting
from headroom.audio.measuring import Measurement
from tests.audio.sounds import RATE, Float32, noise, sine


def loudness_of(sound: Float32, *, rate: int = RATE, mask: int | None = None) -> Loudness:
    measurement = Measurement(rate, len(sound), channel_mask=mask)
    measurement.add(sound)
    loudness = measurement.finish().loudness
    assert loudness is not None
    return loudness


def in_parts(*parts: tuple[float, float], channels: int = 2) -> Float32:
    """1 kHz sines of (level in dB, seconds), one after the other."""
    return np.concatenate(
        [sine(1000, level_db=level, seconds=seconds, channels=channels) for level, seconds in parts], axis=1
    )


@pytest.mark.parametrize("rate", [44_100, 48_000, 88_200, 96_000, 192_000])
def test_stereo_sine_of_minus_23_dbfs_reads_minus_23_lufs(rate: int) -> None:
    assert loudness_of(sine(1000, level_db=-23, seconds=10, rate=rate), rate=rate).integrated_lufs == (
        pytest.approx(-23.0, abs=0.1)
    )


def test_sine_of_minus_33_dbfs_reads_minus_33_lufs() -> None:
    assert loudness_of(sine(1000, level_db=-33, seconds=10)).integrated_lufs == pytest.approx(-33.0, abs=0.1)


def test_mono_reads_three_lu_below_stereo() -> None:
    assert loudness_of(sine(1000, level_db=-23, seconds=5, channels=1)).integrated_lufs == (
        pytest.approx(-26.0, abs=0.1)
    )


def test_quiet_ends_do_not_pull_the_programme_down() -> None:
    sound = in_parts((-36, 10), (-23, 60), (-36, 10))
    assert loudness_of(sound).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_parts_below_the_absolute_gate_do_not_count() -> None:
    sound = in_parts((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))
    assert loudness_of(sound).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_absolute_gate_holds_where_the_relative_one_would_let_through() -> None:
    sound = in_parts((-80, 60), (-69, 10))
    assert loudness_of(sound).integrated_lufs == pytest.approx(-69.0, abs=0.2)


def test_levels_within_the_relative_gate_average_by_power() -> None:
    sound = in_parts((-26, 20), (-20, 20.1), (-26, 20))
    assert loudness_of(sound).integrated_lufs == pytest.approx(-23.0, abs=0.1)


def test_surround_channels_weigh_more_and_the_lfe_nothing() -> None:
    sound = np.concatenate(
        [
            sine(1000, level_db=level, seconds=10, channels=count)
            for level, count in ((-28, 2), (-24, 1), (-3, 1), (-30, 2))
        ]
    )
    assert loudness_of(sound).integrated_lufs == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(("low", "high", "expected"), [(-30, -20, 10), (-20, -15, 5), (-40, -20, 20)])
def test_range_is_the_step_between_two_levels(low: float, high: float, expected: float) -> None:
    assert loudness_of(in_parts((high, 20), (low, 20))).range_lu == pytest.approx(expected, abs=1.0)


def test_short_term_maximum_is_the_loudest_three_seconds() -> None:
    sound = in_parts((-40, 5), (-20, 3), (-40, 5))
    assert loudness_of(sound).short_term_max_lufs == pytest.approx(-20.0, abs=0.1)


def test_momentary_maximum_is_the_loudest_four_tenths() -> None:
    sound = in_parts((-40, 5), (-20, 0.5), (-40, 5))
    assert loudness_of(sound).momentary_max_lufs == pytest.approx(-20.0, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert loudness_of(np.zeros((2, RATE), np.float32)) == Loudness(None, None, None, None)


def test_less_than_a_gating_block_has_no_loudness() -> None:
    assert loudness_of(sine(1000, seconds=0.39)).integrated_lufs is None


def test_filter_at_48_khz_is_the_table_of_bs_1770() -> None:
    table = [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
    assert k_weighting(48_000) == pytest.approx(np.array(table), abs=1e-8)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 384_000, 44_101])
def test_rows_as_matrix_products_filter_like_sample_by_sample(rate: int) -> None:
    framing = frame_for(rate, 2)
    meter = LoudnessMeter(rate, 2, framing, None)
    sound = noise(seconds=3 * framing.block_frames / rate, rate=rate)[:, : 3 * framing.block_frames]
    sound += sine(20, level_db=-3, seconds=sound.shape[1] / rate, rate=rate)[:, : sound.shape[1]]
    for start in range(0, sound.shape[1], framing.block_frames):
        meter.add(sound[:, start : start + framing.block_frames], whole_hops=framing.block_hops)
    weighted = sosfilt(k_weighting(rate), sound.astype(np.float64), axis=1)
    hops = (weighted.reshape(2, -1, framing.hop_frames) ** 2).mean(axis=2).sum(axis=0)
    blocks = np.lib.stride_tricks.sliding_window_view(hops, 4).mean(axis=1)
    assert meter.result().momentary_max_lufs == pytest.approx(-0.691 + 10 * np.log10(blocks.max()), abs=0.001)


def test_side_and_back_pairs_of_seven_one_are_told_apart_by_the_mask() -> None:
    assert channel_weights(8, 0x63F).tolist() == [1, 1, 1, 0, 1, 1, 1.41, 1.41]
