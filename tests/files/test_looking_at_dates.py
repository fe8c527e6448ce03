"""The timer's look at dates: what fails for one file or one notice keeps no other waiting."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from headroom.files import retention
from headroom.files.models import Scope
from headroom.files.retention import Act, Decision, NoticeDue
from tests.conftest import PrivateDatabase
from worker import files, reactions

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def fails_for(broken: object, done: list[object]) -> Any:
    """A step that fails for one item and writes the others down."""

    def step(_session: object, item: object, **_: object) -> bool:
        if item == broken:
            raise RuntimeError("this one is broken")
        done.append(item)
        return True

    return step


def test_one_broken_file_and_one_broken_notice_keep_no_other_waiting(
    private_database: PrivateDatabase, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    decisions = [Decision("file_broken", Act.EXPIRE), Decision("file_next", Act.EXPIRE)]
    notices = [NoticeDue(Scope("test", name), NOON, 14, 1) for name in ("broken", "next")]
    done: list[object] = []
    monkeypatch.setattr(retention, "due", lambda *_, **__: decisions)
    monkeypatch.setattr(retention, "notices_due", lambda *_, **__: notices)
    monkeypatch.setattr(retention, "perform", fails_for(decisions[0], done))
    monkeypatch.setattr(retention, "mark_told", lambda *_, **__: True)
    monkeypatch.setitem(reactions.FILE_EXPIRY_REACTIONS, "test", fails_for(notices[0], done))
    with caplog.at_level(logging.ERROR):
        files.look_at_dates()
    assert done == [decisions[1], notices[1]]
    assert "file_broken" in caplog.text
