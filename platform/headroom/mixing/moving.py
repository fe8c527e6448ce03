"""One move of one order: look the row up, compare and set the version, remember it, schedule what silence causes.

Every change of `state` in the product goes through `move`; every recorded fact that moves nothing through
`note`. Losing the race for the version is normal: two people clicked, one was first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from headroom import audit
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.mixing import deadlines, entering, settlement, told
from headroom.mixing.access import Parties, Side, side_of
from headroom.mixing.deadlines import Facts
from headroom.mixing.entering import Doing
from headroom.mixing.errors import NotNow, NotYours, OrderMoved
from headroom.mixing.models import Delivery, Order, OrderEvent, Review
from headroom.mixing.states import MOVES, TERMINAL, Event, Guard, Holds, Move, NoMove, Role, State, next_move

_ROLE_OF_SIDE = {Side.CLIENT: Role.CLIENT, Side.ENGINEER: Role.ENGINEER, Side.STAFF: Role.STAFF}


def move(
    session: Session,
    order: Order,
    event: Event,
    *,
    by: Actor,
    now: datetime,
    role: Role | None = None,
    holds: Mapping[Guard, bool] | None = None,
    changes: Mapping[str, Any] | None = None,
    reason: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Move:
    """Take the one row that the table has for this event; everything that follows is in this transaction.

    `role` is given for facts of provider, worker and timer; a person's role follows from the order. A guard
    that `holds` does not name counts as not holding. `reason` is what the person wrote.
    Raises NotYours, OrderMoved (also when a parallel transaction won), NotNow (a guard refused).
    """
    side = role or role_of(order, by)
    found = next_move(State(order.state), event, side, _answers(holds or {}))
    if isinstance(found, NoMove):
        raise _refusal(order, found, side, reason)
    if settlement.is_settling(found.money):
        settlement.lock_money(session, order.id)
    doing = Doing(order=order, move=found, role=side, by=by, now=now)
    values = {**entering.changes(session, doing), **(changes or {}), "state": found.target.value}
    if found.target.value != order.state:
        values["state_since"] = now
    if found.target in TERMINAL:
        values["closed_at"] = now
    _write(session, order, values, now=now, event=event, typed=reason)
    _remember(session, doing, event.value, found.source, reason, payload)
    settlement.carry_out(session, doing)
    told.tell(session, doing, reason=reason)
    return found


def note(
    session: Session,
    order: Order,
    fact: str,
    *,
    by: Actor,
    now: datetime,
    role: Role | None = None,
    changes: Mapping[str, Any] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Record a fact that leaves the state as it is, and schedule anew. Raises OrderMoved when a move came first."""
    side = role or role_of(order, by)
    _write(session, order, dict(changes or {}), now=now, event=fact, typed=None)
    state = State(order.state)
    session.add(
        OrderEvent(
            order_id=order.id,
            seq=order.version,
            from_state=state,
            to_state=state,
            event=fact,
            role=side,
            actor_id=by.person_id,
            payload=dict(payload or {}),
            at=now,
        )
    )


def role_of(order: Order, by: Actor) -> Role:
    """A person's role in the order; NotYours for a stranger."""
    role = _ROLE_OF_SIDE.get(side_of(parties(order), by))
    if role is None:
        raise NotYours(order_id=order.id)
    return role


def parties(order: Order) -> Parties:
    return Parties(order.client_id, order.engineer_id, State(order.state))


def timing(session: Session, order: Order, values: Mapping[str, Any] | None = None) -> Facts:
    """What the timers look at, with `values` about to be written laid over the row."""
    row = {name: getattr(order, name) for name in _TIMED} | {
        name: value for name, value in (values or {}).items() if name in _TIMED
    }
    state = State(row["state"])
    asked = row["awaiting_statement_of"]
    return Facts(
        state=state,
        since=row["state_since"],
        due_at=row["due_at"],
        offer_expires_at=row["deadline_at"] if state is State.OFFERED else None,
        clears_at=row["clears_at"],
        review=latest_review(session, order.id) if state is State.DELIVERED else None,
        awaiting_statement_of=Role(asked) if asked else None,
        statement_since=row["statement_since"],
    )


_TIMED = (
    "state",
    "state_since",
    "due_at",
    "deadline_at",
    "clears_at",
    "awaiting_statement_of",
    "statement_since",
)


def latest_review(session: Session, order_id: str) -> deadlines.Review | None:
    """The review of the newest delivery."""
    row = review_row(session, order_id)
    return as_review(row) if row is not None else None


def review_row(session: Session, order_id: str) -> Review | None:
    """The stored review of the newest delivery."""
    return session.scalars(
        select(Review)
        .join(Delivery, Delivery.id == Review.delivery_id)
        .where(Review.order_id == order_id)
        .order_by(Delivery.number.desc())
        .limit(1)
    ).first()


def as_review(row: Review) -> deadlines.Review:
    return deadlines.Review(row.passed_at, row.told_at, row.seen_at, row.deadline_at, row.paused_at, row.extended_at)


def store_review(row: Review, review: deadlines.Review) -> None:
    """Write the pure value back to its row."""
    row.told_at, row.seen_at, row.deadline_at = review.told_at, review.seen_at, review.deadline_at
    row.paused_at, row.extended_at = review.paused_at, review.extended_at


def _answers(holds: Mapping[Guard, bool]) -> Holds:
    return lambda guard: holds.get(guard, False)


def _refusal(order: Order, found: NoMove, role: Role, typed: str | None) -> Exception:
    if found.guard is not None:
        return NotNow(order_id=order.id, guard=found.guard.value, typed=typed)
    if any(one.event is found.event and role in one.roles for one in MOVES):
        return OrderMoved(order_id=order.id, state=order.state, event=found.event.value, typed=typed)
    return NotYours(order_id=order.id, event=found.event.value)


def _write(
    session: Session, order: Order, values: dict[str, Any], *, now: datetime, event: str, typed: str | None
) -> None:
    """Compare and set on the version; the row's new content lands in `order`."""
    facts = timing(session, order, values)
    due = deadlines.deadline(facts)
    values |= {
        "version": order.version + 1,
        "deadline_at": due.at if due else None,
        "deadline_event": due.event.value if due else None,
        "look_at": deadlines.next_attention(facts, now=now),
    }
    written = session.scalars(
        update(Order).where(Order.id == order.id, Order.version == order.version).values(**values).returning(Order),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).one_or_none()
    if written is None:  # the other click was first; nothing of ours is kept
        raise OrderMoved(order_id=order.id, state=order.state, event=event, typed=typed)


def _remember(
    session: Session,
    doing: Doing,
    event: str,
    source: State,
    reason: str | None,
    payload: Mapping[str, Any] | None,
) -> None:
    order = doing.order
    session.add(
        OrderEvent(
            order_id=order.id,
            seq=order.version,
            from_state=source,
            to_state=doing.move.target,
            event=event,
            role=doing.role,
            actor_id=doing.by.person_id,
            reason=reason or None,
            payload=dict(payload or {}),
            at=doing.now,
        )
    )
    audit.record(
        session,
        Action.ORDER_MOVED,
        by=doing.by,
        object_kind="order",
        object_ref=order.id,
        now=doing.now,
        subject_id=order.client_id,
        payload={"event": event, "from": source.value, "to": doing.move.target.value, "seq": order.version},
    )
