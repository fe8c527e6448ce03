"""Who of the staff looked at a person's data, and why: shown to that person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.audit.actions import Action
from headroom.audit.models import AuditEntry

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One look, without the name of who looked: the person needs when and why, staff are not made targets."""

    at: datetime
    reason: str


def looks_at(session: Session, person_id: str) -> Sequence[Look]:
    """The newest looks of staff at this person's data, newest first."""
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.reason)
        .where(AuditEntry.subject_id == person_id, AuditEntry.action == Action.STAFF_READ.value)
        .order_by(AuditEntry.at.desc())
        .limit(SHOWN)
    )
    return [Look(at, reason or "") for at, reason in rows]
