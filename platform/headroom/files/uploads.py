"""Verbs: a person announces a file, gets addresses for its parts, or gives up.

Signing is form (b): `prepare_parts` commits what will be signed, the store is asked outside any
transaction (`open_in_store`), `remember_store_upload` stores its answer. An address fits only the bytes
whose SHA-256 was announced, and a part once signed never changes: a changed file is a new upload.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.actors import Actor
from headroom.files import names, protocol
from headroom.files.errors import LimitReached, PartChanged, PartsInvalid, UploadNotFound, UploadOver
from headroom.files.models import FileUpload, FileUploadPart, Scope, StoredFile
from headroom.files.protocol import Limits, Part
from headroom.files.states import FINAL, INCOMING, Event, State, after
from headroom.gateways.s3 import SignedRequest, Store, Sums
from headroom.gateways.s3_errors import NoSuchUpload

SHA256_BYTES = 32
MAX_FINGERPRINT = 128

MEDIA_TYPES = {
    "wav": "audio/wav",
    "wave": "audio/wav",
    "bwf": "audio/wav",
    "rf64": "audio/wav",
    "w64": "audio/x-w64",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "aifc": "audio/aiff",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
}
UNKNOWN_MEDIA_TYPE = "application/octet-stream"


def begin(
    session: Session,
    *,
    by: Actor,
    scope: Scope,
    purpose: str,
    name: str,
    size_bytes: int,
    modified_at: datetime | None,
    fingerprint: str,
    limits: Limits,
    now: datetime,
    purge_at: datetime | None = None,
    purge_reason: str | None = None,
) -> FileUpload:
    """Announce a file, or find the open upload of the same file by the same person.

    `fingerprint` is the sender's own digest of the file's head and tail, for finding it again after a
    reload. Raises LimitReached.
    """
    assert by.person_id is not None
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{scope.kind}:{scope.id}"))))
    kept_name = names.clean(name)
    open_one = _open_twin(session, by.person_id, scope, purpose, kept_name, size_bytes, fingerprint)
    if open_one is not None:
        open_one.last_activity_at = now
        return open_one
    _check_limits(session, scope, limits, size_bytes)
    of = protocol.cut(size_bytes)
    file = StoredFile(
        owner_id=by.person_id,
        scope_kind=scope.kind,
        scope_id=scope.id,
        purpose=purpose,
        original_name=kept_name,
        content_type=MEDIA_TYPES.get(names.ending(kept_name), UNKNOWN_MEDIA_TYPE),
        byte_size=size_bytes,
        state=State.DECLARED,
        state_at=now,
        modified_at=modified_at,
        created_at=now,
        purge_at=purge_at,
        purge_reason=purge_reason,
    )
    session.add(file)
    session.flush()
    upload = FileUpload(
        file_id=file.id,
        owner_id=by.person_id,
        fingerprint=fingerprint[:MAX_FINGERPRINT],
        state="open",
        part_bytes=of.part_bytes,
        parts=of.parts,
        started_at=now,
        last_activity_at=now,
    )
    session.add(upload)
    session.flush()
    return session.scalars(select(FileUpload).where(FileUpload.id == upload.id)).one()


def find(session: Session, upload_id: str, *, by: Actor, lock: bool = False) -> FileUpload:
    """The upload, to its owner alone; UploadNotFound to everybody else."""
    query = select(FileUpload).where(FileUpload.id == upload_id, FileUpload.owner_id == by.person_id)
    if lock:
        query = query.with_for_update(of=FileUpload)
    upload = session.scalars(query).one_or_none()
    if upload is None:
        raise UploadNotFound
    return upload


def prepare_parts(session: Session, upload: FileUpload, parts: Sequence[Part], *, now: datetime) -> None:
    """Write down what will be signed. Raises UploadOver, PartsInvalid, PartChanged."""
    if upload.state != "open":
        raise UploadOver(state=upload.state)
    of = cut_of(upload)
    if not 1 <= len(parts) <= protocol.SIGNED_AT_ONCE or len({p.number for p in parts}) != len(parts):
        raise PartsInvalid({"parts": "parts_count"}, at_most=protocol.SIGNED_AT_ONCE)
    known = {row.number: row for row in _part_rows(session, upload.id, [p.number for p in parts])}
    for part in parts:
        if not 1 <= part.number <= of.parts or part.size_bytes != of.size_of(part.number):
            raise PartsInvalid({"parts": "part_size"}, number=part.number)
        if part.sha256 is None or len(part.sha256) != SHA256_BYTES:
            raise PartsInvalid({"parts": "part_sha256"}, number=part.number)
        row = known.get(part.number)
        if row is not None and row.sha256 != part.sha256:
            raise PartChanged(number=part.number)
        if row is None:
            row = FileUploadPart(
                upload_id=upload.id, number=part.number, size_bytes=part.size_bytes, sha256=part.sha256
            )
            session.add(row)
        row.signed_at = now
    upload.last_activity_at = now
    move(session, upload.file_id, Event.SIGN, now=now)


def open_in_store(store: Store, upload: FileUpload) -> str:
    """The store's id of this upload in parts: an open one of its key, left by a crash, or a new one."""
    key = upload.file.object_key
    for left in store.open_uploads(key):
        if left.key == key:
            return left.upload_id
    return store.create_upload(key, content_type=upload.file.content_type)


def remember_store_upload(session: Session, upload_id: str, store_upload_id: str) -> str:
    """Store the store's id unless another request was first; returns the one that holds."""
    session.execute(
        update(FileUpload)
        .where(FileUpload.id == upload_id, FileUpload.store_upload_id.is_(None))
        .values(store_upload_id=store_upload_id)
    )
    return session.scalars(select(FileUpload.store_upload_id).where(FileUpload.id == upload_id)).one() or ""


def sign_parts(
    store: Store, upload: FileUpload, parts: Sequence[Part], *, store_upload_id: str | None, only_if_absent: bool
) -> list[SignedRequest]:
    """Addresses for the prepared parts, each good for an hour and for its own bytes only."""
    file = upload.file
    if store_upload_id is None:
        return [
            store.sign_put(
                file.object_key,
                sums=Sums(part.sha256 or b"", part.md5),
                content_type=file.content_type,
                ttl_s=protocol.PART_TTL_S,
                only_if_absent=only_if_absent,
            )
            for part in parts
        ]
    return [
        store.sign_part(
            file.object_key,
            store_upload_id,
            part.number,
            sums=Sums(part.sha256 or b"", part.md5),
            ttl_s=protocol.PART_TTL_S,
        )
        for part in parts
    ]


def abort(session: Session, upload: FileUpload, *, now: datetime) -> None:
    """Give up: the worker removes from the store whatever arrived. Raises UploadOver once it is completed."""
    if upload.state == "aborted":
        return
    if upload.state == "completed":
        raise UploadOver(state=upload.state)
    upload.state = "aborted"
    upload.last_activity_at = now
    move(session, upload.file_id, Event.ABANDON, now=now)
    jobs.enqueue(session, "files.clear_upload", upload_id=upload.id)


def clear_from_store(store: Store, upload: FileUpload) -> None:
    """Remove what an aborted upload left in the store; may run any number of times."""
    key = upload.file.object_key
    if upload.store_upload_id is not None:
        with suppress(NoSuchUpload):
            store.abort_upload(key, upload.store_upload_id)
    for left in store.open_uploads(key):
        if left.key == key:
            store.abort_upload(key, left.upload_id)
    store.delete(key)


def signed_parts(session: Session, upload: FileUpload) -> list[Part]:
    """Every part that was signed, by number."""
    return [Part(row.number, row.size_bytes, row.sha256) for row in _part_rows(session, upload.id)]


def cut_of(upload: FileUpload) -> protocol.Cut:
    return protocol.Cut(upload.file.byte_size, upload.part_bytes, upload.parts)


def move(session: Session, file_id: str, event: Event, *, now: datetime) -> StoredFile:
    """Move a file along the table, its row locked; Forbidden if the table has no such move."""
    file = session.scalars(
        select(StoredFile).where(StoredFile.id == file_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    state = after(State(file.state), event)
    if state != file.state:
        file.state = state
        file.state_at = now
    return file


def _part_rows(session: Session, upload_id: str, numbers: Sequence[int] | None = None) -> Sequence[FileUploadPart]:
    query = select(FileUploadPart).where(FileUploadPart.upload_id == upload_id)
    if numbers is not None:
        query = query.where(FileUploadPart.number.in_(numbers))
    return session.scalars(query.order_by(FileUploadPart.number)).all()


def _open_twin(
    session: Session,
    person_id: str,
    scope: Scope,
    purpose: str,
    name: str,
    size_bytes: int,
    fingerprint: str,
) -> FileUpload | None:
    return session.scalars(
        select(FileUpload)
        .join(StoredFile, StoredFile.id == FileUpload.file_id)
        .where(
            FileUpload.state == "open",
            FileUpload.owner_id == person_id,
            FileUpload.fingerprint == fingerprint[:MAX_FINGERPRINT],
            StoredFile.scope_kind == scope.kind,
            StoredFile.scope_id == scope.id,
            StoredFile.purpose == purpose,
            StoredFile.original_name == name,
            StoredFile.byte_size == size_bytes,
            StoredFile.state.in_(INCOMING),
        )
        .limit(1)
    ).one_or_none()


def _check_limits(session: Session, scope: Scope, limits: Limits, size_bytes: int) -> None:
    files_there, bytes_there = session.execute(
        select(func.count(), func.coalesce(func.sum(StoredFile.byte_size), 0)).where(
            StoredFile.scope_kind == scope.kind,
            StoredFile.scope_id == scope.id,
            StoredFile.state.not_in(FINAL),
        )
    ).one()
    code = protocol.refusal(limits, size_bytes=size_bytes, files_there=files_there, bytes_there=int(bytes_there))
    if code is not None:
        raise LimitReached(
            {"size": code},
            limit=code,
            files=limits.files,
            file_bytes=limits.file_bytes,
            scope_bytes=limits.scope_bytes,
        )
