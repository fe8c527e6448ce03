"""What staff must look at. An alarm stays open until somebody closes it; the same one is not raised twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.recording import record
from headroom.ids import new_id
from headroom.ledger.models import LedgerAlarm

log = logging.getLogger(__name__)


class AlarmKind(StrEnum):
    MISMATCH = "mismatch"  # what arrived is not what was asked for
    ORPHAN_EVENT = "orphan_event"  # an event about money that no payment of ours names
    OVERDRAWN = "overdrawn"  # a fact would return more than there is
    UNMATCHED = "unmatched"  # a movement of the provider without a journal of ours
    DIFFERENCE = "difference"  # our `stripe` account is not the sum of the provider's movements
    DRIFT = "drift"  # a materialized balance is not the sum of its postings
    SOLVENCY = "solvency"  # the provider holds less than we owe, beyond the operating float
    FLOAT_TOO_SMALL = "float_too_small"  # the float does not cover the fees of unreleased money
    REFUND_FAILED = "refund_failed"
    TRANSFER_REFUSED = "transfer_refused"
    DISPUTE = "dispute"
    UNKNOWN_STATUS = "unknown_status"  # the provider said a word we do not know


def raise_alarm(session: Session, kind: AlarmKind, subject: str, facts: dict[str, Any], *, now: datetime) -> None:
    """Open an alarm unless one of this kind is open for this subject."""
    fresh = session.execute(
        insert(LedgerAlarm)
        .values(id=new_id("alm"), kind=kind, subject=subject, facts=facts, raised_at=now)
        .on_conflict_do_nothing()
        .returning(LedgerAlarm.id)
    ).scalar_one_or_none()
    if fresh is None:
        return
    log.error("ledger alarm %s about %s: %s", kind, subject, facts)
    record(
        session,
        Action.ALARM_RAISED,
        by=Actor.system("ledger"),
        object_kind="ledger_alarm",
        object_ref=fresh,
        now=now,
        reason=kind,
    )


def open_alarms(session: Session, *, limit: int = 200) -> Sequence[LedgerAlarm]:
    """Open alarms, oldest first."""
    return session.scalars(
        select(LedgerAlarm).where(LedgerAlarm.closed_at.is_(None)).order_by(LedgerAlarm.raised_at).limit(limit)
    ).all()
