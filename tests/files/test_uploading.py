"""A file goes up in parts, survives cuts and reloads, and comes out as it went in."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from headroom import failpoints
from headroom.db import unit
from headroom.files import uploads
from headroom.files.models import FileUpload
from headroom.files.states import State
from headroom.gateways import store_disk
from headroom.gateways.s3 import Store
from rehearsal.uploading import Refused, Sender, Stopped, put_part
from tests.conftest import PrivateDatabase
from tests.files import work
from tests.files.conftest import Shelf, Visitor, remember_checksum_mode
from tests.stores import Place

MIB = 1 << 20


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """Three parts: 16 MiB, 16 MiB and a rest."""
    path = tmp_path / "drums.wav"
    path.write_bytes(os.urandom(32 * MIB + 12345))
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "kick.wav"
    path.write_bytes(os.urandom(100_000))
    return path


def send_one_part(visitor: Visitor, path: Path, upload: Any) -> None:
    """As if the browser was closed when the first part had arrived."""
    sender = Sender(visitor, in_flight=1)

    def put_then_stop(url: str, headers: Mapping[str, str], body: memoryview) -> int:
        status = put_part(url, headers, body)
        sender.stop.set()
        return status

    sender.put = put_then_stop
    with pytest.raises(Stopped):
        sender.send_upload(path, upload)


def stored(store: Store, shelf: Shelf, file_id: str) -> bytes:
    return b"".join(store.stream(shelf.file(file_id).object_key).chunks)


def test_a_small_file_goes_up_in_one_piece(shelf: Shelf, store: Store, mara: Visitor, small: Path) -> None:
    sent = shelf.send(mara, small)
    assert stored(store, shelf, sent.file_id) == small.read_bytes()
    assert shelf.file(sent.file_id).state == State.ASSEMBLED


def test_a_big_file_goes_up_in_parts(shelf: Shelf, store: Store, mara: Visitor, big: Path) -> None:
    sent = shelf.send(mara, big)
    assert hashlib.sha256(stored(store, shelf, sent.file_id)).hexdigest() == sent.sha256
    assert sent.bytes_put == big.stat().st_size


def test_after_a_stop_only_what_is_missing_is_sent(shelf: Shelf, store: Store, mara: Visitor, big: Path) -> None:
    send_one_part(mara, big, shelf.announce(mara, big))
    sent = shelf.send(mara, big)
    assert sent.parts_kept == 1
    assert sent.bytes_put == big.stat().st_size - 16 * MIB
    assert hashlib.sha256(stored(store, shelf, sent.file_id)).hexdigest() == sent.sha256


def test_a_changed_file_is_noticed_and_not_mixed(shelf: Shelf, mara: Visitor, big: Path) -> None:
    upload = shelf.announce(mara, big)
    send_one_part(mara, big, upload)
    with big.open("r+b") as file:
        file.seek(5 * MIB)
        file.write(b"another take")
    with pytest.raises(Refused) as refusal:
        Sender(mara).send_upload(big, upload)
    assert refusal.value.code == "part_changed"


def test_a_part_once_announced_cannot_become_another(shelf: Shelf, mara: Visitor, small: Path) -> None:
    upload = shelf.announce(mara, small)
    for digest, expected in ((b"a" * 32, 200), (b"b" * 32, 409)):
        part = {"n": 1, "sha256": base64.b64encode(digest).decode(), "size": upload["size"]}
        status, _ = mara.send("POST", f"/uploads/{upload['id']}/parts", {"parts": [part]})
        assert status == expected


def test_three_first_parts_at_once_share_one_upload_in_the_store(
    shelf: Shelf, store: Store, mara: Visitor, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = shelf.announce(mara, big)

    def open_as_third(store: Store, found: FileUpload) -> str:
        first, second = (store.create_upload(found.file.object_key, content_type="audio/wav") for _ in range(2))
        with unit(mara.actor) as session:
            uploads.remember_store_upload(session, found.id, first)
        store.abort_upload(found.file.object_key, second)  # as the second request does with its own
        return second

    monkeypatch.setattr(uploads, "open_in_store", open_as_third)
    part = {"n": 1, "sha256": base64.b64encode(b"a" * 32).decode(), "size": 16 * MIB}
    status, _ = mara.send("POST", f"/uploads/{upload['id']}/parts", {"parts": [part]})
    assert status == 200
    assert len(list(store.open_uploads())) == 1


def test_a_store_that_compares_md5_is_never_given_an_address_without_it(
    shelf: Shelf, store: Store, mara: Visitor, small: Path
) -> None:
    remember_checksum_mode(store, "content-md5")
    upload = shelf.announce(mara, small)
    part = {"n": 1, "sha256": base64.b64encode(b"a" * 32).decode(), "size": upload["size"]}
    status, problem = mara.send("POST", f"/uploads/{upload['id']}/parts", {"parts": [part]})
    assert (status, problem["code"]) == (422, "parts_invalid")
    assert Sender(mara).send_upload(small, upload).bytes_put == small.stat().st_size


def test_completing_too_early_names_the_missing_parts(shelf: Shelf, mara: Visitor, big: Path) -> None:
    upload = shelf.announce(mara, big)
    status, problem = mara.send("POST", f"/uploads/{upload['id']}/complete", {})
    assert (status, problem["code"], problem["values"]["numbers"]) == (409, "parts_missing", [1, 2, 3])


def test_completing_twice_is_one_file(
    shelf: Shelf, mara: Visitor, small: Path, private_database: PrivateDatabase
) -> None:
    sent = shelf.send(mara, small)
    status, answer = mara.send("POST", f"/uploads/{sent.upload_id}/complete", {})
    assert (status, answer["state"]) == (200, "completed")
    assert work.queued(private_database).count("files.check") == 1


def test_dropping_the_same_file_again_finds_its_upload(shelf: Shelf, mara: Visitor, big: Path) -> None:
    assert shelf.announce(mara, big)["id"] == shelf.announce(mara, big)["id"]


def test_giving_up_leaves_nothing_in_the_store(
    shelf: Shelf, store: Store, mara: Visitor, big: Path, private_database: PrivateDatabase, swift: Place
) -> None:
    upload = shelf.announce(mara, big)
    send_one_part(mara, big, upload)
    assert mara.send("DELETE", f"/uploads/{upload['id']}", {})[0] == 204
    work.drain(private_database)
    assert list(store.open_uploads()) == []
    assert store_disk.files_of(Path(swift.data_dir or ""), [store.bucket]) == 0
    assert shelf.file(upload["file_id"]).state == State.ABANDONED


def test_nothing_can_be_sent_to_an_upload_that_was_given_up(shelf: Shelf, mara: Visitor, small: Path) -> None:
    upload = shelf.announce(mara, small)
    mara.send("DELETE", f"/uploads/{upload['id']}", {})
    with pytest.raises(Refused) as refusal:
        Sender(mara).send_upload(small, upload)
    assert refusal.value.code == "upload_over"


@pytest.mark.parametrize("door", ["", "/parts", "/complete"])
def test_somebody_elses_upload_does_not_exist(
    shelf: Shelf, mara: Visitor, otto: Visitor, small: Path, door: str
) -> None:
    upload = shelf.announce(mara, small)
    digest = base64.b64encode(b"a" * 32).decode()
    body = {"parts": [{"n": 1, "sha256": digest, "size": upload["size"]}]} if door == "/parts" else {}
    status, _ = otto.send("POST" if door else "DELETE", f"/uploads/{upload['id']}{door}", body)
    assert status == 404


def test_ten_cuts_cost_no_more_than_what_was_in_flight(shelf: Shelf, mara: Visitor, tmp_path: Path) -> None:
    path = tmp_path / "choir.wav"
    path.write_bytes(os.urandom(4 * 16 * MIB))
    upload = shelf.announce(mara, path)
    cuts, in_flight = 10, 3
    cut_at = set(range(2, 2 + cuts))
    put = 0

    def cut_some(url: str, headers: Mapping[str, str], body: memoryview) -> int:
        nonlocal put
        put += 1
        return 0 if put in cut_at else put_part(url, headers, body)

    sent = Sender(mara, in_flight=in_flight, put=cut_some).send_upload(path, upload)
    assert sent.bytes_put - sent.size_bytes <= cuts * in_flight * upload["part_size"]
    assert shelf.file(sent.file_id).state == State.ASSEMBLED


@pytest.mark.parametrize("moment", ["files.complete.claimed", "files.complete.assembled"])
def test_a_door_that_dies_while_completing_loses_nothing(
    shelf: Shelf, mara: Visitor, big: Path, private_database: PrivateDatabase, moment: str
) -> None:
    upload = shelf.announce(mara, big)
    failpoints.arm(f"{moment}:raise")
    try:
        with pytest.raises(Refused):
            Sender(mara, tries=1).send_upload(big, upload)
    finally:
        failpoints.arm("")
    work.run_now(private_database, "files.finish_upload")
    assert shelf.file(upload["file_id"]).state == State.ASSEMBLED


def test_a_door_that_dies_after_opening_leaves_one_upload_in_the_store(
    shelf: Shelf, store: Store, mara: Visitor, big: Path
) -> None:
    upload = shelf.announce(mara, big)
    failpoints.arm("files.open.called:raise")
    try:
        with pytest.raises(Refused):
            Sender(mara, tries=1).send_upload(big, upload)
    finally:
        failpoints.arm("")
    assert len(list(store.open_uploads())) == 1
    Sender(mara).send_upload(big, upload)
    assert list(store.open_uploads()) == []
