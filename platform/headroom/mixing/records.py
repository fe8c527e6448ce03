"""Read models of what an order leaves behind: its whole story and its deletion receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.files.models import FilePurge, StoredFile
from headroom.mixing.models import Order, OrderEvent, OrderFile
from headroom.mixing.orders import visible_to
from headroom.mixing.views import EventView


def history(session: Session, actor: Actor, order_id: str) -> tuple[Order, tuple[EventView, ...]]:
    """The order and every event of it, oldest first; OrderNotFound when it is not theirs to see."""
    order = visible_to(session, actor, order_id)
    return order, events_of(session, order_id)


def events_of(session: Session, order_id: str) -> tuple[EventView, ...]:
    """Every event of an order, oldest first, for whoever may see the order."""
    rows = session.execute(
        select(
            OrderEvent.event,
            OrderEvent.role,
            OrderEvent.at,
            OrderEvent.to_state,
            OrderEvent.reason,
            OrderEvent.payload,
        )
        .where(OrderEvent.order_id == order_id)
        .order_by(OrderEvent.seq)
    )
    return tuple(EventView(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Deletion:
    """One deleted file: what it was, when it went, and that nothing was left."""

    file_id: str
    name: str
    role: str
    sha256: str | None
    size_bytes: int
    at: datetime
    reason: str
    objects_left: int


def deletions(session: Session, actor: Actor, order_id: str) -> tuple[Order, tuple[Deletion, ...]]:
    """The order's deletion receipts, newest first; OrderNotFound when it is not theirs to see."""
    order = visible_to(session, actor, order_id)
    rows = session.execute(
        select(StoredFile, FilePurge, OrderFile.role)
        .join(FilePurge, FilePurge.file_id == StoredFile.id)
        .join(OrderFile, OrderFile.file_id == StoredFile.id)
        .where(OrderFile.order_id == order_id)
        .order_by(FilePurge.at.desc(), StoredFile.original_name)
    )
    return order, tuple(
        Deletion(
            file.id, file.original_name, role, purge.sha256, purge.byte_size, purge.at, purge.reason, purge.objects_left
        )
        for file, purge, role in rows
    )
