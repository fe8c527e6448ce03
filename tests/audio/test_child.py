"""The inspection in a process of its own: what a hostile file can and cannot do."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

import pytest

from headroom.audio import child
from headroom.audio.child import inspect_limited
from headroom.audio.confinement import Limits
from headroom.audio.facts import (
    AnalysisFailed,
    Failure,
    Inspection,
    PreviewFormat,
    Progress,
    Refusal,
    Refused,
    Stage,
    Want,
)
from headroom.audio.inspecting import inspect_file
from tests.audio.sounds import flac_header, noise, sine, wav, written


def test_child_finds_what_the_process_itself_finds(tmp_path: Path) -> None:
    path = written(tmp_path, wav(noise(seconds=2)))
    found = inspect_limited(path)
    here = inspect_file(path)
    assert isinstance(found, Inspection)
    assert isinstance(here, Inspection)
    assert (found.sha256, found.facts.frames, found.peaks) == (here.sha256, here.facts.frames, here.peaks)
    assert found.facts.integrated_lufs == pytest.approx(here.facts.integrated_lufs, abs=1e-4)


def test_progress_arrives_from_the_header_on(tmp_path: Path) -> None:
    told: list[Progress] = []
    inspect_limited(written(tmp_path, wav(sine(100, seconds=61, channels=1), bits=16)), report=told.append)
    assert [one.stage for one in told] == [Stage.HEADER, Stage.MEASURING]


def test_bomb_is_refused_within_small_limits(tmp_path: Path) -> None:
    path = written(tmp_path, flac_header(frames=2**36 - 1, channels=8))
    found = inspect_limited(path, limits=Limits(cpu_s=5, wall_s=20))
    assert isinstance(found, Refused)
    assert found.code is Refusal.TOO_LONG


def test_too_little_memory_is_a_failure_that_says_so(tmp_path: Path) -> None:
    found = inspect_limited(written(tmp_path, wav(noise())), limits=Limits(memory_bytes=120 << 20))
    assert found == AnalysisFailed(Failure.MEMORY, {"limit_bytes": 120 << 20})


def test_time_is_up(tmp_path: Path) -> None:
    found = inspect_limited(written(tmp_path, wav(noise())), limits=Limits(wall_s=0.01))
    assert found == AnalysisFailed(Failure.TIMEOUT, {"limit_s": 0.01})


def test_processor_time_is_up(tmp_path: Path) -> None:
    path = written(tmp_path, wav(noise(seconds=60)))
    want = Want(previews=(PreviewFormat.MP3, PreviewFormat.OGG), preview_folder=tmp_path)
    assert inspect_limited(path, want, Limits(cpu_s=1)) == AnalysisFailed(Failure.CPU_TIME, {"limit_s": 1})


def test_preview_larger_than_allowed(tmp_path: Path) -> None:
    path = written(tmp_path, wav(noise(seconds=5)))
    want = Want(previews=(PreviewFormat.MP3,), preview_folder=tmp_path)
    found = inspect_limited(path, want, Limits(output_bytes=1000))
    assert isinstance(found, AnalysisFailed)
    assert found.code in {Failure.OUTPUT_SIZE, Failure.CRASH}


def test_crash_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    found = inspect_limited(written(tmp_path, wav(noise())))
    assert found == AnalysisFailed(Failure.CRASH, {"exit_code": -11})


def test_nonsense_from_a_taken_over_child_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lying = tmp_path / "python"
    lying.write_text('#!/bin/sh\nread x\necho \'{"inspection": {"facts": {"frames": -1}}}\'\n')
    lying.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(lying))
    found = inspect_limited(written(tmp_path, wav(noise())))
    assert found == AnalysisFailed(Failure.CRASH, {"exit_code": 0})


def test_endless_answer_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shouting = tmp_path / "python"
    shouting.write_text("#!/bin/sh\nread x\nexec tr '\\\\0' a < /dev/zero\n")
    shouting.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(shouting))
    found = inspect_limited(written(tmp_path, wav(noise())), limits=Limits(wall_s=20))
    assert found == AnalysisFailed(Failure.CRASH, {"exit_code": 0})


def test_missing_file_is_a_failure_and_no_refusal(tmp_path: Path) -> None:
    found = inspect_limited(tmp_path / "gone.wav")
    assert isinstance(found, AnalysisFailed)


def test_secrets_stay_with_the_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_secret")
    telling = tmp_path / "python"
    telling.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    telling.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(telling))
    inspect_limited(written(tmp_path, wav(noise())))
    assert "sk_test_secret" not in (tmp_path / "seen").read_text()


def test_two_files_side_by_side(tmp_path: Path) -> None:
    paths = [written(tmp_path, wav(noise(seconds=1, seed=seed)), f"{seed}.wav") for seed in (1, 2)]
    found: dict[Path, child.Outcome] = {}
    threads = [threading.Thread(target=lambda path=path: found.update({path: inspect_limited(path)})) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hashes = {outcome.sha256 for outcome in found.values() if isinstance(outcome, Inspection)}
    assert len(hashes) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_nothing_is_left_after_a_timeout(tmp_path: Path) -> None:
    before = own_children()
    inspect_limited(written(tmp_path, wav(noise())), limits=Limits(wall_s=0.2))
    assert own_children() <= before


def own_children() -> set[int]:
    """The processes that are children of this one, ended but unread ones included."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended while we looked
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid():
                found.add(int(stat.parent.name))
    return found
