"""What an order takes along into a state, whoever moves it there: a person, the provider or a timer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.mixing.deadlines import REVISION_TIME, Tier, clears_at, tier_of
from headroom.mixing.models import Order
from headroom.mixing.states import Event, MoneyTag, Move, PaymentState, Role, State

Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Doing:
    """One move being made."""

    order: Order
    move: Move
    role: Role
    by: Actor
    now: datetime


def changes(session: Session, doing: Doing) -> Changes:
    """Columns that change with this move besides `state`."""
    entered = _ENTERING.get(doing.move.target)
    found = entered(session, doing) if entered is not None else {}
    return {**found, **_of_money(doing)}


def _awaiting_payment(_session: Session, _doing: Doing) -> Changes:
    return {"payment_state": PaymentState.OPEN}


def _payment_pending(_session: Session, _doing: Doing) -> Changes:
    return {"payment_state": PaymentState.PROCESSING}


def _no_payment(_session: Session, _doing: Doing) -> Changes:
    return {"payment_state": PaymentState.NONE}


def _draft(session: Session, doing: Doing) -> Changes:
    """What is chosen next is another contract: its early start is agreed to anew."""
    return {**_no_payment(session, doing), "start_work_consent": None}


def _in_progress(_session: Session, doing: Doing) -> Changes:
    """The turnaround starts when the files are accepted, not when they were paid for."""
    return {"due_at": doing.now + timedelta(days=doing.order.turnaround_days or 1)}


def _delivered(_session: Session, _doing: Doing) -> Changes:
    """The promised time was kept; a revision has one of its own."""
    return {"due_at": None}


def _revising(_session: Session, doing: Doing) -> Changes:
    return {"due_at": doing.now + REVISION_TIME}


def _disputed(_session: Session, doing: Doing) -> Changes:
    """Only one side's silence counts: first that of the side that did not open."""
    asked = {
        Event.REVISION_OVERDUE: Role.ENGINEER,
        Event.DELIVERY_UNSEEN: None,  # nobody knows why: no silence decides
        Event.TERMS_UNANSWERED: None,
    }.get(doing.move.event, Role.CLIENT if doing.role is Role.ENGINEER else Role.ENGINEER)
    return {"awaiting_statement_of": asked, "statement_since": doing.now if asked else None, "due_at": None}


def _approved(session: Session, doing: Doing) -> Changes:
    by_click = doing.role is Role.CLIENT
    tier = payee_tier(session, doing.order.engineer_id)
    return {
        "approved_at": doing.now,
        "approved_by_click": by_click,
        "clears_at": clears_at(doing.now, by_click=by_click, tier=tier),
        "due_at": None,
        "awaiting_statement_of": None,
        "statement_since": None,
    }


def _refund_due(_session: Session, doing: Doing) -> Changes:
    cleared = {"due_at": None, "awaiting_statement_of": None, "statement_since": None}
    if doing.move.money is not MoneyTag.R100:
        return cleared  # a split brings its own cents
    price = doing.order.price_minor or 0
    return {**cleared, "kept_minor": 0, "refund_minor": price, "settled_why": doing.move.event.value}


def _of_money(doing: Doing) -> Changes:
    tag, order = doing.move.money, doing.order
    if tag is MoneyTag.HOLD or doing.move.event is Event.LATE_PAYMENT:
        return {"payment_state": PaymentState.HELD}
    if tag is MoneyTag.RELEASE:
        return {"kept_minor": order.price_minor, "refund_minor": 0, "settled_why": doing.move.event.value}
    if tag in (MoneyTag.REFUND, MoneyTag.CREDIT):
        return {"payment_state": PaymentState.REFUNDED}
    if tag is MoneyTag.REST and order.refund_minor:
        return {"payment_state": PaymentState.PARTIALLY_REFUNDED}
    if doing.move.target is State.COMPLETED:
        return {"payment_state": PaymentState.RELEASED}
    return {}


def payee_tier(session: Session, engineer_id: str) -> Tier:
    """How well this payee is known, from their completed and refunded orders."""
    ended_well = Order.state == State.COMPLETED
    lost = Order.settled_why.in_((Event.RULE, Event.ENGINEER_SILENT, Event.NEVER_DELIVERED))
    completed, lost_count = session.execute(
        select(func.count().filter(ended_well), func.count().filter(lost)).where(Order.engineer_id == engineer_id)
    ).one()
    return tier_of(completed, lost_disputes=lost_count)


_ENTERING: Mapping[State, Callable[[Session, Doing], Changes]] = {
    State.AWAITING_PAYMENT: _awaiting_payment,
    State.PAYMENT_PENDING: _payment_pending,
    State.DRAFT: _draft,
    State.EXPIRED: _no_payment,
    State.IN_PROGRESS: _in_progress,
    State.DELIVERED: _delivered,
    State.REVISING: _revising,
    State.DISPUTED: _disputed,
    State.APPROVED: _approved,
    State.REFUND_DUE: _refund_due,
}
