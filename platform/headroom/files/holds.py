"""Verbs: nothing of a scope is deleted while a hold is on it (a dispute, a chargeback, the law).

A hold and a purge meet at the file rows: both lock them, so exactly one comes first. A hold that comes first
gives expiring files back; files whose purge had already begun are named, and are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from headroom import audit
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.files.models import FileHold, Scope, StoredFile
from headroom.files.states import Event, State, after


@dataclass(frozen=True)
class HoldOutcome:
    """`kept` came back from expiring; for `too_late` the deletion had begun before."""

    kept: tuple[str, ...]
    too_late: tuple[str, ...]


def place(session: Session, *, scope: Scope, reason: str, by: Actor, now: datetime) -> HoldOutcome:
    """Keep every file of the scope from deletion; placing the same reason twice is one hold."""
    files = locked_files(session, scope)
    if _live(session, scope, reason) is None:
        hold = FileHold(scope_kind=scope.kind, scope_id=scope.id, reason=reason, placed_at=now)
        session.add(hold)
        session.flush()
        audit.record(
            session,
            Action.HOLD_PLACED,
            by=by,
            object_kind=scope.kind,
            object_ref=scope.id,
            now=now,
            reason=reason,
        )
    kept = [file for file in files if file.state == State.EXPIRING]
    for file in kept:
        keep(file, now=now)
    gone = (State.PURGING, State.PURGED)
    return HoldOutcome(
        kept=tuple(file.id for file in kept), too_late=tuple(file.id for file in files if file.state in gone)
    )


def lift(session: Session, *, scope: Scope, reason: str, by: Actor, now: datetime) -> bool:
    """End a hold; False if there was none. What was due meanwhile expires at the next look."""
    hold = _live(session, scope, reason)
    if hold is None:
        return False
    hold.lifted_at = now
    audit.record(
        session,
        Action.HOLD_LIFTED,
        by=by,
        object_kind=scope.kind,
        object_ref=scope.id,
        now=now,
        reason=reason,
    )
    return True


def is_held(session: Session, scope: Scope) -> bool:
    """Whether any hold is on the scope. Ask it after locking the file, never before."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    FileHold.scope_kind == scope.kind,
                    FileHold.scope_id == scope.id,
                    FileHold.lifted_at.is_(None),
                )
            )
        )
    )


def keep(file: StoredFile, *, now: datetime) -> None:
    """Take an expiring file back to the state it rested in."""
    rested = State(file.rested_in) if file.rested_in else None
    file.state = after(State(file.state), Event.KEEP, rested_in=rested)
    file.state_at = now
    file.rested_in = None
    file.expiring_since = None


def locked_files(session: Session, scope: Scope) -> Sequence[StoredFile]:
    """The scope's files, locked in one order so that two lockers never wait for each other in a ring."""
    return session.scalars(
        select(StoredFile)
        .where(StoredFile.scope_kind == scope.kind, StoredFile.scope_id == scope.id)
        .order_by(StoredFile.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _live(session: Session, scope: Scope, reason: str) -> FileHold | None:
    return session.scalars(
        select(FileHold).where(
            FileHold.scope_kind == scope.kind,
            FileHold.scope_id == scope.id,
            FileHold.reason == reason,
            FileHold.lifted_at.is_(None),
        )
    ).one_or_none()
