"""Verbs: compare the store with the rows, both ways.

Objects without a live row are late arrivals after a deletion (an address may be used until it runs out) and
are removed; rows without an object are marked, since nothing brings bytes back silently. A key that no row
ever had is left alone for a week: after a restored backup, it may be the only copy of somebody's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, collate, select, union_all, update
from sqlalchemy.orm import Session

from headroom.files.models import FilePreview, FileUpload, StoredFile, StoreSweep
from headroom.files.states import FINAL, State
from headroom.gateways.s3 import ListedObject, OpenUpload

STRANGER_KEPT = timedelta(days=7)
UPLOAD_STRANGER_KEPT = timedelta(hours=24)
PROBE_PREFIX = "tmp/"
PROBE_KEPT = timedelta(days=1)
PAGE = 1000
STORED = frozenset({State.ASSEMBLED, State.CHECKING, State.READY, State.REJECTED, State.QUARANTINED, State.EXPIRING})


@dataclass(frozen=True)
class Verdict:
    """About one page of objects: what to remove, how many are strangers, which rows lack their object."""

    remove: tuple[str, ...]
    strangers: int
    missing: tuple[str, ...]


def judge(
    session: Session, page: Sequence[ListedObject], *, after_key: str, up_to: str | None, wall_now: datetime
) -> Verdict:
    """Compare a page of the listing (keys in byte order) with the rows of the same span of keys.

    `up_to` is None for the last page: then the span is open. `wall_now` is the store's time, not ours.
    """
    known = {key: State(state) for key, state in session.execute(_rows_between(after_key, up_to))}
    remove, strangers = [], 0
    for each in page:
        state = known.pop(each.key, None)
        age = wall_now - each.modified_at
        if state in FINAL or (state is None and age > _kept(each.key)):
            remove.append(each.key)
        elif state is None:
            strangers += 1
    missing = tuple(key for key, state in known.items() if state in STORED)
    return Verdict(tuple(remove), strangers, missing)


def stale_uploads(session: Session, uploads: Sequence[OpenUpload], *, wall_now: datetime) -> list[OpenUpload]:
    """The open uploads of the store that no open row stands for."""
    rows = session.execute(
        select(StoredFile.object_key, FileUpload.state)
        .join(FileUpload, FileUpload.file_id == StoredFile.id)
        .where(StoredFile.object_key.in_([each.key for each in uploads]))
    )
    states = {row.object_key: row.state for row in rows}
    return [
        each
        for each in uploads
        if states.get(each.key) in ("completed", "aborted")
        or (each.key not in states and wall_now - each.started_at > UPLOAD_STRANGER_KEPT)
    ]


def mark_missing(session: Session, keys: Sequence[str], *, now: datetime) -> int:
    """Note that these files have no object any more; returns how many were not noted before."""
    noted = session.execute(
        update(StoredFile)
        .where(StoredFile.object_key.in_(keys), StoredFile.missing_since.is_(None), StoredFile.state.in_(STORED))
        .values(missing_since=now)
        .returning(StoredFile.id)
    )
    return len(noted.all())


def record(
    session: Session, *, now: datetime, seen: int, removed: int, strangers: int, aborted: int, missing: int
) -> StoreSweep:
    """Keep what one sweep found."""
    row = StoreSweep(
        at=now,
        objects_seen=seen,
        objects_removed=removed,
        strangers_seen=strangers,
        uploads_aborted=aborted,
        files_missing=missing,
    )
    session.add(row)
    session.flush()
    return row


def _rows_between(after_key: str, up_to: str | None) -> Select[str, str]:
    originals = select(StoredFile.object_key.label("key"), StoredFile.state.label("state"))
    previews = select(FilePreview.object_key, StoredFile.state).join(StoredFile, StoredFile.id == FilePreview.file_id)
    rows = union_all(originals, previews).subquery()
    key = collate(rows.c.key, "C")  # the store lists in byte order, the database's own order may differ
    query = select(rows.c.key, rows.c.state).where(key > after_key)
    return query if up_to is None else query.where(key <= up_to)


def _kept(key: str) -> timedelta:
    return PROBE_KEPT if key.startswith(PROBE_PREFIX) else STRANGER_KEPT
