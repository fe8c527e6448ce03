"""Uploads in parts: any order, listed, joined, given up; and what lies on the disk afterwards."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from headroom.gateways import s3_probe, store_disk
from headroom.gateways.s3 import Store, StoredPart, Sums
from headroom.gateways.s3_errors import NoSuchUpload, PartsRefused
from headroom.gateways.s3_probe import Seen

KEY = "o/0123456789abcdef"
FIVE_MIB = 5 << 20  # the least a part may have unless it is the last


def send_part(store: Store, upload_id: str, number: int, body: bytes) -> int:
    return s3_probe.send(store.sign_part(KEY, upload_id, number, sums=s3_probe.sums_of(body), ttl_s=600), body)


def upload(store: Store, parts: dict[int, bytes]) -> str:
    upload_id = store.create_upload(KEY, content_type="audio/wav")
    for number, body in parts.items():
        assert send_part(store, upload_id, number, body) == 200
    return upload_id


@pytest.fixture
def bodies() -> dict[int, bytes]:
    return {3: b"the end", 1: os.urandom(FIVE_MIB), 2: os.urandom(FIVE_MIB)}


def test_parts_sent_in_any_order_make_the_file(store: Store, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    store.complete_upload(KEY, upload_id, store.parts(KEY, upload_id))
    assert b"".join(store.stream(KEY).chunks) == bodies[1] + bodies[2] + bodies[3]


def test_sent_parts_are_listed_with_their_sizes(store: Store, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    sizes = [(part.number, part.size_bytes) for part in store.parts(KEY, upload_id)]
    assert sizes == [(1, FIVE_MIB), (2, FIVE_MIB), (3, 7)]


def test_open_uploads_are_listed(store: Store) -> None:
    upload_id = store.create_upload(KEY, content_type="audio/wav")
    assert [(each.key, each.upload_id) for each in store.open_uploads()] == [(KEY, upload_id)]


def test_a_part_address_takes_no_other_bytes(store: Store, seen: Seen) -> None:
    upload_id = store.create_upload(KEY, content_type="audio/wav")
    sums = s3_probe.sums_of(b"right", md5=seen.checksum_mode == "content-md5")
    assert s3_probe.send(store.sign_part(KEY, upload_id, 1, sums=sums, ttl_s=600), b"wrong") == 400
    assert store.parts(KEY, upload_id) == []


def test_a_wrong_part_is_stopped_on_its_way_in_or_at_the_joining(store: Store, seen: Seen) -> None:
    upload_id = store.create_upload(KEY, content_type="audio/wav")
    sums = s3_probe.sums_of(b"right", md5=True)
    by_sha256 = store.sign_part(KEY, upload_id, 1, sums=Sums(sums.sha256), ttl_s=600)
    compares = seen.checksum_mode == "sha256-header"
    assert s3_probe.send(by_sha256, b"wrong") == (400 if compares else 200)
    assert sums.md5 is not None
    with pytest.raises(PartsRefused):
        store.complete_upload(KEY, upload_id, [StoredPart(1, 5, sums.md5.hex(), None)])
    assert not store.exists(KEY)


def test_a_part_that_is_not_there_stops_the_joining(store: Store, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    invented = [*store.parts(KEY, upload_id), StoredPart(4, 7, "0" * 32, None)]
    with pytest.raises(PartsRefused):
        store.complete_upload(KEY, upload_id, invented)


def test_a_completed_upload_is_gone_from_the_list(store: Store, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    store.complete_upload(KEY, upload_id, store.parts(KEY, upload_id))
    assert list(store.open_uploads()) == []


def test_joining_a_second_time_changes_nothing(store: Store, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    parts = store.parts(KEY, upload_id)
    store.complete_upload(KEY, upload_id, parts)
    with suppress(NoSuchUpload):  # some stores have forgotten the upload, some say yes once more
        store.complete_upload(KEY, upload_id, parts)
    assert b"".join(store.stream(KEY).chunks) == bodies[1] + bodies[2] + bodies[3]


def test_an_aborted_upload_leaves_no_bytes(store: Store, disk: Path, bodies: dict[int, bytes]) -> None:
    upload_id = upload(store, bodies)
    assert store_disk.files_of(disk, [f"{store.bucket}+segments/{KEY}"]) == 4  # and the note of the upload
    store.abort_upload(KEY, upload_id)
    assert list(store.open_uploads()) == []
    assert store_disk.files_of(disk, [store.bucket]) == 0


def test_a_part_sent_after_the_abort_is_refused(store: Store) -> None:
    upload_id = upload(store, {1: b"early"})
    store.abort_upload(KEY, upload_id)
    assert send_part(store, upload_id, 1, b"early") == 404


def test_deleting_a_joined_file_removes_its_bytes_from_the_disk(
    store: Store, disk: Path, bodies: dict[int, bytes]
) -> None:
    upload_id = upload(store, bodies)
    store.complete_upload(KEY, upload_id, store.parts(KEY, upload_id))
    assert store_disk.files_of(disk, [store.bucket]) == 4  # three parts and the list of them
    store.delete(KEY)
    assert store_disk.files_of(disk, [store.bucket]) == 0


def test_a_part_sent_twice_lies_on_the_disk_once(store: Store, disk: Path) -> None:
    upload_id = upload(store, {1: b"same bytes"})
    assert send_part(store, upload_id, 1, b"same bytes") == 200
    assert store_disk.files_of(disk, [store.bucket]) == 2  # the part and the note of the upload
    store.complete_upload(KEY, upload_id, store.parts(KEY, upload_id))
    store.delete(KEY)
    assert store_disk.files_of(disk, [store.bucket]) == 0
