"""What happens when nobody says anything: deadlines, reminders, and the start of reviews.

The worker asks `due` for orders to look at and calls `look` on each, in a transaction of its own. Both read
stored instants only, so a job that runs twice, late, or beside a click changes nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.ledger.errors import MoneyFrozen, NothingHeld, RefundTooLarge
from headroom.mailing.models import OutgoingMail
from headroom.mixing import deadlines, offers, settlement, told
from headroom.mixing.deadlines import Reminder
from headroom.mixing.models import Delivery, EngineerProfile, Order, ReminderSent, Review
from headroom.mixing.moving import as_review, move, note, store_review, timing
from headroom.mixing.orders import locked
from headroom.mixing.pricing import cancellation
from headroom.mixing.states import Event, Guard, Role, State

TIMER = Actor.system("timer")
BATCH = 200
FROZEN_RETRY = timedelta(hours=6)
VANISHINGS = frozenset({Event.INTAKE_UNANSWERED, Event.NEVER_DELIVERED, Event.ENGINEER_SILENT})
VANISHINGS_TO_PAUSE = 2


def due(session: Session, *, now: datetime, limit: int = BATCH) -> Sequence[tuple[str, datetime]]:
    """Orders to look at now, with the instant that made them due; the pair is the job's identity."""
    rows = session.execute(
        select(Order.id, Order.look_at).where(Order.look_at <= now).order_by(Order.look_at).limit(limit)
    ).all()
    return [(order_id, look_at) for order_id, look_at in rows if look_at is not None]


def look(session: Session, order_id: str, *, look_at: datetime, now: datetime) -> None:
    """Fire the order's deadline if it passed, else send the reminder whose time has come."""
    settlement.lock_money(session, order_id)
    order = locked(session, order_id)
    if order.look_at != look_at or look_at > now:
        return  # somebody moved the order, or the same job ran before
    if order.deadline_at is not None and order.deadline_event is not None and order.deadline_at <= now:
        try:
            with session.begin_nested():
                fire(session, order, Event(order.deadline_event), now=now)
        except (MoneyFrozen, NothingHeld, RefundTooLarge):  # the payer's bank was there first: wait for its end
            session.refresh(order)
            order.look_at = now + FROZEN_RETRY
            session.flush()
        return
    _remind(session, order, now=now)


def fire(session: Session, order: Order, event: Event, *, now: datetime) -> None:
    """Make the timer's move."""
    if event is Event.OFFER_LAPSED:
        offers.lapse_offer(session, order, now=now)
    changes = _ruling(session, order) if event is Event.RULING_OVERDUE else None
    holds = {Guard.EVIDENCE_FROZEN: True, Guard.CLEARED: True}
    payload = {"deadline_at": order.deadline_at.isoformat()} if order.deadline_at else None
    move(session, order, event, by=TIMER, now=now, role=Role.TIMER, holds=holds, changes=changes, payload=payload)
    if event in VANISHINGS:
        _pause_who_vanishes(session, order.engineer_id, now=now)


def _pause_who_vanishes(session: Session, engineer_id: str, *, now: datetime) -> None:
    """An engineer who left two clients alone takes no new orders until they say they are back."""
    vanished = session.scalar(
        select(func.count()).where(Order.engineer_id == engineer_id, Order.settled_why.in_(VANISHINGS))
    )
    engineer = session.get(EngineerProfile, engineer_id)
    if engineer is not None and engineer.paused_at is None and (vanished or 0) >= VANISHINGS_TO_PAUSE:
        engineer.paused_at, engineer.paused_why = now, "vanished"
        session.flush()


def _ruling(session: Session, order: Order) -> dict[str, Any]:
    """The split that was printed on the first day of the dispute."""
    versions = session.scalar(select(func.count()).where(Delivery.order_id == order.id)) or 0
    terms = cancellation(order.price_minor or 0, State.DISPUTED, versions=versions)
    assert terms is not None
    return {
        "kept_minor": terms.kept_minor,
        "refund_minor": terms.refund_minor,
        "settled_why": Event.RULING_OVERDUE.value,
    }


def _remind(session: Session, order: Order, *, now: datetime) -> None:
    facts = timing(session, order)
    sent = frozenset(
        session.scalars(
            select(ReminderSent.key).where(
                ReminderSent.order_id == order.id, ReminderSent.state_since == order.state_since
            )
        )
    )
    reminder = deadlines.due_reminder(facts, now=now, sent=sent)
    if reminder is not None and _claim(session, order, reminder, now=now):
        told.inform(session, order, to=reminder.to, code=f"remind_{reminder.key}", now=now, by_mail=True)
    session.execute(update(Order).where(Order.id == order.id).values(look_at=deadlines.next_attention(facts, now=now)))


def _claim(session: Session, order: Order, reminder: Reminder, *, now: datetime) -> bool:
    """Whether this reminder of this deadline is ours to send."""
    claimed = session.execute(
        insert(ReminderSent)
        .values(
            order_id=order.id,
            state_since=order.state_since,
            deadline_at=order.deadline_at or order.state_since,
            key=reminder.key,
            sent_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ReminderSent.key)
    )
    return claimed.first() is not None


def reviews_to_start(session: Session) -> Sequence[str]:
    """Orders whose delivery mail was accepted by the mail server and whose review has not begun."""
    return session.scalars(
        select(Review.order_id)
        .join(OutgoingMail, OutgoingMail.id == Review.mail_id)
        .where(Review.deadline_at.is_(None), OutgoingMail.accepted_at.is_not(None))
        .limit(BATCH)
    ).all()


def start_review(session: Session, order_id: str, *, now: datetime) -> None:
    """The client was told by mail: the review's days begin with the instant of acceptance."""
    order = locked(session, order_id)
    row = session.execute(
        select(Review, OutgoingMail.accepted_at)
        .join(OutgoingMail, OutgoingMail.id == Review.mail_id)
        .where(Review.order_id == order_id, Review.deadline_at.is_(None), OutgoingMail.accepted_at.is_not(None))
        .order_by(Review.passed_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return
    review, accepted_at = row
    assert accepted_at is not None
    store_review(review, deadlines.told(as_review(review), at=accepted_at))
    session.flush()
    if order.state == State.DELIVERED:
        note(session, order, "review_started", by=TIMER, now=now, role=Role.TIMER)
