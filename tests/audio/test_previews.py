"""Previews: full length, true loudness, playable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from headroom.audio.facts import Inspection, PreviewFormat, Want
from headroom.audio.inspecting import inspect_file
from headroom.audio.previews import downmix, preview_rate
from headroom.audio.resampling import Resampler
from tests.audio.sounds import Float32, faded, float_wav, sine, wav, written


def preview_of(folder: Path, content: bytes, preview: PreviewFormat) -> tuple[Float32, int]:
    found = inspect_file(written(folder, content), want=Want(previews=(preview,), preview_folder=folder))
    assert isinstance(found, Inspection), found
    samples, rate = soundfile.read(found.preview_paths[preview], dtype="float32", always_2d=True)
    return samples.T, rate


@pytest.mark.parametrize("preview", list(PreviewFormat))
@pytest.mark.parametrize("rate", [44_100, 48_000, 88_200, 96_000, 192_000, 37_800])
def test_preview_has_the_length_and_the_level_of_its_source(tmp_path: Path, preview: PreviewFormat, rate: int) -> None:
    samples, heard_rate = preview_of(tmp_path, wav(sine(1000, level_db=-12, seconds=3, rate=rate), rate=rate), preview)
    assert samples.shape[1] / heard_rate == pytest.approx(3.0, abs=0.06)
    middle = samples[:, heard_rate : 2 * heard_rate]
    level_db = 10 * np.log10((middle**2).mean() * 2)
    assert level_db == pytest.approx(-12, abs=0.3)


def test_six_channels_are_heard_in_stereo(tmp_path: Path) -> None:
    sound = np.zeros((6, 96_000), np.float32)
    sound[2] = sine(1000, level_db=-12, seconds=2, channels=1)
    samples, _ = preview_of(tmp_path, wav(sound), PreviewFormat.OGG)
    assert samples.shape[0] == 2
    assert 10 * np.log10((samples[:, 20_000:60_000] ** 2).mean() * 2) == pytest.approx(-15, abs=0.5)


def test_nan_and_huge_samples_do_not_break_the_encoder(tmp_path: Path) -> None:
    sound = sine(1000, level_db=-12, seconds=2)
    sound[0, 1000], sound[1, 2000] = np.nan, 1e30
    samples, _ = preview_of(tmp_path, float_wav(sound), PreviewFormat.MP3)
    assert np.isfinite(samples).all()


def test_mono_stays_mono(tmp_path: Path) -> None:
    samples, _ = preview_of(tmp_path, wav(sine(440, level_db=-12, channels=1)), PreviewFormat.MP3)
    assert samples.shape[0] == 1


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(96_000, 48_000), (88_200, 44_100), (192_000, 48_000), (64_000, 48_000), (37_800, 48_000)]
)
def test_resampling_in_pieces_keeps_a_tone_and_removes_what_is_too_high(from_hz: int, to_hz: int) -> None:
    tone = faded(sine(1000, level_db=-6, rate=from_hz, channels=1))
    sound = tone + (faded(sine(30_000, level_db=-6, rate=from_hz, channels=1)) if from_hz > 61_000 else 0)
    resampler = Resampler(from_hz, to_hz, 1)
    pieces = [resampler.add(sound[:, at : at + 777]) for at in range(0, sound.shape[1], 777)]
    heard = np.concatenate([*pieces, resampler.finish()], axis=1)
    wanted = faded(sine(1000, level_db=-6, rate=to_hz, channels=1), round(2000 * to_hz / from_hz))
    assert heard.shape == wanted.shape
    middle = slice(to_hz // 10, -to_hz // 10)
    assert np.abs(heard - wanted)[:, middle].max() < 1e-3


def test_rates_of_the_44_family_stay_in_it() -> None:
    assert [preview_rate(rate) for rate in (44_100, 88_200, 176_400, 96_000, 384_000, 50_000)] == [
        44_100,
        44_100,
        44_100,
        48_000,
        48_000,
        48_000,
    ]


def test_unknown_places_keep_their_power() -> None:
    assert (downmix(7, None) ** 2).sum() == pytest.approx(2.0)
