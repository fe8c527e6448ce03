"""Webhooks: stored raw, acknowledged, handled later. An event is a hint that something changed, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.gateways.stripe_facts import ProviderEvent
from headroom.ledger.models import LedgerCursor, StripeEvent

OVERLAP = timedelta(hours=1)  # events may become visible a little out of order
KEPT_BY_PROVIDER = timedelta(days=30)
HANDLE = "ledger.handle_event"
SETTLES = timedelta(minutes=2)  # a stored event is normally handled within seconds
# First matching prefix decides what is read again. Types that match none are stored and left.
HINTS: tuple[tuple[str, str], ...] = (
    ("checkout.session.", "payment"),
    ("payment_intent.", "payment"),
    ("charge.", "payment"),
    ("refund.", "payment"),
    ("transfer.", "transfer"),
    ("account.", "account"),
    ("capability.", "account"),
    ("person.", "account"),
)


class EventState(StrEnum):
    STORED = "stored"
    HANDLED = "handled"
    UNKNOWN = "unknown"  # a type we do not use
    ORPHAN = "orphan"  # about money that no payment of ours names


@dataclass(frozen=True, slots=True)
class Hint:
    """What a stored event points at."""

    event_id: str
    about: str | None
    type: str
    object_id: str | None
    intent_id: str | None
    group: str | None
    account: str | None


def store(session: Session, event: ProviderEvent, *, endpoint: str, raw: bytes | None, now: datetime) -> bool:
    """Keep an event and queue its handling; False when it was here before (ten deliveries, one row)."""
    fresh = session.execute(
        insert(StripeEvent)
        .values(
            id=event.id,
            endpoint=endpoint,
            type=event.type,
            object_id=event.object_id,
            intent_id=event.intent_id,
            group=event.group,
            account=event.account,
            payload=raw,
            state=EventState.STORED,
            created_at=event.created_at,
            received_at=now,
        )
        .on_conflict_do_nothing()
        .returning(StripeEvent.id)
    ).scalar_one_or_none()
    if fresh is None:
        return False
    jobs.enqueue(session, HANDLE, event_id=event.id)
    return True


def hint_of(session: Session, event_id: str) -> Hint | None:
    """What to read again because of a stored event; None when it has been handled."""
    event = session.get(StripeEvent, event_id)
    if event is None or event.state != EventState.STORED:
        return None
    about = next((about for prefix, about in HINTS if event.type.startswith(prefix)), None)
    account = event.account or (event.object_id if event.type == "account.updated" else None)
    return Hint(event.id, about, event.type, event.object_id, event.intent_id, event.group, account)


def handled(session: Session, event_id: str, state: EventState, *, now: datetime) -> None:
    session.execute(update(StripeEvent).where(StripeEvent.id == event_id).values(state=state, handled_at=now))


def forgotten(session: Session, *, now: datetime, limit: int = 500) -> Sequence[str]:
    """Ids of events stored a while ago and still not handled: their job was lost."""
    return session.scalars(
        select(StripeEvent.id)
        .where(StripeEvent.state == EventState.STORED, StripeEvent.received_at < now - SETTLES)
        .order_by(StripeEvent.received_at)
        .limit(limit)
    ).all()


def read_since(session: Session, name: str, *, first: datetime) -> datetime:
    """From when on a list of the provider must be read again, in the provider's time; `first`: the first time."""
    cursor = session.get(LedgerCursor, name)
    return (cursor.read_to if cursor is not None else first) - OVERLAP


def read_to(session: Session, name: str, instant: datetime | None, *, now: datetime) -> None:
    """Move a cursor forward to the newest thing read; None: the list was empty."""
    if instant is None:
        return
    row = insert(LedgerCursor).values(name=name, read_to=instant, ran_at=now)
    session.execute(
        row.on_conflict_do_update(index_elements=[LedgerCursor.name], set_={"read_to": instant, "ran_at": now})
    )
