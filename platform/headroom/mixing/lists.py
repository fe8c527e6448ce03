"""Read models of lists: a person's orders, those that wait for them first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session, aliased

from headroom.accounts.models import Person
from headroom.mixing.access import Side
from headroom.mixing.models import EngineerProfile, Order
from headroom.mixing.states import State


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order in a list."""

    id: str
    title: str
    artist: str
    state: str
    other_name: str
    price_minor: int | None
    currency: str
    deadline_at: datetime | None
    due_at: datetime | None
    state_since: datetime
    is_mine_to_act: bool


_TO_ACT: Mapping[Side, frozenset[State]] = {
    Side.CLIENT: frozenset({State.DRAFT, State.OFFERED, State.AWAITING_PAYMENT, State.AWAITING_FILES, State.DELIVERED}),
    Side.ENGINEER: frozenset({State.QUOTING, State.INTAKE, State.IN_PROGRESS, State.REVISING}),
}


def orders_of(session: Session, person_id: str, side: Side) -> tuple[OrderLine, ...]:
    """A person's orders as client or as engineer, those that wait for them first. One statement."""
    client = aliased(Person)
    mine = Order.client_id == person_id if side is Side.CLIENT else Order.engineer_id == person_id
    shared = literal(True) if side is Side.CLIENT else Order.state != State.DRAFT
    rows = session.execute(
        select(Order, EngineerProfile.display_name, client.display_name)
        .outerjoin(EngineerProfile, EngineerProfile.person_id == Order.engineer_id)
        .outerjoin(client, client.id == Order.client_id)
        .where(mine, shared)
        .order_by(Order.created_at.desc())
        .limit(200)
    )
    lines = [_line(order, (engineer if side is Side.CLIENT else name) or "", side) for order, engineer, name in rows]
    return tuple(sorted(lines, key=lambda line: not line.is_mine_to_act))


def _line(order: Order, other_name: str, side: Side) -> OrderLine:
    return OrderLine(
        id=order.id,
        title=order.title,
        artist=order.artist,
        state=order.state,
        other_name=other_name,
        price_minor=order.price_minor,
        currency=order.currency,
        deadline_at=order.deadline_at,
        due_at=order.due_at,
        state_since=order.state_since,
        is_mine_to_act=State(order.state) in _TO_ACT[side],
    )
