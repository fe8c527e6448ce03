"""One order read by staff: only with a reason, which is recorded for both of its sides before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.admin.pages import require_reason
from headroom.audit import Action
from headroom.audit import record as audit
from headroom.errors import NotFound
from headroom.files.models import StoredFile
from headroom.ledger import pages as money_pages
from headroom.ledger.pages import MoneyView
from headroom.mixing import records
from headroom.mixing.models import Order, OrderFile
from headroom.mixing.settlement import PURPOSE
from headroom.mixing.states import State
from headroom.mixing.views import EventView


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file by name and state; nothing here leads to its bytes."""

    name: str
    role: str
    state: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class OrderReading:
    """What staff may read of an order, having said why."""

    order: Order
    money: MoneyView
    events: Sequence[EventView]
    files: Sequence[FileLine]


def read_order(session: Session, order_id: str, *, reason: str, by: Actor, now: datetime) -> OrderReading:
    """The order's state, history, money and the names of its files; the look is recorded about both sides.

    Raises Invalid for a reason that says nothing, NotFound for no such order. A draft is its client's alone.
    """
    said = require_reason(reason)
    order = session.get(Order, order_id.strip())
    if order is None or order.state == State.DRAFT:
        raise NotFound(kind="order")
    for person_id in (order.client_id, order.engineer_id):
        audit(
            session,
            Action.STAFF_READ,
            by=by,
            object_kind="order",
            object_ref=order.id,
            subject_id=person_id,
            reason=said,
            now=now,
        )
    return OrderReading(
        order=order,
        money=money_pages.money_of(session, PURPOSE, order.id),
        events=records.events_of(session, order.id),
        files=_files(session, order.id),
    )


def _files(session: Session, order_id: str) -> Sequence[FileLine]:
    rows = session.execute(
        select(StoredFile.original_name, OrderFile.role, StoredFile.state, StoredFile.byte_size)
        .join(OrderFile, OrderFile.file_id == StoredFile.id)
        .where(OrderFile.order_id == order_id)
        .order_by(OrderFile.added_at)
    )
    return [FileLine(*row) for row in rows]
