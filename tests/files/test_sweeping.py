"""The store against the rows, both ways."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from headroom import clock
from headroom.files import sweep
from headroom.files.models import StoreSweep
from headroom.gateways.s3 import ListedObject, OpenUpload, Store
from tests.conftest import PrivateDatabase
from tests.files.conftest import Shelf, Visitor

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


def sweep_now(database: PrivateDatabase) -> StoreSweep:
    from worker import files

    files.sweep_store()
    with database.session() as session:
        return session.query(StoreSweep).order_by(StoreSweep.at.desc()).limit(1).one()


def test_what_has_its_row_stays(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase
) -> None:
    shelf.shelved(mara)
    found = sweep_now(private_database)
    assert (found.objects_seen, found.objects_removed, found.files_missing) == (2, 0, 0)
    assert len(list(store.objects())) == 2


def test_a_key_no_row_ever_had_is_counted_and_left(
    store: Store, shelf: Shelf, private_database: PrivateDatabase
) -> None:
    store.put("o/stranger", b"after a restored backup, perhaps", content_type="audio/wav")
    found = sweep_now(private_database)
    assert (found.strangers_seen, found.objects_removed) == (1, 0)
    assert store.exists("o/stranger")


@pytest.mark.parametrize(
    ("key", "age", "is_removed"),
    [
        ("o/stranger", WEEK - SECOND, False),
        ("o/stranger", WEEK + SECOND, True),
        ("tmp/probe", timedelta(hours=1), False),
        ("tmp/probe", timedelta(days=1) + SECOND, True),
    ],
)
def test_strangers_have_their_time(
    private_database: PrivateDatabase, key: str, age: timedelta, is_removed: bool
) -> None:
    now = clock.wall_now()
    page = [ListedObject(key, 1, now - age)]
    with private_database.session() as session:
        verdict = sweep.judge(session, page, after_key="", up_to=None, wall_now=now)
    assert verdict.remove == ((key,) if is_removed else ())


def test_a_file_whose_bytes_are_gone_is_marked_once(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase
) -> None:
    file_id = shelf.shelved(mara)
    store.delete(shelf.file(file_id).object_key)
    assert [sweep_now(private_database).files_missing for _ in range(2)] == [1, 0]
    assert shelf.file(file_id).missing_since is not None


def test_every_span_of_keys_is_compared(
    shelf: Shelf,
    store: Store,
    mara: Visitor,
    tmp_path: Path,
    private_database: PrivateDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pages of one key: whatever falls between two pages is seen too."""
    monkeypatch.setattr(sweep, "PAGE", 1)
    for file_id in [shelf.shelved(mara) for _ in range(3)]:
        store.delete(shelf.file(file_id).object_key)
    found = sweep_now(private_database)
    assert (found.objects_seen, found.files_missing) == (3, 3)


def test_an_upload_nobody_knows_is_ended_after_a_day(private_database: PrivateDatabase) -> None:
    now = clock.wall_now()
    old, young = (OpenUpload("o/x", f"{hours}", now - timedelta(hours=hours)) for hours in (25, 23))
    with private_database.session() as session:
        assert sweep.stale_uploads(session, [old, young], wall_now=now) == [old]


def test_an_upload_that_was_given_up_is_ended_at_once(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase
) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(b"\0" * (17 << 20))
    upload = shelf.announce(mara, path)
    mara.send("DELETE", f"/uploads/{upload['id']}", {})
    store.create_upload(shelf.file(upload["file_id"]).object_key, content_type="audio/wav")
    assert sweep_now(private_database).uploads_aborted == 1
    assert list(store.open_uploads()) == []
