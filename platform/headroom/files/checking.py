"""Verbs: what the worker found out about a file's bytes, and the previews it made of them.

`start` says what to read, and may be asked again after a crash; exactly one of `accept`, `reject` and
`quarantine` ends it. Previews are made afterwards, so that forty stems are checked before the first is
encoded. Their rows are written before the objects: a purge knows every key that may hold bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.audio.facts import AnalysisFailed, AudioFacts, Peaks, PreviewFormat, Refused
from headroom.files.models import FilePeaks, FilePreview, FileUpload, StoredFile
from headroom.files.protocol import Part
from headroom.files.states import Event, State, after
from headroom.files.uploads import signed_parts

DAMAGED = "damaged"  # the bytes that arrived are not the bytes that were announced
CHECKABLE = frozenset({State.ASSEMBLED, State.CHECKING, State.QUARANTINED})


@dataclass(frozen=True)
class Check:
    """What the worker has to do: read this key and compare these parts."""

    file_id: str
    key: str
    purpose: str
    size_bytes: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class PreviewPlan:
    """Which previews to make of a file, and the key of each."""

    file_id: str
    key: str
    size_bytes: int
    keys: Mapping[PreviewFormat, str]


def start(session: Session, file_id: str, *, now: datetime) -> Check | None:
    """Claim the check of a file; None if there is nothing to check (any more)."""
    file = _locked(session, file_id)
    if file is None or file.state not in CHECKABLE:
        return None
    _move(file, Event.CHECK, now=now)
    upload = session.scalars(select(FileUpload).where(FileUpload.file_id == file_id)).one()
    return Check(
        file_id=file.id,
        key=file.object_key,
        purpose=file.purpose,
        size_bytes=file.byte_size,
        parts=tuple(signed_parts(session, upload)),
    )


def accept(
    session: Session, check: Check, *, sha256: str, facts: AudioFacts, peaks: Peaks, now: datetime
) -> StoredFile | None:
    """The file is ready. None if its check was settled meanwhile."""
    file = _checking(session, check.file_id)
    if file is None:
        return None
    file.sha256 = sha256
    file.facts = facts.to_json()
    file.findings = None
    _move(file, Event.ACCEPT, now=now)
    session.merge(
        FilePeaks(
            file_id=file.id,
            buckets=peaks.buckets,
            channels=peaks.channels,
            bucket_frames=peaks.bucket_frames,
            sample_rate_hz=peaks.sample_rate_hz,
            pairs=peaks.pairs,
        )
    )
    session.flush()
    return file


def reject(
    session: Session, check: Check, *, sha256: str | None, reason: Refused | str, now: datetime
) -> StoredFile | None:
    """The bytes are not what they should be, for good; `reason` is kept as a code with values."""
    return _stop(session, check, Event.REJECT, sha256=sha256, reason=reason, now=now)


def quarantine(
    session: Session, check: Check, *, sha256: str | None, reason: AnalysisFailed | str, now: datetime
) -> StoredFile | None:
    """The check itself failed: the file is kept, nobody can use it, a person has to look."""
    return _stop(session, check, Event.QUARANTINE, sha256=sha256, reason=reason, now=now)


def peaks_of(session: Session, file_id: str) -> Peaks | None:
    """The waveform of a file, also after its purge; None before its check."""
    row = session.get(FilePeaks, file_id)
    if row is None:
        return None
    return Peaks(row.buckets, row.channels, row.bucket_frames, row.sample_rate_hz, row.pairs)


def plan_previews(session: Session, file_id: str, formats: Sequence[PreviewFormat]) -> PreviewPlan | None:
    """The previews a ready file still lacks; None if there is nothing to do."""
    file = _locked(session, file_id)
    if file is None or file.state != State.READY:
        return None
    rows = [_preview_row(session, file_id, each) for each in formats]
    keys = {PreviewFormat(row.format): row.object_key for row in rows if row.stored_at is None}
    return PreviewPlan(file.id, file.object_key, file.byte_size, keys) if keys else None


def note_previews(session: Session, plan: PreviewPlan, sizes: Mapping[PreviewFormat, int], *, now: datetime) -> bool:
    """The previews of these sizes in bytes are stored. False if the file is being deleted: remove them."""
    file = _locked(session, plan.file_id)
    if file is None or file.state in (State.PURGING, State.PURGED):
        return False
    for preview, byte_size in sizes.items():
        row = _preview_row(session, plan.file_id, preview)
        row.byte_size = byte_size
        row.stored_at = now
    return True


def _stop(
    session: Session,
    check: Check,
    event: Event,
    *,
    sha256: str | None,
    reason: Refused | AnalysisFailed | str,
    now: datetime,
) -> StoredFile | None:
    file = _checking(session, check.file_id)
    if file is None:
        return None
    file.sha256 = sha256
    file.findings = _as_json(reason)
    _move(file, event, now=now)
    session.flush()
    return file


def _as_json(reason: Refused | AnalysisFailed | str) -> dict[str, Any]:
    return {"code": reason, "values": {}} if isinstance(reason, str) else reason.to_json()


def _locked(session: Session, file_id: str) -> StoredFile | None:
    return session.scalars(
        select(StoredFile).where(StoredFile.id == file_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()


def _checking(session: Session, file_id: str) -> StoredFile | None:
    file = _locked(session, file_id)
    return file if file is not None and file.state == State.CHECKING else None


def _move(file: StoredFile, event: Event, *, now: datetime) -> None:
    file.state = after(State(file.state), event)
    file.state_at = now


def _preview_row(session: Session, file_id: str, preview: PreviewFormat) -> FilePreview:
    row = session.scalars(
        select(FilePreview).where(FilePreview.file_id == file_id, FilePreview.format == preview.value)
    ).one_or_none()
    if row is None:
        row = FilePreview(file_id=file_id, format=preview.value, content_type=preview.media_type)
        session.add(row)
        session.flush()
    return row
