"""What one scope may hold, and the announcement of a file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.db import unit
from headroom.errors import Invalid
from headroom.files import uploads
from headroom.files.errors import LimitReached, PartsInvalid, UploadNotFound
from headroom.files.models import StoredFile
from headroom.files.protocol import Limits, Part
from headroom.files.states import State
from tests.conftest import PrivateDatabase
from tests.files.conftest import NOW, begin

MARA = Actor(person_id="per_mara")
OTTO = Actor(person_id="per_otto")
TWO_FILES = Limits(files=2, file_bytes=1000, scope_bytes=1500)


def test_an_announced_file_keeps_its_name_and_gets_a_random_key(session: Session) -> None:
    upload = begin(session, MARA, name="Песня/Бочка.wav")
    assert upload.file.original_name == "Бочка.wav"
    assert upload.file.object_key.startswith("o/")
    assert "Бочка" not in upload.file.object_key


@pytest.mark.parametrize(("size_bytes", "code"), [(0, "empty_file"), (1001, "file_too_big"), (501, None), (1000, None)])
def test_a_file_beyond_a_limit_is_refused_with_the_limit(session: Session, size_bytes: int, code: str | None) -> None:
    if code is None:
        assert begin(session, MARA, size_bytes=size_bytes, limits=TWO_FILES).file.state == State.DECLARED
        return
    with pytest.raises(LimitReached) as refusal:
        begin(session, MARA, size_bytes=size_bytes, limits=TWO_FILES)
    assert refusal.value.values["limit"] == code


def test_the_whole_scope_has_a_limit_too(session: Session) -> None:
    begin(session, MARA, size_bytes=1000, limits=TWO_FILES)
    with pytest.raises(LimitReached) as refusal:
        begin(session, MARA, size_bytes=501, fingerprint="f2", limits=TWO_FILES)
    assert refusal.value.values["limit"] == "too_many_bytes"


def test_what_was_given_up_no_longer_counts(session: Session) -> None:
    upload = begin(session, MARA, size_bytes=1000, limits=TWO_FILES)
    uploads.abort(session, upload, now=NOW)
    session.flush()
    assert begin(session, MARA, size_bytes=1000, fingerprint="f2", limits=TWO_FILES).file.state == State.DECLARED


def test_two_files_at_once_cannot_pass_the_limit_together(private_database: PrivateDatabase) -> None:
    start = threading.Barrier(4)

    def announce(number: int) -> bool:
        start.wait()
        try:
            with unit(MARA) as session:
                begin(session, MARA, size_bytes=10, fingerprint=f"f{number}", limits=TWO_FILES)
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(announce, range(4)))
    assert sorted(taken) == [False, False, True, True]
    with private_database.session() as session:
        assert session.query(StoredFile).count() == 2


def test_the_same_file_announced_again_is_the_same_upload(session: Session) -> None:
    assert begin(session, MARA).id == begin(session, MARA, now=NOW + timedelta(days=1)).id


@pytest.mark.parametrize(
    "change", [{"fingerprint": "f2"}, {"size_bytes": 999}, {"name": "snare.wav"}, {"purpose": "rough"}]
)
def test_another_file_is_another_upload(session: Session, change: dict[str, object]) -> None:
    assert begin(session, MARA).id != begin(session, MARA, **change).id  # type: ignore[arg-type]


def test_an_upload_belongs_to_who_began_it(session: Session) -> None:
    upload = begin(session, MARA)
    with pytest.raises(UploadNotFound):
        uploads.find(session, upload.id, by=OTTO)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [Part(2, 1000, b"a" * 32)],
        [Part(1, 999, b"a" * 32)],
        [Part(1, 1000, b"short")],
        [Part(1, 1000, b"a" * 32), Part(1, 1000, b"a" * 32)],
    ],
)
def test_parts_that_the_file_does_not_have_are_refused(session: Session, parts: list[Part]) -> None:
    upload = begin(session, MARA)
    with pytest.raises(PartsInvalid):
        uploads.prepare_parts(session, upload, parts, now=NOW)
