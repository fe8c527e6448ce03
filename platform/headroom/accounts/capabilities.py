"""What a person may do beyond being a member."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.accounts.models import CapabilityGrant
from headroom.actors import Actor
from headroom.audit import actions, record

MEMBER = "member"  # everyone with a confirmed address; never stored
ENGINEER = "engineer"
STAFF = "staff"
GRANTABLE = frozenset({ENGINEER, STAFF})


def held_by(session: Session, person_id: str) -> frozenset[str]:
    """The person's capabilities in force, MEMBER included."""
    rows = session.scalars(
        select(CapabilityGrant.capability).where(
            CapabilityGrant.person_id == person_id, CapabilityGrant.revoked_at.is_(None)
        )
    )
    return usable(frozenset(rows))


def usable(granted: frozenset[str]) -> frozenset[str]:
    """What of the granted capabilities may be used now. One place for the rule of second factors."""
    return granted | {MEMBER}


def grant(session: Session, person_id: str, capability: str, *, by: Actor, now: datetime) -> None:
    """Give a capability; giving one that is held already changes nothing. ValueError for an unknown one."""
    if capability not in GRANTABLE:
        raise ValueError(f"not a grantable capability: {capability!r}")
    added = session.scalar(
        insert(CapabilityGrant)
        .values(person_id=person_id, capability=capability, granted_by=by.label, granted_at=now)
        .on_conflict_do_nothing(
            index_elements=["person_id", "capability"], index_where=CapabilityGrant.revoked_at.is_(None)
        )
        .returning(CapabilityGrant.id)
    )
    if added is not None:
        _audit(session, actions.Action.CAPABILITY_GRANTED, person_id, capability, by=by, now=now)


def revoke(session: Session, person_id: str, capability: str, *, by: Actor, now: datetime) -> None:
    """Take a capability back; requests already running are re-checked at their next unit."""
    taken = session.scalar(
        update(CapabilityGrant)
        .where(
            CapabilityGrant.person_id == person_id,
            CapabilityGrant.capability == capability,
            CapabilityGrant.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(CapabilityGrant.id)
    )
    if taken is not None:
        _audit(session, actions.Action.CAPABILITY_REVOKED, person_id, capability, by=by, now=now)


def _audit(
    session: Session, action: actions.Action, person_id: str, capability: str, *, by: Actor, now: datetime
) -> None:
    record(
        session,
        action,
        by=by,
        object_kind="person",
        object_ref=person_id,
        now=now,
        payload={"capability": capability},
    )
