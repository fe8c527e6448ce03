"""Our meters against ffmpeg's, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from headroom.audio.facts import Inspection, Refusal, Refused
from headroom.audio.inspecting import inspect_file
from tests.audio.sounds import Float32, faded, noise, sine, wav, written

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def programme(rate: int) -> Float32:
    """Something like music: a bass, a decaying beat and air, in two unequal halves."""
    seconds = 30.0
    sound = sine(55, level_db=-14, seconds=seconds, rate=rate) + noise(seconds=seconds, level=0.01, rate=rate)
    beat = np.exp(-np.arange(round(seconds * rate)) % (rate / 2) / rate * 12)
    hits = noise(seconds=seconds, level=0.12, rate=rate, seed=3) * beat.astype(np.float32)
    sound = (sound + hits) * np.where(np.arange(sound.shape[1]) < sound.shape[1] // 2, 0.3, 1.0)
    softened = np.apply_along_axis(np.convolve, 1, sound * 0.4, [0.25, 0.5, 0.25], "same")
    return faded(softened.astype(np.float32))


def ffmpegs(path: Path) -> tuple[float, float, float]:
    """Integrated loudness, range, true peak."""
    command = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(path),
        "-filter:a",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rpartition("Summary:")[2]
    found = [re.search(pattern, text) for pattern in (r"I:\s+(\S+) LUFS", r"LRA:\s+(\S+) LU", r"Peak:\s+(\S+) dBFS")]
    loudness, span, peak = (float(one.group(1)) for one in found if one)
    return loudness, span, peak


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_loudness_within_a_tenth_and_true_peak_within_two_tenths(tmp_path: Path, rate: int) -> None:
    path = written(tmp_path, wav(programme(rate), rate=rate))
    found = inspect_file(path)
    assert isinstance(found, Inspection)
    loudness, span, peak = ffmpegs(path)
    # ffmpeg prints one decimal: half a step is its rounding.
    assert found.facts.integrated_lufs == pytest.approx(loudness, abs=0.1 + 0.05)
    assert found.facts.loudness_range_lu == pytest.approx(span, abs=0.2 + 0.05)
    assert found.facts.true_peak_dbtp == pytest.approx(peak, abs=0.2 + 0.05)


def test_phones_m4a_is_decoded(tmp_path: Path) -> None:
    source, phone = written(tmp_path, wav(sine(440, level_db=-12, seconds=3))), tmp_path / "memo.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, "-b:a", "192k", phone], check=True)
    found = inspect_file(phone)
    assert isinstance(found, Inspection)
    assert found.facts.integrated_lufs == pytest.approx(-12, abs=0.7)
    assert (found.facts.is_lossless, found.facts.bit_depth) == (False, None)


def test_broken_m4a_is_refused(tmp_path: Path) -> None:
    source, phone = written(tmp_path, wav(sine(440, level_db=-12, seconds=3))), tmp_path / "memo.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-i", source, phone], check=True)
    content = phone.read_bytes()
    found = inspect_file(written(tmp_path, content[: len(content) // 2], "half.m4a"))
    assert isinstance(found, Refused)
    assert found.code is Refusal.TRUNCATED
