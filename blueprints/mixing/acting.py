"""One act on one order: claim the request, load what the person may see, check what they saw, leave the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session

from headroom import clock
from headroom.accounts.capabilities import STAFF
from headroom.actors import Actor
from headroom.db import unit
from headroom.idempotency import keys
from headroom.idempotency.keys import RequestKey
from headroom.mixing import orders
from headroom.mixing.models import Order


@dataclass(frozen=True, slots=True)
class Act:
    """What a handler works with inside its one transaction."""

    session: Session
    order: Order
    now: datetime


def as_party(actor: Actor) -> Actor:
    """The person as a party of their own orders only.

    Being staff opens nothing here: staff read people's words and sound only with a reason that is recorded, and
    these doors record none.
    """
    return replace(actor, capabilities=actor.capabilities - {STAFF})


@contextmanager
def acting(
    actor: Actor, order_id: str, once: RequestKey, *, version: int | None = None, typed: str | None = None
) -> Iterator[Act]:
    """Open the one unit of an act. `version` is what the page showed; `typed` is given back if it moved since.

    Raises AlreadyAnswered (answered by a redirect), OrderNotFound, OrderMoved.
    """
    now = clock.now()
    with unit(actor) as session:
        keys.claim(session, once, now=now)
        order = orders.visible_to(session, as_party(actor), order_id)
        orders.require_version(order, version, event=str(request.endpoint), typed=typed)
        yield Act(session, order, now)
        keys.answer(session, once, url_for("mixing.order", order_id=order_id))


def to_order(order_id: str, anchor: str | None = None) -> Response:
    """Back to the order's page, at `anchor` if given."""
    return redirect(url_for("mixing.order", order_id=order_id, _anchor=anchor), 303)  # type: ignore[return-value]
