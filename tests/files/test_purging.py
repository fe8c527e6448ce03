"""Files go for good, with proof; a hold or a download that came first is respected, whatever the second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from headroom import clock
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.models import AuditEntry
from headroom.db import unit
from headroom.errors import Gone
from headroom.files import checking, grants, holds, retention
from headroom.files.models import FileHold, FilePurge, StoredFile
from headroom.files.retention import Act, Decision
from headroom.files.states import State
from headroom.gateways import s3_probe, store_disk
from headroom.gateways.s3 import SignedRequest, Store
from tests.conftest import PrivateDatabase
from tests.files import work
from tests.files.conftest import SHELF, Shelf, Visitor
from tests.stores import Place

SYSTEM = Actor.system("test")
Later = Callable[[timedelta], None]
First = TypeVar("First")
Second = TypeVar("Second")


@pytest.fixture
def later() -> object:
    """Let the product's time pass; the store's own time does not."""
    ahead = timedelta()

    def pass_time(by: timedelta) -> None:
        nonlocal ahead
        ahead += by
        clock.use_offset_from(lambda: ahead)

    yield pass_time
    clock.use_offset_from(None)


@pytest.fixture
def file_id(shelf: Shelf, mara: Visitor) -> str:
    """A ready file whose time is over."""
    shelved = shelf.shelved(mara)
    schedule_now()
    return shelved


def schedule_now() -> None:
    with unit(SYSTEM) as session:
        now = clock.now()
        retention.schedule(session, scope=SHELF, purposes=("stem",), purge_at=now, reason="sources_after_end", now=now)


def look_at_dates(database: PrivateDatabase) -> None:
    """One tick of the timer and what it made due."""
    from worker import files

    files.look_at_dates()
    work.drain(database)


def place_hold() -> holds.HoldOutcome:
    with unit(SYSTEM) as session:
        return holds.place(session, scope=SHELF, reason="dispute", by=SYSTEM, now=clock.now())


def test_a_file_expires_waits_and_is_gone_everywhere(
    shelf: Shelf, store: Store, file_id: str, private_database: PrivateDatabase, later: Later, swift: Place
) -> None:
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.EXPIRING
    later(timedelta(hours=2))
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.EXPIRING
    later(timedelta(minutes=11))
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.PURGED
    assert list(store.objects()) == []
    assert store_disk.files_of(Path(swift.data_dir or ""), [store.bucket]) == 0


def purge(database: PrivateDatabase, later: Later) -> None:
    look_at_dates(database)
    later(timedelta(hours=3))
    look_at_dates(database)


def test_a_purge_leaves_a_tombstone_and_an_audit_entry(
    shelf: Shelf, file_id: str, private_database: PrivateDatabase, later: Later
) -> None:
    purge(private_database, later)
    with private_database.session() as session:
        tombstone = session.get_one(FilePurge, file_id)
        entry = session.query(AuditEntry).filter_by(action=Action.FILE_PURGED.value).one()
    assert tombstone.sha256 == shelf.file(file_id).sha256
    assert (tombstone.objects_deleted, tombstone.objects_left, tombstone.disk_files_left) == (2, 0, 0)
    assert (tombstone.reason, entry.object_ref) == ("sources_after_end", file_id)


def test_both_sides_can_see_the_receipt(
    file_id: str, mara: Visitor, ivo: Visitor, private_database: PrivateDatabase, later: Later
) -> None:
    purge(private_database, later)
    for person in (mara, ivo):
        assert file_id in person.ask(f"/files/{file_id}/receipt").text


def test_the_waveform_outlives_the_bytes(file_id: str, private_database: PrivateDatabase, later: Later) -> None:
    purge(private_database, later)
    with private_database.session() as session:
        assert checking.peaks_of(session, file_id) is not None


def test_a_purged_file_says_that_it_is_gone(
    file_id: str, mara: Visitor, private_database: PrivateDatabase, later: Later
) -> None:
    purge(private_database, later)
    assert mara.ask(f"/files/{file_id}/download").status_code == 410


def test_no_download_begins_once_a_file_expires(file_id: str, mara: Visitor, private_database: PrivateDatabase) -> None:
    look_at_dates(private_database)
    assert mara.ask(f"/files/{file_id}/download").status_code == 410


def test_a_download_given_before_is_waited_for(
    shelf: Shelf, file_id: str, mara: Visitor, private_database: PrivateDatabase, later: Later
) -> None:
    address = mara.ask(f"/files/{file_id}/download").headers["Location"]
    look_at_dates(private_database)
    with urlopen(address) as download:
        assert len(download.read()) == shelf.file(file_id).byte_size


@pytest.mark.parametrize("moment", ["files.purge.deleted"])
def test_a_worker_killed_after_deleting_still_leaves_one_receipt(
    shelf: Shelf,
    store: Store,
    file_id: str,
    private_database: PrivateDatabase,
    later: Later,
    swift: Place,
    moment: str,
) -> None:
    look_at_dates(private_database)
    later(timedelta(hours=3))
    from worker import files

    files.look_at_dates()
    killed = work.run_in_process(
        private_database, swift, store.bucket, "files.purge", faults=f"{moment}:kill", file_id=file_id
    )
    assert (killed, shelf.file(file_id).state) == (-9, State.PURGING)
    work.drain(private_database)
    assert shelf.file(file_id).state == State.PURGED
    with private_database.session() as session:
        assert session.query(FilePurge).count() == 1


def test_a_purge_whose_job_was_lost_is_taken_up_again(
    shelf: Shelf, file_id: str, private_database: PrivateDatabase, later: Later
) -> None:
    look_at_dates(private_database)
    later(timedelta(hours=3))
    with unit(SYSTEM) as session:
        retention.perform(session, Decision(file_id, Act.PURGE), now=clock.now())
    work.forget_all(private_database)
    later(timedelta(minutes=11))
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.PURGED


def test_a_hold_keeps_files_from_expiring(shelf: Shelf, file_id: str, private_database: PrivateDatabase) -> None:
    place_hold()
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.READY


def test_a_hold_gives_expiring_files_back(
    shelf: Shelf, file_id: str, mara: Visitor, private_database: PrivateDatabase
) -> None:
    look_at_dates(private_database)
    assert place_hold().kept == (file_id,)
    assert mara.ask(f"/files/{file_id}/download").status_code == 302


def test_a_lifted_hold_lets_time_go_on(shelf: Shelf, file_id: str, private_database: PrivateDatabase) -> None:
    place_hold()
    with unit(SYSTEM) as session:
        assert holds.lift(session, scope=SHELF, reason="dispute", by=SYSTEM, now=clock.now())
    look_at_dates(private_database)
    assert shelf.file(file_id).state == State.EXPIRING


def test_the_same_hold_twice_is_one_hold(file_id: str, private_database: PrivateDatabase) -> None:
    place_hold()
    place_hold()
    with private_database.session() as session:
        assert session.query(FileHold).count() == 1


def test_a_purge_and_a_hold_in_the_same_moment_have_one_winner(
    shelf: Shelf, file_id: str, private_database: PrivateDatabase, later: Later
) -> None:
    winners = set()
    for _ in range(12):
        make_expiring(file_id)
        purged, held = together(partial(begin_purge, file_id), place_hold)
        state = shelf.file(file_id).state
        assert (state == State.PURGING) == purged == (held.too_late == (file_id,))
        assert (state == State.READY) == (held.kept == (file_id,))
        winners.add(state)
    assert winners <= {State.PURGING, State.READY}


def test_a_grant_and_an_expiry_in_the_same_moment_have_one_order(
    shelf: Shelf, file_id: str, mara: Visitor, private_database: PrivateDatabase
) -> None:
    for _ in range(12):
        make_ready(file_id)
        was_given, _ = together(partial(try_grant, file_id, mara), partial(begin_expiry, file_id))
        file = shelf.file(file_id)
        assert file.state == State.EXPIRING
        assert was_given == (file.last_grant_at is not None)


def test_an_address_used_after_the_deletion_brings_nothing_back(
    shelf: Shelf, store: Store, file_id: str, tmp_path: Path, private_database: PrivateDatabase, later: Later
) -> None:
    key = shelf.file(file_id).object_key
    purge(private_database, later)
    body = b"late bytes"
    sums = s3_probe.sums_of(body)
    late = store.sign_put(key, sums=sums, content_type="audio/wav", ttl_s=600, only_if_absent=False)
    assert s3_probe.send(late, body) == 200
    from worker import files

    files.sweep_store()
    assert not store.exists(key)


def test_a_download_address_is_worth_nothing_after_the_deletion(
    file_id: str, mara: Visitor, private_database: PrivateDatabase, later: Later
) -> None:
    address = mara.ask(f"/files/{file_id}/download").headers["Location"]
    later(timedelta(hours=3))
    purge(private_database, later)
    with pytest.raises(HTTPError):
        urlopen(address)
    assert s3_probe.send(SignedRequest("GET", address, {})) == 404


def test_thirty_more_days_are_given_once(file_id: str, shelf: Shelf, private_database: PrivateDatabase) -> None:
    before = shelf.file(file_id).purge_at
    with unit(SYSTEM) as session:
        assert before is not None
        assert retention.extend(session, scope=SHELF, now=clock.now()) == before + timedelta(days=30)
    with pytest.raises(retention.AlreadyExtended), unit(SYSTEM) as session:
        retention.extend(session, scope=SHELF, now=clock.now())


def test_people_are_told_fourteen_and_three_days_before(
    shelf: Shelf, file_id: str, private_database: PrivateDatabase, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker import reactions

    told: list[int] = []
    monkeypatch.setitem(
        reactions.FILE_EXPIRY_REACTIONS, "shelf", lambda session, notice, *, now: told.append(notice.days_before)
    )
    with unit(SYSTEM) as session:
        now = clock.now()
        retention.schedule(
            session, scope=SHELF, purposes=("stem",), purge_at=now + timedelta(days=15), reason="end", now=now
        )
    for _ in range(30):
        look_at_dates(private_database)
        later(timedelta(hours=12))
    assert told == [14, 3]


def make_expiring(file_id: str) -> None:
    with unit(SYSTEM) as session:
        file = session.get_one(StoredFile, file_id)
        long_ago = datetime.now(UTC) - timedelta(days=1)
        file.state, file.rested_in, file.expiring_since = State.EXPIRING, State.READY, long_ago
        session.query(FileHold).delete()


def make_ready(file_id: str) -> None:
    with unit(SYSTEM) as session:
        file = session.get_one(StoredFile, file_id)
        file.state, file.expiring_since, file.last_grant_at = State.READY, None, None


def begin_purge(file_id: str) -> bool:
    with unit(SYSTEM) as session:
        return retention.perform(session, Decision(file_id, Act.PURGE), now=clock.now())


def begin_expiry(file_id: str) -> bool:
    with unit(SYSTEM) as session:
        return retention.perform(session, Decision(file_id, Act.EXPIRE), now=clock.now())


def try_grant(file_id: str, visitor: Visitor) -> bool:
    try:
        with unit(visitor.actor) as session:
            grants.grant(session, file_id, by=visitor.actor, now=clock.now())
    except Gone:
        return False
    return True


def together(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """Both at once, each on a connection of its own; what each returned."""
    start = threading.Barrier(2)

    def wait_and_do(act: Callable[[], Any]) -> Any:
        start.wait()
        return act()

    with ThreadPoolExecutor(2) as pool:
        futures = pool.submit(wait_and_do, first), pool.submit(wait_and_do, second)
        return futures[0].result(), futures[1].result()
