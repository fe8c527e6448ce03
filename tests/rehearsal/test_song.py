"""The demo's song: real stems, a rough mix, and two mixes that have something true to say."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from rehearsal.song import StemFile, desk, mix, score, write_rough, write_stems
from rehearsal.song.meter import loudness_lufs, true_peak_dbtp
from rehearsal.song.mixing import CEILING_DBTP, LEAD_COMMENT_S
from rehearsal.song.recordings import recording
from rehearsal.song.wav import RATE, read_wav, write_wav

SAMPLES = Path(score.__file__).parent / "samples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("song")


@pytest.fixture(scope="module")
def stems(folder: Path) -> list[StemFile]:
    return write_stems(folder)


@pytest.fixture(scope="module")
def versions(folder: Path, stems: list[StemFile]) -> dict[int, Path]:
    assert stems
    return {version: mix(folder, version) for version in (1, 2)}


def decibels(power: float) -> float:
    return float(10 * np.log10(power))


def band_power(sound: np.ndarray, low_hz: float, high_hz: float) -> float:
    """Power of the middle of both channels between two frequencies."""
    spectrum = np.abs(np.fft.rfft(sound.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    return float(spectrum[(hz >= low_hz) & (hz < high_hz)].sum())


def test_at_least_eight_stems_of_two_minutes_and_150_megabytes(stems: list[StemFile]) -> None:
    assert len(stems) >= 8
    assert sum(stem.byte_size for stem in stems) >= 150_000_000
    for stem in stems:
        info = soundfile.info(stem.path)
        assert (info.samplerate, info.subtype, info.channels) == (48_000, "PCM_24", 2)
        assert info.duration == pytest.approx(score.LENGTH_S, abs=0.001)
    assert score.LENGTH_S >= 120


def test_every_stem_sounds(stems: list[StemFile]) -> None:
    assert min(loudness_lufs(read_wav(stem.path)) for stem in stems) > -32


def test_stems_have_the_faults_that_a_check_can_find(stems: list[StemFile]) -> None:
    by_instrument = {stem.instrument: stem.path for stem in stems}
    kick, bass = read_wav(by_instrument["kick"]), read_wav(by_instrument["bass"])
    assert (np.abs(kick[0]) >= 0.9999).sum() > 1000
    assert np.array_equal(bass[0], bass[1])


@pytest.mark.slow
def test_versions_keep_the_ceiling_and_differ_in_loudness(versions: dict[int, Path]) -> None:
    first, second = (read_wav(path) for path in versions.values())
    assert max(true_peak_dbtp(first), true_peak_dbtp(second)) <= CEILING_DBTP
    assert loudness_lufs(first) == pytest.approx(-13.4, abs=0.2)
    assert loudness_lufs(second) == pytest.approx(-14.3, abs=0.2)


@pytest.mark.slow
def test_second_version_has_less_low_end_and_a_louder_voice_from_the_comment_on(versions: dict[int, Path]) -> None:
    first, second = (read_wav(path) for path in versions.values())
    at = int(LEAD_COMMENT_S * RATE)

    def change_db(part: slice, low_hz: float, high_hz: float) -> float:
        before, after = (band_power(sound[:, part], low_hz, high_hz) for sound in (first, second))
        return decibels(after) - decibels(before)

    chorus, verse = slice(at + RATE, at + 14 * RATE), slice(at - 20 * RATE, at - 6 * RATE)
    whole_db = loudness_lufs(second) - loudness_lufs(first)
    assert change_db(chorus, 30, 90) < whole_db - 1
    assert change_db(chorus, 600, 1200) > change_db(verse, 600, 1200) + 0.7


def test_rough_mix_is_full_scale_and_unfinished(folder: Path, stems: list[StemFile]) -> None:
    assert stems
    rough = read_wav(write_rough(folder))
    assert np.abs(rough).max() == pytest.approx(0.98, abs=0.001)
    assert loudness_lufs(rough) < -17


def test_each_recording_has_its_source_and_licence_in_the_notice() -> None:
    notice = (SAMPLES / "NOTICE").read_text()
    entries = {block.splitlines()[0]: block for block in notice.split("\n\n") if ".flac\n" in block}
    files = sorted(path.name for path in SAMPLES.glob("*.flac"))
    assert sorted(entries) == files
    assert all("freesound.org" in entry and "CC0 1.0" in entry for entry in entries.values())
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 3_000_000


def test_melody_stays_in_the_key_and_in_the_song() -> None:
    notes = list(score.melody())
    e_minor = {4, 6, 7, 9, 11, 0, 2, 1}  # with the raised sixth over B minor
    assert {note.midi % 12 for note in notes} <= e_minor
    assert all(before.at_s < after.at_s for before, after in pairwise(notes))
    assert notes[-1].at_s + notes[-1].length_s < score.LENGTH_S


def test_every_pattern_is_a_bar_long() -> None:
    lines = [line for part in score.PATTERNS.values() for lines in part.values() for line in lines]
    assert {len(line) for line in lines} == {score.STEPS}


def test_second_sixteenths_swing() -> None:
    assert score.step_s(0, 1) == pytest.approx(score.BAR_S / 8 * 0.56)
    assert score.step_s(2, 4) == pytest.approx(2.25 * score.BAR_S)


def test_recording_an_octave_up_is_half_as_long_and_twice_as_high() -> None:
    low, high = recording("bass_woodsy_c"), recording("bass_woodsy_c", 12)
    assert high.shape[1] == pytest.approx(low.shape[1] / 2, abs=2)
    powers = [np.abs(np.fft.rfft(sound[0, : RATE // 2], 8 * RATE))[: 8 * 200].argmax() / 8 for sound in (low, high)]
    assert powers[1] == pytest.approx(2 * powers[0], rel=0.03)


def test_wav_comes_back_as_it_went(tmp_path: Path) -> None:
    sound = np.round(np.random.default_rng(1).uniform(-1, 1, (2, 100_001)) * 2**23) / 2**23
    write_wav(tmp_path / "a.wav", sound.astype(np.float32))
    assert np.array_equal(read_wav(tmp_path / "a.wav"), np.clip(sound, -1, 1 - 2**-23).astype(np.float32))


def test_limiter_holds_the_ceiling_and_leaves_quiet_sound_alone() -> None:
    random = np.random.default_rng(2)
    sound = (random.standard_normal((2, 3 * RATE)) * 0.4).astype(np.float32)
    sound[:, : 2 * RATE] *= 0.05
    held = desk.limited(sound, ceiling_dbtp=-1.1)
    assert true_peak_dbtp(held) <= -1.0
    assert np.allclose(held[:, :RATE], sound[:, :RATE], atol=1e-6)


def test_compressor_turns_down_what_is_loud() -> None:
    time_s = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 3000 * time_s) * np.where(time_s < 1, 0.05, 0.8)
    sound = np.stack([tone, tone]).astype(np.float32)
    out = desk.compressed(sound, threshold_db=-15, ratio=4, attack_s=0.005, release_s=0.1)
    quiet, loud = slice(RATE // 4, RATE - 2000), slice(3 * RATE // 2, 2 * RATE)
    assert np.allclose(out[:, quiet], sound[:, quiet], rtol=0.02, atol=1e-4)
    wanted_db = (-15 + (decibels(0.8**2 / 2) + 15) / 4) - decibels(0.8**2 / 2)
    assert decibels((out[:, loud] ** 2).mean() / (sound[:, loud] ** 2).mean()) == pytest.approx(wanted_db, abs=0.5)


@pytest.mark.parametrize(
    ("band", "hz", "expected_db"),
    [
        (desk.Band(desk.Shape.BELL, 1000, 6.0, 1.0), 1000, 6.0),
        (desk.Band(desk.Shape.LOW_SHELF, 200, -4.0), 20, -4.0),
        (desk.Band(desk.Shape.HIGH_SHELF, 4000, 3.0), 18_000, 3.0),
        (desk.Band(desk.Shape.HIGH_PASS, 100), 100, -3.0),
    ],
)
def test_equalizer_does_what_its_knobs_say(band: desk.Band, hz: float, expected_db: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(RATE) / RATE).astype(np.float32)[None].repeat(2, axis=0)
    out = desk.equalized(tone, (band,))
    middle = slice(RATE // 4, 3 * RATE // 4)
    assert decibels((out[:, middle] ** 2).mean() / (tone[:, middle] ** 2).mean()) == pytest.approx(
        expected_db, abs=0.15
    )
