"""Read models: what templates and doors need to know of files, in few queries, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.audio.facts import AudioFacts
from headroom.files.errors import FileNotFound
from headroom.files.models import FilePreview, FilePurge, Scope, StoredFile
from headroom.files.states import FINAL, INCOMING, READABLE, State


@dataclass(frozen=True)
class Finding:
    """Why a file was not taken: a code and its values, put into words at the door."""

    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class FileView:
    """One file as a page shows it."""

    id: str
    owner_id: str
    scope: Scope
    purpose: str
    name: str
    size_bytes: int
    content_type: str
    sha256: str | None
    state: State
    facts: AudioFacts | None
    finding: Finding | None
    created_at: datetime
    purge_at: datetime | None
    purge_reason: str | None
    purged_at: datetime | None
    preview_types: tuple[str, ...]
    is_missing: bool

    @property
    def can_download(self) -> bool:
        return self.state in READABLE and not self.is_missing

    @property
    def can_play(self) -> bool:
        return self.can_download and bool(self.preview_types)

    @property
    def is_arriving(self) -> bool:
        return self.state in INCOMING

    @property
    def is_being_checked(self) -> bool:
        return self.state in (State.ASSEMBLED, State.CHECKING)


@dataclass(frozen=True)
class PreviewObject:
    """Where a preview lies and what it is."""

    key: str
    content_type: str
    size_bytes: int


def files_of(session: Session, scope: Scope) -> list[FileView]:
    """Every file of a scope but the abandoned, oldest first. Two statements."""
    rows = session.execute(
        select(StoredFile, FilePurge.at)
        .join(FilePurge, FilePurge.file_id == StoredFile.id, isouter=True)
        .where(
            StoredFile.scope_kind == scope.kind,
            StoredFile.scope_id == scope.id,
            StoredFile.state != State.ABANDONED,
        )
        .order_by(StoredFile.created_at, StoredFile.id)
    ).all()
    previews = _preview_types(session, [file.id for file, _ in rows])
    return [_view(file, purged_at, previews.get(file.id, ())) for file, purged_at in rows]


def file_view(session: Session, file_id: str) -> FileView:
    """One file; FileNotFound."""
    row = session.execute(
        select(StoredFile, FilePurge.at)
        .join(FilePurge, FilePurge.file_id == StoredFile.id, isouter=True)
        .where(StoredFile.id == file_id)
    ).one_or_none()
    if row is None:
        raise FileNotFound
    file, purged_at = row
    return _view(file, purged_at, _preview_types(session, [file.id]).get(file.id, ()))


def preview_object(session: Session, file_id: str, accepted: Sequence[str]) -> PreviewObject | None:
    """The preview in the first accepted format that is there; None if none is."""
    rows = session.scalars(
        select(FilePreview).where(FilePreview.file_id == file_id, FilePreview.stored_at.is_not(None))
    )
    by_format = {row.format: row for row in rows}
    row = next((by_format[each] for each in accepted if each in by_format), None)
    return PreviewObject(row.object_key, row.content_type, row.byte_size or 0) if row is not None else None


def _preview_types(session: Session, file_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for file_id, content_type in session.execute(
        select(FilePreview.file_id, FilePreview.content_type)
        .where(FilePreview.file_id.in_(file_ids), FilePreview.stored_at.is_not(None))
        .order_by(FilePreview.format)
    ):
        found[file_id] = (*found.get(file_id, ()), content_type)
    return found


def _view(file: StoredFile, purged_at: datetime | None, preview_types: tuple[str, ...]) -> FileView:
    finding = file.findings
    return FileView(
        id=file.id,
        owner_id=file.owner_id,
        scope=file.scope,
        purpose=file.purpose,
        name=file.original_name,
        size_bytes=file.byte_size,
        content_type=file.content_type,
        sha256=file.sha256,
        state=State(file.state),
        facts=AudioFacts.from_json(file.facts) if file.facts else None,
        finding=Finding(finding["code"], finding["values"]) if finding else None,
        created_at=file.created_at,
        purge_at=file.purge_at if file.state not in FINAL else None,
        purge_reason=file.purge_reason,
        purged_at=purged_at,
        preview_types=preview_types,
        is_missing=file.missing_since is not None,
    )
