"""Pages of orders: the lists, one order, its whole history; and the same page when an act was refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, make_response, render_template, request

from blueprints.error_words import field_messages, words_of
from blueprints.errors import Problem, answer, status_of, wants_json
from blueprints.forms import CSRF_FIELD, ONCE_FIELD, FormInvalid, form_values
from blueprints.mixing import bp
from blueprints.mixing.acting import as_party
from blueprints.mixing.words import guard_words
from blueprints.signed_in import signed_in
from blueprints.visit import current_actor
from headroom import clock
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.errors import DomainError, Invalid
from headroom.files.retention import EXTENSION
from headroom.ledger import pages as money_pages
from headroom.mixing import directory, keeping, lists, orders, pages, records
from headroom.mixing.access import Side
from headroom.mixing.errors import ConsentMissing, NotNow, OrderMoved, PlaceInvalid
from headroom.mixing.settlement import PURPOSE
from headroom.mixing.states import State
from headroom.mixing.views import Room
from headroom.notices import telling


@bp.get("/orders")
@signed_in
def my_orders(actor: Actor) -> str:
    with reading() as session:
        lines = lists.orders_of(session, str(actor.person_id), Side.CLIENT)
    return render_template("mixing/orders.html", lines=lines)


@bp.get("/orders/<order_id>")
@signed_in
def order(actor: Actor, order_id: str) -> Response:
    return _page(actor, order_id, kept={}, errors={}, refused=None, status=200)


@bp.get("/orders/<order_id>/history")
@signed_in
def history(actor: Actor, order_id: str) -> str:
    with reading() as session:
        found, events = records.history(session, as_party(actor), order_id)
    return render_template("mixing/history.html", order=found, events=events)


@bp.get("/orders/<order_id>/deletions")
@signed_in
def deletions(actor: Actor, order_id: str) -> str:
    """What was deleted of this order, with proof, for both sides."""
    with reading() as session:
        found, receipts = records.deletions(session, as_party(actor), order_id)
        next_purge = keeping.next_purge(session, found)
    settings = current_app.extensions["headroom.settings"]
    return render_template(
        "mixing/deletions.html",
        order=found,
        receipts=receipts,
        next_purge=next_purge,
        extension_days=EXTENSION.days,
        extended_to=next_purge.purge_at + EXTENSION if next_purge is not None else None,
        days_of_sources=settings.days_of_sources,
        days_of_deliverables=settings.days_of_deliverables,
    )


def _page(
    actor: Actor,
    order_id: str,
    *,
    kept: Mapping[str, Any],
    errors: Mapping[str, str],
    refused: Any,
    status: int,
) -> Response:
    """The order's page. `kept` is what the person had typed, `errors` stand at its fields, `refused` at its top."""
    now = clock.now()
    with reading() as session:
        room = pages.room(session, as_party(actor), order_id, now=now)
        money = money_pages.money_of(session, PURPOSE, order_id)
        packages = _packages(session, room)
    if _is_news(room):
        _seen(actor, order_id)
        with reading() as session:  # once per delivery: its review begins with this look
            room = pages.room(session, as_party(actor), order_id, now=now)
    body = render_template(
        "mixing/order.html",
        room=room,
        order=room.order,
        money=money,
        packages=packages,
        kept=kept,
        errors=errors,
        refused=refused,
        shown_number=request.args.get("v", default=0, type=int),
    )
    return make_response(body, status)


def _packages(session: Any, room: Room) -> tuple[directory.PackageView, ...]:
    """A draft may become a purchase; only then the engineer's packages are read."""
    if room.order.state != State.DRAFT:
        return ()
    return directory.packages_of(session, room.order.engineer_id)


def _is_news(room: Room) -> bool:
    unheard = room.order.state == State.DELIVERED and room.review is not None and room.review.seen_at is None
    return room.has_news or (room.side is Side.CLIENT and unheard)


def _seen(actor: Actor, order_id: str) -> None:
    """The reader has it before their eyes: notices about it are read, and a delivery's review starts."""
    now = clock.now()
    with unit(actor) as session:
        found = orders.visible_to(session, as_party(actor), order_id)
        if actor.person_id == found.client_id:
            orders.mark_seen(session, found, by=actor, now=now)
        telling.mark_seen(session, str(actor.person_id), now=now, link=f"/orders/{order_id}")


@bp.errorhandler(OrderMoved)
@bp.errorhandler(NotNow)
@bp.errorhandler(FormInvalid)
@bp.errorhandler(PlaceInvalid)
@bp.errorhandler(ConsentMissing)
def refused(error: DomainError) -> Response:
    """The order's page as it is now, with what the person typed in its fields and what stood in the way on top."""
    order_id = (request.view_args or {}).get("order_id")
    actor = current_actor()
    status = status_of(error)
    errors = field_messages(error) if isinstance(error, Invalid) else {}
    if wants_json() or order_id is None or actor is None:
        words = words_of(error)
        return answer(Problem(status=status, code=error.code, words=words, fields=errors, values=dict(error.values)))
    top = {"words": words_of(error), "guard": guard_words(error)}
    return _page(actor, order_id, kept=_typed(), errors=errors, refused=top, status=status)


def _typed() -> dict[str, Any]:
    """The words of the form that was refused, by field."""
    frame = {CSRF_FIELD, ONCE_FIELD, "version"}
    given = {name: values for name, values in form_values().items() if name not in frame and values}
    typed: dict[str, Any] = {name: values[0] for name, values in given.items()}
    return {**typed, "deliverables_list": given["deliverables"]} if "deliverables" in given else typed
