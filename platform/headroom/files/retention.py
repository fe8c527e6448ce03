"""PURE plan, and its executor: what begins to expire, what is deleted, who is told before.

`plan` looks at facts and says what is due; `perform` does one decision under the file's lock and looks again,
since a hold, a download or another worker may have come between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.errors import Conflict
from headroom.files import holds
from headroom.files.models import FileHold, FileUpload, RetentionNotice, Scope, StoredFile
from headroom.files.protocol import GRANT_TTL_S
from headroom.files.states import FINAL, INCOMING, RESTING, Event, State, after
from headroom.files.uploads import abort

# Every address must have run out, and a slow download that began with it should have ended.
GRACE = timedelta(seconds=GRANT_TTL_S) + timedelta(hours=2)
UPLOAD_IDLE = timedelta(days=3)  # an upload nobody touches; longer than a night and a weekend
PURGING_AGAIN = timedelta(minutes=10)  # a purge whose job was lost is taken up again
EXTENSION = timedelta(days=30)  # once, free
NOTICE_DAYS = (14, 3)


class Act(StrEnum):
    ABANDON = "abandon"
    EXPIRE = "expire"
    PURGE = "purge"
    RESUME = "resume"


@dataclass(frozen=True)
class Facts:
    """What a decision about one file rests on."""

    file_id: str
    state: State
    state_at: datetime
    purge_at: datetime | None
    expiring_since: datetime | None
    last_grant_at: datetime | None
    last_upload_at: datetime | None
    is_held: bool


@dataclass(frozen=True)
class Decision:
    file_id: str
    act: Act


def plan(files: Iterable[Facts], *, now: datetime) -> list[Decision]:
    """What is due now, in the order of the files."""
    decided = ((file.file_id, decide(file, now=now)) for file in files)
    return [Decision(file_id, act) for file_id, act in decided if act is not None]


def decide(file: Facts, *, now: datetime) -> Act | None:
    """The one thing that is due for a file, or None."""
    if file.state in INCOMING:
        idle_since = file.last_upload_at or file.state_at
        is_over = file.purge_at is not None and file.purge_at <= now
        return Act.ABANDON if is_over or idle_since + UPLOAD_IDLE <= now else None
    if file.state is State.PURGING:
        return Act.RESUME if file.state_at + PURGING_AGAIN <= now else None
    if file.is_held:
        return None
    if file.state in RESTING and file.purge_at is not None and file.purge_at <= now:
        return Act.EXPIRE
    if file.state is State.EXPIRING and may_purge_from(file) <= now:
        return Act.PURGE
    return None


def may_purge_from(file: Facts) -> datetime:
    """The instant from which no address and no ordinary download of the file can be alive."""
    begun = [instant for instant in (file.expiring_since, file.last_grant_at) if instant is not None]
    return max(begun, default=file.state_at) + GRACE


def schedule(
    session: Session,
    *,
    scope: Scope,
    purposes: Collection[str],
    purge_at: datetime | None,
    reason: str,
    now: datetime,
) -> int:
    """Set when the scope's files of these purposes go (None: not by time); returns how many it concerned.

    A later date takes files that had begun to expire back; what is being purged is past asking.
    """
    files = [
        file
        for file in holds.locked_files(session, scope)
        if file.purpose in purposes and file.state not in FINAL and file.state != State.PURGING
    ]
    for file in files:
        file.purge_at = purge_at
        file.purge_reason = reason if purge_at is not None else None
        if file.state == State.EXPIRING and (purge_at is None or purge_at > now):
            holds.keep(file, now=now)
    return len(files)


class AlreadyExtended(Conflict):
    code = "files_already_extended"


def extend(session: Session, *, scope: Scope, now: datetime) -> datetime:
    """Give the scope's dated files thirty more days, once; returns the earliest new date."""
    files = [file for file in holds.locked_files(session, scope) if file.purge_at is not None]
    open_files = [file for file in files if file.state in RESTING or file.state == State.EXPIRING]
    if not open_files or any(file.extended_at is not None for file in open_files):
        raise AlreadyExtended
    for file in open_files:
        assert file.purge_at is not None
        file.purge_at += EXTENSION
        file.extended_at = now
        if file.state == State.EXPIRING:
            holds.keep(file, now=now)
    return min(file.purge_at for file in open_files if file.purge_at is not None)


@dataclass(frozen=True)
class NextPurge:
    """When the first files of a scope go, and whether they may still be kept longer."""

    purge_at: datetime
    may_extend: bool


def next_purge(session: Session, *, scope: Scope) -> NextPurge | None:
    """What `extend` would find; None when no file that is left has a date. Reads only."""
    purge_at, extended = session.execute(
        select(func.min(StoredFile.purge_at), func.count(StoredFile.extended_at)).where(
            StoredFile.scope_kind == scope.kind,
            StoredFile.scope_id == scope.id,
            StoredFile.purge_at.is_not(None),
            StoredFile.state.in_((*RESTING, State.EXPIRING)),
        )
    ).one()
    return NextPurge(purge_at, may_extend=not extended) if purge_at is not None else None


def due(session: Session, *, now: datetime, limit: int = 500) -> list[Decision]:
    """Look at every file that could be due and plan; reads only."""
    held = exists().where(
        FileHold.scope_kind == StoredFile.scope_kind,
        FileHold.scope_id == StoredFile.scope_id,
        FileHold.lifted_at.is_(None),
    )
    rows = session.execute(
        select(StoredFile, FileUpload.last_activity_at, held)
        .join(FileUpload, FileUpload.file_id == StoredFile.id, isouter=True)
        .where(
            or_(
                StoredFile.purge_at <= now,
                StoredFile.state.in_((State.EXPIRING, State.PURGING)),
                StoredFile.state.in_(INCOMING) & (FileUpload.last_activity_at <= now - UPLOAD_IDLE),
            ),
            StoredFile.state.not_in(FINAL),
        )
        .order_by(StoredFile.state_at)
    )
    decisions = plan((facts_of(file, touched, is_held) for file, touched, is_held in rows), now=now)
    return decisions[:limit]


def facts_of(file: StoredFile, last_upload_at: datetime | None, is_held: bool) -> Facts:
    return Facts(
        file_id=file.id,
        state=State(file.state),
        state_at=file.state_at,
        purge_at=file.purge_at,
        expiring_since=file.expiring_since,
        last_grant_at=file.last_grant_at,
        last_upload_at=last_upload_at,
        is_held=is_held,
    )


def perform(session: Session, decision: Decision, *, now: datetime) -> bool:
    """Do what was decided if it is still right under the lock; False if it no longer is."""
    # The upload first, then the file: the order in which a completing upload takes the same locks.
    upload = session.scalars(
        select(FileUpload).where(FileUpload.file_id == decision.file_id).with_for_update(of=FileUpload)
    ).one_or_none()
    file = session.scalars(
        select(StoredFile)
        .where(StoredFile.id == decision.file_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    facts = facts_of(file, upload.last_activity_at if upload else None, holds.is_held(session, file.scope))
    if decide(facts, now=now) is not decision.act:
        return False
    if decision.act is Act.ABANDON and upload is not None:
        abort(session, upload, now=now)
    elif decision.act is Act.EXPIRE:
        _expire(file, now=now)
    elif decision.act is Act.PURGE:
        _move(file, Event.PURGE, now=now)
    if decision.act in (Act.PURGE, Act.RESUME):
        jobs.enqueue(
            session,
            "files.purge",
            lock=f"file:{file.id}",
            queueing_lock=f"purge:{file.id}",
            file_id=file.id,
        )
    return True


@dataclass(frozen=True)
class NoticeDue:
    """The people of a scope should hear that files go in `days_before` days."""

    scope: Scope
    purge_at: datetime
    days_before: int
    files: int


def notices_due(session: Session, *, now: datetime) -> list[NoticeDue]:
    """Which scopes have files going within the notice times and were not told yet; the nearest time only."""
    rows = session.execute(
        select(StoredFile.scope_kind, StoredFile.scope_id, StoredFile.purge_at, func.count())
        .where(
            StoredFile.state == State.READY,
            StoredFile.purge_at > now,
            StoredFile.purge_at <= now + timedelta(days=max(NOTICE_DAYS)),
        )
        .group_by(StoredFile.scope_kind, StoredFile.scope_id, StoredFile.purge_at)
    ).all()
    return [
        NoticeDue(Scope(kind, scope_id), purge_at, days, count)
        for kind, scope_id, purge_at, count in rows
        if purge_at is not None
        and (days := _nearest(purge_at - now)) is not None
        and session.get(RetentionNotice, (kind, scope_id, purge_at, days)) is None
    ]


def mark_told(session: Session, notice: NoticeDue, *, now: datetime) -> bool:
    """Claim one notice; False if another worker has it."""
    told = session.execute(
        insert(RetentionNotice)
        .values(
            scope_kind=notice.scope.kind,
            scope_id=notice.scope.id,
            purge_at=notice.purge_at,
            days_before=notice.days_before,
            told_at=now,
        )
        .on_conflict_do_nothing()
        .returning(RetentionNotice.scope_id)
    )
    return told.first() is not None


def _nearest(left: timedelta) -> int | None:
    return min((days for days in NOTICE_DAYS if left <= timedelta(days=days)), default=None)


def _expire(file: StoredFile, *, now: datetime) -> None:
    file.rested_in = file.state
    _move(file, Event.EXPIRE, now=now)
    file.expiring_since = now


def _move(file: StoredFile, event: Event, *, now: datetime) -> None:
    file.state = after(State(file.state), event)
    file.state_at = now
    if file.state != State.EXPIRING:
        file.expiring_since = None
