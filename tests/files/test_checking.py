"""The worker reads what arrived: sound files become ready, everything else is refused with its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headroom.files.models import FilePreview
from headroom.files.states import State
from headroom.gateways.s3 import Store
from tests.conftest import PrivateDatabase
from tests.files import work
from tests.files.conftest import Shelf, Visitor
from tests.files.sounds import tone
from tests.stores import Place


def test_a_sound_file_becomes_ready_with_its_facts(shelf: Shelf, mara: Visitor, tmp_path: Path) -> None:
    sent = shelf.ready(mara, tone(tmp_path / "tone.wav"))
    file = shelf.file(sent.file_id)
    assert (file.state, file.sha256) == (State.READY, sent.sha256)
    assert file.facts is not None
    assert file.facts["sample_rate_hz"] == 48_000


def test_a_ready_file_has_a_preview_to_play(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase
) -> None:
    sent = shelf.ready(mara, tone(tmp_path / "tone.wav"))
    with private_database.session() as session:
        preview = session.query(FilePreview).filter_by(file_id=sent.file_id).one()
    assert store.head(preview.object_key).size_bytes == preview.byte_size


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"dear engineer, the stems are in the other folder " * 40, "not_audio"),
        (b"PK\x03\x04" + b"\0" * 2000, "archive"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_reason(
    shelf: Shelf, mara: Visitor, tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "stem.wav"
    path.write_bytes(content)
    file = shelf.file(shelf.ready(mara, path).file_id)
    assert file.state == State.REJECTED
    assert file.findings is not None
    assert file.findings["code"] == code


def test_half_a_file_is_refused_with_both_sizes(shelf: Shelf, mara: Visitor, tmp_path: Path) -> None:
    path = tone(tmp_path / "half.wav")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    file = shelf.file(shelf.ready(mara, path).file_id)
    assert file.findings is not None
    assert file.findings["code"] == "truncated"
    assert file.findings["values"]["declared_bytes"] > file.findings["values"]["real_bytes"]


def test_bytes_that_changed_inside_the_store_are_noticed(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase
) -> None:
    path = tone(tmp_path / "tone.wav")
    sent = shelf.send(mara, path)
    spoiled = bytearray(path.read_bytes())
    spoiled[5000] ^= 1
    store.put(shelf.file(sent.file_id).object_key, bytes(spoiled), content_type="audio/wav")
    work.drain(private_database)
    file = shelf.file(sent.file_id)
    assert (file.state, file.findings) == (State.REJECTED, {"code": "damaged", "values": {}})


def test_the_room_that_owns_the_file_hears_of_it_once(
    shelf: Shelf, mara: Visitor, tmp_path: Path, private_database: PrivateDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker import reactions

    heard: list[str] = []
    monkeypatch.setitem(
        reactions.FILE_REACTIONS, "shelf", lambda session, file, *, now: heard.append(f"{file.id} {file.state}")
    )
    sent = shelf.ready(mara, tone(tmp_path / "tone.wav"))
    work.do(private_database, "files.check", file_id=sent.file_id)
    assert heard == [f"{sent.file_id} ready"]


@pytest.mark.parametrize("moment", ["files.check.claimed", "files.preview.stored"])
def test_a_worker_killed_in_the_middle_is_made_good(
    shelf: Shelf,
    store: Store,
    mara: Visitor,
    tmp_path: Path,
    private_database: PrivateDatabase,
    swift: Place,
    moment: str,
) -> None:
    sent = shelf.send(mara, tone(tmp_path / "tone.wav"))
    name = ".".join(moment.split(".")[:2])
    if name == "files.preview":
        work.run_now(private_database, "files.check")
    job: dict[str, Any] = {"file_id": sent.file_id}
    assert work.run_in_process(private_database, swift, store.bucket, name, faults=f"{moment}:kill", **job) == -9
    assert work.run_in_process(private_database, swift, store.bucket, name, **job) == 0
    assert shelf.file(sent.file_id).state == State.READY
    previews = [each.key for each in store.objects("p/")]
    assert len(previews) == (1 if name == "files.preview" else 0)
