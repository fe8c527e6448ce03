"""Verbs: the parts in the store become one object. Form (b), so that a crash anywhere loses nothing.

`claim` commits the intent, `assemble` asks the store with no transaction open, `settle` stores the outcome.
All three may run again: after a crash the worker finishes the same row, and a store that has already joined
the parts is recognized by the object itself.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.files import protocol
from headroom.files.errors import PartsMissing, UploadOver, UploadSpoiled
from headroom.files.models import FileUpload
from headroom.files.protocol import Cut, Part
from headroom.files.states import Event
from headroom.files.uploads import clear_from_store, cut_of, move, signed_parts
from headroom.gateways.s3 import Store, StoredPart
from headroom.gateways.s3_errors import NoSuchObject, NoSuchUpload, PartsRefused

NUMBERS_TOLD = 100


class Result(StrEnum):
    ASSEMBLED = "assembled"
    MISSING = "missing"  # parts are not there yet, or not whole: send them
    SPOILED = "spoiled"  # the store holds what was never signed, or lost the upload: send the file anew


@dataclass(frozen=True)
class Claim:
    """An upload that is being completed: what was signed, and where it lies."""

    upload: FileUpload
    of: Cut
    signed: tuple[Part, ...]
    is_done: bool

    @property
    def key(self) -> str:
        return self.upload.file.object_key


@dataclass(frozen=True)
class Outcome:
    result: Result
    missing: tuple[int, ...] = ()


def claim(session: Session, upload: FileUpload, *, now: datetime, finish_at: datetime) -> Claim:
    """Decide to complete. Raises PartsMissing for parts that were never signed, UploadOver after an abort.

    The caller holds the upload's row locked. At `finish_at` (wall time) the worker looks whether it is done.
    """
    if upload.state == "aborted":
        raise UploadOver(state=upload.state)
    of = cut_of(upload)
    signed = tuple(signed_parts(session, upload))
    if upload.state == "completed":
        return Claim(upload, of, signed, is_done=True)
    unsigned = sorted(set(range(1, of.parts + 1)) - {part.number for part in signed})
    if unsigned:
        raise PartsMissing(numbers=unsigned[:NUMBERS_TOLD], count=len(unsigned))
    upload.state = "completing"
    upload.last_activity_at = now
    # Only matters if this process dies before `settle`: then nobody else would come back for the row.
    jobs.enqueue(
        session,
        "files.finish_upload",
        queueing_lock=f"finish:{upload.id}",
        run_at=finish_at,
        upload_id=upload.id,
    )
    return Claim(upload, of, signed, is_done=False)


def assemble(store: Store, claim: Claim) -> Outcome:
    """Ask the store for what it holds, compare it with what was signed, and join it."""
    if not claim.upload.in_parts:
        return _single(store, claim)
    store_upload_id = claim.upload.store_upload_id
    if store_upload_id is None:
        return Outcome(Result.SPOILED)
    try:
        listed = store.parts(claim.key, store_upload_id)
    except NoSuchUpload:
        return _joined_before(store, claim)
    stored = {part.number: _as_part(part) for part in listed}
    if protocol.surplus_parts(stored, claim.of):
        clear_from_store(store, claim.upload)
        return Outcome(Result.SPOILED)
    wrong = protocol.wrong_parts(claim.signed, stored, claim.of)
    if wrong:
        return Outcome(Result.MISSING, tuple(wrong))
    return _join(store, claim, store_upload_id, listed)


def settle(session: Session, claim: Claim, outcome: Outcome, *, now: datetime) -> None:
    """Store the outcome; a no-op if another process has settled the row meanwhile."""
    upload = session.scalars(
        select(FileUpload).where(FileUpload.id == claim.upload.id).with_for_update(of=FileUpload)
    ).one()
    if upload.state not in ("completing", "open"):
        return
    upload.last_activity_at = now
    if outcome.result is Result.ASSEMBLED:
        upload.state = "completed"
        move(session, upload.file_id, Event.ASSEMBLE, now=now)
        jobs.enqueue(
            session,
            "files.check",
            lock=f"file:{upload.file_id}",
            queueing_lock=f"check:{upload.file_id}",
            file_id=upload.file_id,
        )
    elif outcome.result is Result.MISSING:
        upload.state = "open"
    else:
        upload.state = "aborted"
        move(session, upload.file_id, Event.ABANDON, now=now)
        jobs.enqueue(session, "files.clear_upload", upload_id=upload.id)


def raise_unless_assembled(outcome: Outcome) -> None:
    """For the door, after `settle` is committed: PartsMissing or UploadSpoiled."""
    if outcome.result is Result.MISSING:
        raise PartsMissing(numbers=list(outcome.missing[:NUMBERS_TOLD]), count=len(outcome.missing))
    if outcome.result is Result.SPOILED:
        raise UploadSpoiled


def arrived(store: Store, upload: FileUpload, signed: list[Part]) -> list[Part]:
    """The signed parts whose bytes the store already holds, for a sender who resumes."""
    of = cut_of(upload)
    if not upload.in_parts:
        return signed if _has_whole(store, upload.file.object_key, of) else []
    if upload.store_upload_id is None:
        return []
    try:
        listed = store.parts(upload.file.object_key, upload.store_upload_id)
    except NoSuchUpload:
        return signed if _has_whole(store, upload.file.object_key, of) else []
    wrong = set(protocol.wrong_parts(signed, {part.number: _as_part(part) for part in listed}, of))
    return [part for part in signed if part.number not in wrong]


def _single(store: Store, claim: Claim) -> Outcome:
    whole = _has_whole(store, claim.key, claim.of)
    return Outcome(Result.ASSEMBLED) if whole else Outcome(Result.MISSING, (1,))


def _joined_before(store: Store, claim: Claim) -> Outcome:
    return Outcome(Result.ASSEMBLED if _has_whole(store, claim.key, claim.of) else Result.SPOILED)


def _join(store: Store, claim: Claim, store_upload_id: str, listed: list[StoredPart]) -> Outcome:
    try:
        composite = store.complete_upload(claim.key, store_upload_id, listed)
    except NoSuchUpload:
        return _joined_before(store, claim)
    except PartsRefused:
        return Outcome(Result.MISSING, tuple(range(1, claim.of.parts + 1)))
    expected = protocol.composite_checksum([part.sha256 or b"" for part in claim.signed])
    intact = composite in (None, expected) and _has_whole(store, claim.key, claim.of)
    return Outcome(Result.ASSEMBLED if intact else Result.SPOILED)


def _has_whole(store: Store, key: str, of: Cut) -> bool:
    try:
        return store.head(key).size_bytes == of.size_bytes
    except NoSuchObject:
        return False


def _as_part(part: StoredPart) -> Part:
    return Part(part.number, part.size_bytes, base64.b64decode(part.sha256) if part.sha256 else None)
