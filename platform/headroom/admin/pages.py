"""What staff see: ids, states and amounts freely; names and addresses only with a reason that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from headroom.accounts import capabilities, people
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.audit import Action
from headroom.audit import record as audit
from headroom.audit.models import AuditEntry
from headroom.errors import Invalid, NotFound
from headroom.ledger import alarms
from headroom.ledger.models import LedgerAlarm
from headroom.mixing.models import Order

SHOWN_ORDERS = 50
SHOWN_ENTRIES = 50
MIN_REASON = 10  # characters; a ticket number and a word, not a dot


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order without a word of its people."""

    order_id: str
    state: str
    state_since: datetime
    price_minor: int | None
    currency: str
    client_id: str
    engineer_id: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The staff's start page."""

    orders: Sequence[OrderLine]
    alarms: Sequence[LedgerAlarm]
    entries: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What staff may read of a person, having said why."""

    person_id: str
    display_name: str
    email: str
    email_verified_at: datetime | None
    created_at: datetime
    capabilities: frozenset[str]
    orders: Sequence[str]


def overview(session: Session) -> Overview:
    """Newest orders, open alarms, newest audit entries. Holds no personal data but ids."""
    rows = session.execute(
        select(
            Order.id,
            Order.state,
            Order.state_since,
            Order.price_minor,
            Order.currency,
            Order.client_id,
            Order.engineer_id,
        )
        .order_by(Order.state_since.desc())
        .limit(SHOWN_ORDERS)
    )
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at.desc()).limit(SHOWN_ENTRIES)).all()
    return Overview([OrderLine(*row) for row in rows], alarms.open_alarms(session), entries)


def look_up(session: Session, who: str, *, reason: str, by: Actor, now: datetime) -> PersonFacts:
    """A person by id or confirmed address; the look is recorded and will be shown to them.

    Raises Invalid for a reason that says nothing, NotFound for nobody.
    """
    said = require_reason(reason)
    person = _find(session, who)
    audit(
        session,
        Action.STAFF_READ,
        by=by,
        object_kind="person",
        object_ref=person.id,
        subject_id=person.id,
        reason=said,
        now=now,
    )
    orders = session.scalars(
        select(Order.id)
        .where(or_(Order.client_id == person.id, Order.engineer_id == person.id))
        .order_by(Order.created_at.desc())
        .limit(SHOWN_ORDERS)
    ).all()
    return PersonFacts(
        person_id=person.id,
        display_name=person.display_name,
        email=person.email,
        email_verified_at=person.email_verified_at,
        created_at=person.created_at,
        capabilities=capabilities.held_by(session, person.id),
        orders=orders,
    )


def require_reason(reason: str) -> str:
    """The reason as it is recorded. Raises Invalid for one that says nothing."""
    said = reason.strip()
    if len(said) < MIN_REASON:
        raise Invalid({"reason": "reason_needed"})
    return said


def _find(session: Session, who: str) -> Person:
    person = session.get(Person, who) or people.find_confirmed(session, who)
    if person is None:
        raise NotFound(kind="person")
    return person
