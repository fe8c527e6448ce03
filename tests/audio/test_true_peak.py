"""True peaks between the samples."""

from __future__ import annotations

import numpy as np
import pytest

from headroom.audio.measuring import Measured, Measurement
from tests.audio.sounds import RATE, Float32, faded, noise, sine


def measured(sound: Float32, *, rate: int = RATE) -> Measured:
    measurement = Measurement(rate, len(sound))
    measurement.add(sound)
    return measurement.finish()


def decibels(level: float | None) -> float:
    assert level is not None
    return float(20 * np.log10(level))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_quarter_rate_sine_at_45_degrees_peaks_three_db_above_its_samples(rate: int) -> None:
    sound = faded(sine(rate / 4, level_db=-6, seconds=1, rate=rate, phase_degrees=45))
    result = measured(sound, rate=rate)
    assert decibels(result.true_peak) - decibels(result.sample_peak) == pytest.approx(3.01, abs=0.1)


@pytest.mark.parametrize(("divisor", "phase"), [(4, 0.0), (6, 60.0), (8, 67.5)])
def test_steady_sines_of_minus_6_dbtp_read_within_ebu_tolerance(divisor: int, phase: float) -> None:
    result = measured(faded(sine(RATE / divisor, level_db=-6, seconds=1, phase_degrees=phase)))
    assert -6.4 <= decibels(result.true_peak) <= -5.8


BLOCK = Measurement(RATE, 1).framing.block_frames


@pytest.mark.parametrize("end", [BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK])
@pytest.mark.parametrize("seconds_behind", [0, 1])
def test_peak_in_the_last_samples_and_across_blocks_is_found(end: int, seconds_behind: int) -> None:
    sound = np.zeros((1, end + seconds_behind * RATE), np.float32)
    sound[0, end - 2 : end] = 0.7
    assert decibels(measured(sound).true_peak) > decibels(measured(sound).sample_peak) + 1


def test_leaving_out_quiet_rows_changes_nothing() -> None:
    sound = noise(seconds=4, level=0.02)
    sound[:, RATE : RATE + 500] *= 20
    whole = decibels(measured(sound).true_peak)
    loud_part = decibels(measured(sound[:, RATE - 64 : RATE + 640]).true_peak)
    assert whole == pytest.approx(loud_part, abs=1e-4)


def test_true_peak_is_never_below_the_sample_peak() -> None:
    result = measured(noise(seconds=1))
    assert decibels(result.true_peak) >= decibels(result.sample_peak)


def test_above_96_khz_twice_and_above_192_khz_the_samples_themselves() -> None:
    sound = faded(sine(48_000, level_db=-6, rate=192_000, phase_degrees=45))
    result = measured(sound, rate=192_000)
    assert result.true_peak == result.sample_peak
