"""Taking files out: one grant a download, the file's own name, ranges for the player, nothing for strangers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.request import urlopen

import pytest

from headroom.audit.actions import Action
from headroom.audit.models import AuditEntry
from headroom.files.models import DownloadGrant
from tests.conftest import PrivateDatabase
from tests.files.conftest import Shelf, Visitor
from tests.files.sounds import tone


@pytest.fixture
def file_id(shelf: Shelf, mara: Visitor) -> str:
    return shelf.shelved(mara, name="Песня – mix v3.wav")


def test_a_reader_gets_the_same_bytes_under_the_files_own_name(shelf: Shelf, ivo: Visitor, file_id: str) -> None:
    answer = ivo.ask(f"/files/{file_id}/download")
    assert answer.status_code == 302
    with urlopen(answer.headers["Location"]) as download:
        assert hashlib.sha256(download.read()).hexdigest() == shelf.file(file_id).sha256
        assert "%D0%9F%D0%B5%D1%81%D0%BD%D1%8F" in download.headers["Content-Disposition"]


def test_each_download_is_granted_and_audited(ivo: Visitor, file_id: str, private_database: PrivateDatabase) -> None:
    ivo.ask(f"/files/{file_id}/download")
    with private_database.session() as session:
        grant = session.query(DownloadGrant).one()
        entry = session.query(AuditEntry).filter_by(action=Action.FILE_DOWNLOADED.value).one()
    assert (grant.person_id, grant.file_id) == (ivo.person_id, file_id)
    assert (entry.actor, entry.object_ref) == (ivo.person_id, file_id)


@pytest.mark.parametrize("door", ["download", "preview", "peaks", "receipt"])
def test_for_a_stranger_the_file_does_not_exist(otto: Visitor, file_id: str, door: str) -> None:
    assert otto.ask(f"/files/{file_id}/{door}").status_code == 404


def test_a_file_that_is_not_ready_cannot_be_taken(shelf: Shelf, mara: Visitor, tmp_path: Path) -> None:
    sent = shelf.send(mara, tone(tmp_path / "tone.wav"))
    status, problem = mara.get(f"/files/{sent.file_id}/download")
    assert (status, problem["code"]) == (409, "file_not_ready") if problem else status == 409


def whole(visitor: Visitor, file_id: str) -> bytes:
    return bytes(visitor.ask(f"/files/{file_id}/preview").data)


def test_the_preview_plays_from_our_own_origin(ivo: Visitor, file_id: str) -> None:
    answer = ivo.ask(f"/files/{file_id}/preview")
    assert (answer.status_code, answer.mimetype) == (200, "audio/mpeg")
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize("asked", ["bytes=100-199", "bytes=100-", "bytes=-100"])
def test_a_player_may_jump(ivo: Visitor, file_id: str, asked: str) -> None:
    body = whole(ivo, file_id)
    first, last = asked.removeprefix("bytes=").split("-")
    expected = body[-100:] if not first else body[100 : int(last) + 1 if last else None]
    answer = ivo.ask(f"/files/{file_id}/preview", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, expected)


def test_a_jump_behind_the_end_is_refused_with_the_size(ivo: Visitor, file_id: str) -> None:
    size = len(whole(ivo, file_id))
    answer = ivo.ask(f"/files/{file_id}/preview", headers={"Range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{size}")


@pytest.mark.parametrize("asked", ["bytes=1-2,4-5", "lines=1-2", "bytes=-", "bytes=b-c"])
def test_a_range_that_is_none_gives_everything(ivo: Visitor, file_id: str, asked: str) -> None:
    answer = ivo.ask(f"/files/{file_id}/preview", headers={"Range": asked})
    assert answer.status_code == 200


def test_a_range_of_another_version_gives_everything(ivo: Visitor, file_id: str) -> None:
    asked = {"Range": "bytes=0-9", "If-Range": '"of another version"'}
    assert ivo.ask(f"/files/{file_id}/preview", headers=asked).status_code == 200


def test_a_range_of_this_version_gives_the_range(ivo: Visitor, file_id: str) -> None:
    etag = ivo.ask(f"/files/{file_id}/preview").headers["ETag"]
    answer = ivo.ask(f"/files/{file_id}/preview", headers={"Range": "bytes=0-9", "If-Range": etag})
    assert (answer.status_code, len(answer.data)) == (206, 10)
    assert ivo.ask(f"/files/{file_id}/preview", headers={"If-None-Match": etag}).status_code == 304


def test_the_waveform_is_given_as_peaks(ivo: Visitor, file_id: str) -> None:
    _, found = ivo.get(f"/files/{file_id}/peaks")
    assert found["channels"] == 2
    assert found["buckets"] <= 4000
