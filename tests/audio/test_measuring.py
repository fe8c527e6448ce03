"""Levels, clips, gaps and peaks; and that nothing depends on how the file was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom.audio.facts import AudioFacts, ClipRun, Inspection, Peaks, Progress, Stage
from headroom.audio.inspecting import inspect_file
from headroom.audio.measuring import Measured, Measurement
from tests.audio.sounds import RATE, Float32, float_wav, noise, sine, wav, written


def facts_of(folder: Path, content: bytes) -> AudioFacts:
    found = inspect_file(written(folder, content))
    assert isinstance(found, Inspection), found
    return found.facts


def measured(sound: Float32, *, rate: int = RATE, blocks: tuple[int, ...] = ()) -> Measured:
    measurement = Measurement(rate, len(sound))
    start = 0
    for length in blocks:
        measurement.add(sound[:, start : start + length])
        start += length
    measurement.add(sound[:, start:])
    return measurement.finish()


def figures(result: Measured) -> tuple[object, ...]:
    levels = result.levels
    return (
        result.frames,
        result.loudness,
        result.true_peak,
        result.sample_peak,
        result.clip_runs,
        result.clip_positions,
        result.silence,
        result.peaks,
        result.nonfinite_samples,
        levels.dc_offset,
        levels.rms,
        levels.correlation,
    )


@settings(max_examples=25, deadline=None)
@given(
    blocks=st.lists(st.integers(1, 150_000), max_size=12),
    rate=st.sampled_from([44_100, 48_000, 96_000, 11_025]),
    channels=st.integers(1, 3),
    length=st.integers(1, 300_000),
)
def test_any_block_size_gives_exactly_the_same_figures(
    blocks: list[int], rate: int, channels: int, length: int
) -> None:
    sound = noise(seconds=length / rate, level=0.4, channels=channels, rate=rate)
    sound[:, length // 3 : length // 2] = 0
    assert figures(measured(sound, rate=rate, blocks=tuple(blocks))) == figures(measured(sound, rate=rate))


def test_clip_runs_have_positions(tmp_path: Path) -> None:
    sound = sine(100, level_db=-6, seconds=3)
    sound[0, 1000:1005] = 1.0
    sound[1, 95_998:96_004] = -1.0  # across the border between two blocks
    sound[0, 500:502] = 1.0  # two samples are no run
    facts = facts_of(tmp_path, wav(sound))
    assert facts.clip_positions == (ClipRun(0, 1000, 5), ClipRun(1, 95_998, 6))
    assert facts.clip_runs == 2


def test_clip_run_at_the_very_end_counts(tmp_path: Path) -> None:
    sound = sine(100, level_db=-6)
    sound[0, -4:] = 1.0
    assert facts_of(tmp_path, wav(sound)).clip_positions == (ClipRun(0, RATE - 4, 4),)


def test_sixteen_bit_full_scale_in_24_bits_is_clipping_too(tmp_path: Path) -> None:
    sound = sine(100, level_db=-6)
    sound[0, 100:110] = 32767 / 32768
    assert facts_of(tmp_path, wav(sound)).clip_runs == 1


def test_a_thousand_clips_are_counted_and_a_hundred_kept(tmp_path: Path) -> None:
    sound = sine(100, level_db=-6)
    for start in range(0, 40_000, 40):
        sound[0, start : start + 3] = 1.0
    facts = facts_of(tmp_path, wav(sound))
    assert facts.clip_runs == 1000
    assert [run.start_frame for run in facts.clip_positions] == list(range(0, 4000, 40))


def test_nan_and_infinity_are_counted_and_do_not_spread(tmp_path: Path) -> None:
    sound = sine(1000, level_db=-23, seconds=5)
    sound[0, 77] = np.nan
    sound[1, 100:103] = np.inf
    facts = facts_of(tmp_path, float_wav(sound))
    assert facts.nonfinite_samples == 4
    assert facts.sample_peak_dbfs == pytest.approx(-23, abs=0.01)
    assert facts.integrated_lufs == pytest.approx(-23, abs=0.1)


def test_float_over_full_scale_is_measured_as_it_is(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, float_wav(sine(997, level_db=4.6, seconds=2)))
    assert facts.sample_peak_dbfs == pytest.approx(4.6, abs=0.01)


def test_absurdly_loud_floats_give_finite_figures(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, float_wav(np.full((2, RATE), 1e30, np.float32)))
    assert facts.sample_peak_dbfs == pytest.approx(600, abs=1)
    assert facts.integrated_lufs is None or np.isfinite(facts.integrated_lufs)


def test_padded_sixteen_bits_are_seen(tmp_path: Path) -> None:
    sound = np.round(noise() * 32768) / 32768
    assert facts_of(tmp_path, wav(sound.astype(np.float32))).significant_bits == 16
    assert facts_of(tmp_path, wav(noise())).significant_bits == 24


def test_one_fine_sample_among_coarse_ones_is_enough(tmp_path: Path) -> None:
    sound = np.zeros((2, 5 * RATE), np.float32)
    sound[0, 10], sound[0, -10] = 2**-23, 0.5
    assert facts_of(tmp_path, wav(sound)).significant_bits == 24


def test_dc_offset_is_the_mean_per_channel(tmp_path: Path) -> None:
    sound = sine(100, level_db=-20)
    sound[1] += 0.01
    assert facts_of(tmp_path, wav(sound)).dc_offset == pytest.approx((0.0, 0.01), abs=1e-5)


def test_same_channels_are_told_from_similar_ones(tmp_path: Path) -> None:
    sound = noise(channels=1).repeat(2, axis=0)
    facts = facts_of(tmp_path, wav(sound))
    assert facts.identical_channels
    assert facts.correlation == pytest.approx(1.0)
    sound[1] *= 0.5
    facts = facts_of(tmp_path, wav(sound))
    assert not facts.identical_channels
    assert facts.correlation == pytest.approx(1.0)
    assert facts.channel_balance_db == pytest.approx(6.02, abs=0.01)


def test_inverted_channel_correlates_at_minus_one(tmp_path: Path) -> None:
    sound = noise(channels=1).repeat(2, axis=0)
    sound[1] *= -1
    assert facts_of(tmp_path, wav(sound)).correlation == pytest.approx(-1.0)


def test_silence_at_the_ends_and_inside(tmp_path: Path) -> None:
    sound = sine(440, level_db=-12, seconds=8)
    sound[:, :RATE] = 0
    sound[:, 4 * RATE : int(5.5 * RATE)] = 0.0001
    sound[:, -RATE // 2 :] = 0
    silence = facts_of(tmp_path, wav(sound)).silence
    assert silence.head_s == pytest.approx(1.0, abs=0.002)
    assert silence.tail_s == pytest.approx(0.5, abs=0.002)
    assert (silence.is_total, silence.inside_count, silence.dropout_count) == (False, 1, 0)
    assert silence.inside[0].start_s == pytest.approx(4.0, abs=0.002)
    assert silence.inside[0].length_s == pytest.approx(1.5, abs=0.004)


def test_dropout_is_zero_cut_into_sound_and_a_fade_is_none(tmp_path: Path) -> None:
    sound = sine(440, level_db=-12, seconds=6)
    sound[:, 2 * RATE : 2 * RATE + 960] = 0
    sound[:, 4 * RATE :] *= np.concatenate(
        (np.linspace(1, 0, RATE), np.zeros(RATE // 4), np.linspace(0, 1, 3 * RATE // 4))
    )
    silence = facts_of(tmp_path, wav(sound)).silence
    assert silence.dropout_count == 1
    assert silence.dropouts[0].start_s == pytest.approx(2.0, abs=0.002)


def test_total_silence_has_no_levels(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, wav(np.zeros((2, RATE), np.float32)))
    assert facts.silence.is_total
    levels = (facts.integrated_lufs, facts.true_peak_dbtp, facts.sample_peak_dbfs, facts.rms_dbfs, facts.correlation)
    assert levels == (None,) * 5
    assert facts.silence.head_s == 1.0


@pytest.mark.parametrize("seconds", [0.001, 1, 61])
def test_peaks_show_the_whole_file_in_at_most_4000_buckets(seconds: float) -> None:
    sound = np.zeros((2, round(seconds * RATE)), np.float32)
    sound[0, -1], sound[1, 0] = 1.0, -0.5
    peaks = measured(sound).peaks
    pairs = np.frombuffer(peaks.pairs, np.int8).reshape(peaks.buckets, 2, 2)
    assert 1 <= peaks.buckets <= 4000
    assert peaks.buckets * peaks.bucket_frames >= sound.shape[1]
    assert (pairs[-1, 0, 1], pairs[0, 1, 0]) == (127, -64)


def test_peaks_of_unknown_length_double_their_buckets() -> None:
    sound = noise(seconds=20, channels=1, rate=RATE)
    peaks: Peaks = measured(sound).peaks
    assert 2000 <= peaks.buckets <= 4000
    lows = np.frombuffer(peaks.pairs, np.int8).reshape(-1, 2)[:, 0]
    size = peaks.bucket_frames
    expected = [np.rint(sound[0, at : at + size].min() * 127) for at in range(0, sound.shape[1], size)]
    assert lows[: len(expected) - 1].tolist() == expected[:-1]


def test_findings_are_told_while_the_file_is_read(tmp_path: Path) -> None:
    sound = sine(100, level_db=-20, seconds=125, channels=1)
    sound[0, 100:110] = 1.0
    told: list[Progress] = []
    inspect_file(written(tmp_path, wav(sound, bits=16)), report=told.append)
    assert told[0] == Progress(Stage.HEADER, 0, 125 * RATE)
    assert [(one.stage, one.clip_runs) for one in told[1:]] == [(Stage.MEASURING, 1)] * 2


def test_facts_survive_json(tmp_path: Path) -> None:
    found = inspect_file(written(tmp_path, wav(noise())))
    assert isinstance(found, Inspection)
    assert Inspection.from_json(found.to_json()) == found
