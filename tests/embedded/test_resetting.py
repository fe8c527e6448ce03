"""Deleting an installation's data is asked for, and refused while somebody uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedded import resetting
from embedded.installation import Installation


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    installation = Installation("demo")
    installation.prepare()
    return installation


def test_yes_deletes_everything(made: Installation) -> None:
    assert resetting.main(["demo", "--yes"]) == 0
    assert not made.folder.exists()


def test_without_a_yes_nothing_is_deleted(made: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "")
    assert resetting.main(["demo"]) == 1
    assert made.folder.exists()


def test_a_running_installation_is_not_deleted(made: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    lock = made.lock()
    assert lock is not None
    assert resetting.main(["demo", "--yes"]) == 1
    assert capsys.readouterr().err == "It runs now: stop it first.\n"
    lock.close()


def test_one_installation_leaves_the_others_alone(made: Installation) -> None:
    other = Installation("main")
    other.prepare()
    resetting.main(["demo", "--yes"])
    assert other.folder.exists()
