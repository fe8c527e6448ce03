"""How long an order's files stay: the next date, and the one free extension that either side may use for both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.files import retention
from headroom.files.retention import NextPurge
from headroom.mixing import told
from headroom.mixing.models import Order
from headroom.mixing.moving import note, role_of
from headroom.mixing.settlement import scope_of
from headroom.mixing.states import Role


def next_purge(session: Session, order: Order) -> NextPurge | None:
    """When the first of the order's files go, and whether that may still be put off; None without a date."""
    return retention.next_purge(session, scope=scope_of(order.id))


def keep_longer(session: Session, order: Order, *, by: Actor, now: datetime) -> datetime:
    """Keep all files of the order thirty days longer, once; the other side hears of it. Returns the next date.

    Raises AlreadyExtended where it was done before or where no file has a date; NotYours for a stranger.
    """
    side = role_of(order, by)
    purge_at = retention.extend(session, scope=scope_of(order.id), now=now)
    note(session, order, "files_kept_longer", by=by, now=now, payload={"purge_at": purge_at.isoformat()})
    other = Role.ENGINEER if side is Role.CLIENT else Role.CLIENT
    told.inform(session, order, to=other, code="files_kept_longer", now=now, by_mail=False)
    return purge_at
