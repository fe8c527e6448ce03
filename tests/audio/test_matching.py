"""Fair comparison: equal loudness, and where one recording lies in the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.audio.alignment import LEAST_CONFIDENCE, Alignment, carry_time_s, sure_offset_s
from headroom.audio.facts import Peaks
from headroom.audio.gains import Level, gain_to_target_db, matched_gains_db
from headroom.audio.matching import align_envelopes, align_peaks
from headroom.audio.measuring import Measurement
from tests.audio.sounds import RATE, noise


def test_louder_side_is_turned_down_to_the_quieter() -> None:
    assert matched_gains_db([Level(-9.0, -0.1), Level(-14.0, -1.0)]) == [-5.0, 0.0]


def test_silent_side_stays_as_it_is() -> None:
    assert matched_gains_db([Level(None, None), Level(-14.0, -1.0)]) == [0.0, 0.0]


def test_boost_is_bounded_by_the_ceiling() -> None:
    assert gain_to_target_db(Level(-20.0, -4.0), target_lufs=-14.0, may_boost=True) == pytest.approx(3.0)


def test_nothing_is_turned_up_unless_asked() -> None:
    assert gain_to_target_db(Level(-20.0, -4.0), target_lufs=-14.0) == 0.0


@given(st.lists(st.builds(Level, st.floats(-60, 0), st.floats(-60, 3)), min_size=1, max_size=5))
def test_all_sides_end_equally_loud_and_none_is_boosted(sides: list[Level]) -> None:
    gains = matched_gains_db(sides)
    heard = [
        side.integrated_lufs + gain for side, gain in zip(sides, gains, strict=True) if side.integrated_lufs is not None
    ]
    assert max(heard) - min(heard) < 1e-9
    assert max(gains) <= 0


def played(*, seconds: float, starts_at_s: float) -> np.ndarray:
    """One performance of bursts; the same one may start later."""
    random = np.random.default_rng(5)
    performance = noise(seconds=60, channels=1, level=0.3) * np.repeat(random.random(120), RATE // 2)[None]
    lead = np.zeros((1, round(starts_at_s * RATE)), np.float32)
    return np.concatenate((lead, performance), axis=1)[:, : round(seconds * RATE)].astype(np.float32)


@pytest.mark.parametrize("later_s", [0.0, 0.25, 3.0, -2.5])
def test_offset_of_a_version_that_starts_later_is_found(later_s: float) -> None:
    first, second = (Measurement(RATE, 1) for _ in range(2))
    first.add(played(seconds=50, starts_at_s=max(0.0, -later_s)))
    second.add(played(seconds=55, starts_at_s=max(0.0, later_s)))
    alignment = align_peaks(first.finish().peaks, second.finish().peaks)
    assert alignment is not None
    assert alignment.offset_s == pytest.approx(later_s, abs=0.02)
    assert alignment.confidence > 0.8


def bars(seed: int, *, starts_at_s: float) -> Peaks:
    """Three minutes of one bar played over and over, no two beats equally loud, in buckets of 85 ms."""
    random = np.random.default_rng(seed)
    step_s, bar = 0.241, random.random(16)
    fine = np.zeros(180_000)
    for beat in range(700):
        at_ms = round((beat * step_s + starts_at_s) * 1000)
        hit = bar[beat % 16] * random.uniform(0.6, 1) * np.exp(-np.arange(120) / 30)
        if 0 <= at_ms < len(fine) - 120:
            fine[at_ms : at_ms + 120] += hit
    highs = np.rint(fine[: len(fine) // 85 * 85].reshape(-1, 85).max(axis=1) * 100).astype(np.int8)
    return Peaks(len(highs), 1, 85, 1000, np.stack((-highs, highs), axis=1).tobytes())


@pytest.mark.parametrize("later_s", [0.0, 2.0, 2.08, 3.01, -1.74])
@pytest.mark.parametrize("seed", range(3))
def test_music_in_bars_is_not_found_whole_bars_away(seed: int, later_s: float) -> None:
    alignment = align_peaks(bars(seed, starts_at_s=0), bars(seed, starts_at_s=later_s))
    assert alignment is not None
    assert alignment.offset_s == pytest.approx(later_s, abs=0.0425)
    assert alignment.confidence > LEAST_CONFIDENCE


def test_a_phrase_that_is_there_twice_has_no_sure_place() -> None:
    phrase = np.random.default_rng(1).random(300)
    alignment = align_envelopes(phrase, np.concatenate((phrase, np.zeros(200), phrase)), step_s=0.05)
    assert alignment is not None
    assert alignment.confidence == 0


def test_what_is_less_than_half_a_bucket_is_no_offset() -> None:
    alignment = align_peaks(bars(1, starts_at_s=0), bars(1, starts_at_s=0.02))
    assert alignment is not None
    assert alignment.offset_s == 0


def test_envelopes_of_different_songs_give_little_confidence() -> None:
    random = np.random.default_rng(1)
    alignment = align_envelopes(random.random(2000), random.random(2000), step_s=0.01)
    assert alignment is not None
    assert alignment.confidence < 0.5


def test_silence_has_no_alignment() -> None:
    assert align_envelopes(np.zeros(100), np.ones(100), step_s=0.01) is None


def test_an_offset_counts_only_when_it_is_sure() -> None:
    assert sure_offset_s(Alignment(1.5, 0.9)) == 1.5
    assert sure_offset_s(Alignment(1.5, 0.3)) is None
    assert sure_offset_s(None) is None


def test_comment_moves_with_the_music_and_stays_at_the_edge_outside() -> None:
    assert carry_time_s(45.0, offset_s=1.5, duration_s=120) == 46.5
    assert carry_time_s(119.0, offset_s=5.0, duration_s=120) == 120
    assert carry_time_s(1.0, offset_s=-5.0, duration_s=120) == 0


def test_a_peak_above_full_scale_takes_both_sides_down_alike() -> None:
    assert matched_gains_db([Level(-14.0, 0.5), Level(-16.0, 0.25)]) == [-2.25, -0.25]
