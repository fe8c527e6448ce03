"""Verbs: one download, for one person, for ten minutes.

A signed address cannot be taken back: so its life is short, no grant is given once a file begins to expire,
and a purge waits until every address has run out (see retention).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import audit
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.files.errors import FileNotFound, FilePurged, NotReady
from headroom.files.models import DownloadGrant, FilePurge, StoredFile
from headroom.files.protocol import GRANT_TTL_S
from headroom.files.states import READABLE, State


@dataclass(frozen=True)
class Granted:
    """What the address is made of."""

    key: str
    name: str
    content_type: str


def grant(session: Session, file_id: str, *, by: Actor, now: datetime) -> Granted:
    """Write down that this person may take this file now. Whether they may was asked before.

    The file's row is locked, so that a grant comes wholly before or wholly after the beginning of a purge.
    Raises FileNotFound, FilePurged, NotReady.
    """
    assert by.person_id is not None
    file = session.scalars(
        select(StoredFile).where(StoredFile.id == file_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if file is None:
        raise FileNotFound
    require_readable(session, file)
    file.last_grant_at = now
    given = DownloadGrant(
        file_id=file.id,
        person_id=by.person_id,
        granted_at=now,
        expires_at=now + timedelta(seconds=GRANT_TTL_S),
    )
    session.add(given)
    audit.record(session, Action.FILE_DOWNLOADED, by=by, object_kind="stored_file", object_ref=file.id, now=now)
    return Granted(key=file.object_key, name=file.original_name, content_type=file.content_type)


def require_readable(session: Session, file: StoredFile) -> None:
    """Raise FilePurged (with when and why) or NotReady unless the file's bytes may be read."""
    if file.state in READABLE:
        return
    if file.state in (State.PURGED, State.PURGING, State.EXPIRING):
        tombstone = session.get(FilePurge, file.id)
        raise FilePurged(
            reason=file.purge_reason or "",
            purged_at=tombstone.at.isoformat() if tombstone is not None else None,
        )
    raise NotReady(state=file.state)
