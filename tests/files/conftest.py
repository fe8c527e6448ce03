"""The world of these tests: Mara keeps files on a shelf, Ivo may read her shelf, Otto is a stranger.

A shelf stands for what a room above would be (an order); its readers are those two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from blueprints.visit import csrf_token
from headroom import db
from headroom.accounts import sessions
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.db import unit
from headroom.files import capabilities, uploads
from headroom.files.models import FilePeaks, FilePreview, FileUpload, Scope, StoreCapability, StoredFile, new_key
from headroom.files.pages import FileView
from headroom.files.protocol import Limits
from headroom.files.states import State
from headroom.gateways import s3
from headroom.gateways.s3 import Store
from rehearsal.uploading import Sender, Sent, announcement
from tests.conftest import PrivateDatabase
from tests.databases import TestServer
from tests.emptying import ReusedDatabase
from tests.files import work
from tests.stores import Place, SharedSwift, fresh_bucket, lent

SHELF = Scope("shelf", "shelf-of-mara")
BODY = b"RIFF" + bytes(range(256)) * 40
PREVIEW = bytes(range(256)) * 8
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever reaches the store through a fixture needs the embedded store."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "store" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.store)


@pytest.fixture(scope="session")
def reused_database(test_server: TestServer) -> Iterator[ReusedDatabase]:
    reused = ReusedDatabase(test_server)
    yield reused
    reused.drop()


@pytest.fixture
def private_database(reused_database: ReusedDatabase) -> Iterator[PrivateDatabase]:
    """As everywhere, but emptied afterwards instead of made anew: there are two hundred tests here."""
    database = db.Database(reused_database.url, pool_size=16)
    db.use(database)
    yield PrivateDatabase(url=reused_database.url, database=database)
    db._Current.database = None
    database.engine.dispose()
    reused_database.empty()


@pytest.fixture(scope="session")
def swift() -> Iterator[Place]:
    """The embedded store, running."""
    yield from lent(SharedSwift)


@pytest.fixture
def store(swift: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty bucket, made the store of this process; purges also look at its disk."""
    bucket = fresh_bucket(swift)
    monkeypatch.setenv("S3_EMBEDDED_DATA", swift.data_dir or "")
    s3.use(bucket)
    yield bucket
    s3.use(None)


@dataclass(frozen=True)
class Visitor:
    """A signed-in person's browser, speaking JSON."""

    app: Flask
    person_id: str
    cookie: str
    token: str

    @property
    def actor(self) -> Actor:
        return Actor(person_id=self.person_id)

    def get(self, path: str) -> tuple[int, Any]:
        return self.send("GET", path, None)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        answer = self.ask(path, method=method, json=body)
        return answer.status_code, answer.get_json(silent=True)

    def ask(self, path: str, **options: Any) -> Any:
        """One request, with the cookie and the form token."""
        with self.app.test_client(use_cookies=False) as browser:
            headers = {"Cookie": f"sid={self.cookie}", "X-CSRF-Token": self.token} | options.pop("headers", {})
            return browser.open(path, headers=headers, **options)


@pytest.fixture
def visitor(app: Flask) -> Callable[[str], Visitor]:
    """Sign somebody in."""

    def sign_in(name: str) -> Visitor:
        now = datetime.now(UTC)
        with unit(Actor.system("test")) as session:
            person = Person(
                email=f"{name}@studio.test",
                display_name=name.title(),
                locale="en",
                time_zone="UTC",
                theme="auto",
                age_rule="eu-16",
                created_at=now,
            )
            session.add(person)
            session.flush()
            cookie = sessions.start(session, person.id, ip=None, user_agent="tests", now=now)
        with app.test_request_context(headers={"Cookie": f"sid={cookie}"}):
            token = csrf_token()
        return Visitor(app, person.id, cookie, token)

    return sign_in


@pytest.fixture
def mara(visitor: Callable[[str], Visitor]) -> Visitor:
    return visitor("mara")


@pytest.fixture
def ivo(visitor: Callable[[str], Visitor]) -> Visitor:
    return visitor("ivo")


@pytest.fixture
def otto(visitor: Callable[[str], Visitor]) -> Visitor:
    return visitor("otto")


@pytest.fixture(autouse=True)
def shelf_readers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody but Otto may read the shelf."""
    if "app" not in request.fixturenames:
        return
    from blueprints import files as doors

    def may_read(session: Session, actor: Actor, file: FileView, wish: doors.Wish) -> bool:
        person = session.get(Person, actor.person_id)
        return person is not None and person.display_name != "Otto"

    monkeypatch.setitem(doors.READERS, SHELF.kind, may_read)


def begin(
    session: Session,
    by: Actor,
    *,
    size_bytes: int = 1000,
    name: str = "kick.wav",
    fingerprint: str = "f1",
    limits: Limits | None = None,
    now: datetime = NOW,
    **more: Any,
) -> FileUpload:
    """Announce a file for the shelf."""
    return uploads.begin(
        session,
        by=by,
        scope=SHELF,
        purpose=more.pop("purpose", "stem"),
        name=name,
        size_bytes=size_bytes,
        modified_at=None,
        fingerprint=fingerprint,
        limits=limits or Limits(),
        now=now,
        **more,
    )


def remember_checksum_mode(store: Store, mode: str) -> None:
    """As if the storage doctor had found this of the store."""
    with unit(Actor.system("test")) as session:
        seen = StoreCapability(
            endpoint=store.endpoint,
            bucket=store.bucket,
            probed_at=NOW,
            checksum_mode=mode,
            conditional_put=True,
            versioning="off",
            lifecycle=False,
            cors_ours=True,
            cors_closed=True,
            clock_skew_s=0,
            anonymous_refused=True,
            expired_refused=True,
            tampered_refused=True,
            list_parts=True,
            list_uploads=True,
        )
        capabilities.remember(session, seen)


@dataclass(frozen=True)
class Shelf:
    """Sends whole files for a visitor, through the real doors and the real store."""

    database: PrivateDatabase

    def announce(self, visitor: Visitor, path: Path, *, purpose: str = "stem", name: str | None = None) -> Any:
        """The JSON of a begun upload, as the door of the room above gives it."""
        from blueprints.files import upload_json

        facts = announcement(path, name=name)
        with unit(visitor.actor) as session:
            upload = begin(
                session,
                visitor.actor,
                size_bytes=facts["size"],
                name=facts["name"],
                fingerprint=facts["fingerprint"],
                purpose=purpose,
                now=datetime.now(UTC),
            )
            return upload_json(upload)

    def send(self, visitor: Visitor, path: Path, **options: Any) -> Sent:
        return Sender(visitor).send_upload(path, self.announce(visitor, path, **options))

    def ready(self, visitor: Visitor, path: Path, **options: Any) -> Sent:
        """Send, check and preview: the file as people know it."""
        sent = self.send(visitor, path, **options)
        work.drain(self.database)
        return sent

    def shelved(self, visitor: Visitor, *, body: bytes = BODY, name: str = "tone.wav") -> str:
        """A ready file with preview and waveform, put there without the long way; returns its id."""
        store = s3.current()
        with unit(visitor.actor) as session:
            upload = begin(session, visitor.actor, size_bytes=len(body), name=name, fingerprint=new_key("f"))
            file = session.get_one(StoredFile, upload.file_id)
            upload.state = "completed"
            file.state = State.READY
            file.sha256 = hashlib.sha256(body).hexdigest()
            preview = FilePreview(
                file_id=file.id, format="mp3", content_type="audio/mpeg", byte_size=len(PREVIEW), stored_at=NOW
            )
            peaks = FilePeaks(
                file_id=file.id, buckets=2, channels=2, bucket_frames=8, sample_rate_hz=48_000, pairs=bytes(8)
            )
            session.add_all([preview, peaks])
            session.flush()
            store.put(file.object_key, body, content_type="audio/wav")
            store.put(preview.object_key, PREVIEW, content_type="audio/mpeg")
            return file.id

    def file(self, file_id: str) -> StoredFile:
        with self.database.session() as session:
            return session.get_one(StoredFile, file_id)


@pytest.fixture
def shelf(store: Store, private_database: PrivateDatabase) -> Shelf:
    return Shelf(private_database)
