"""The stand-in's own doors for scripts: /_faults, /_clock, /_deliveries, /_pay, /_onboard. Stripe has none of these."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from standins.stripe import clock, faults, ticking
from standins.stripe.behavior import accounts, checkout
from standins.stripe.errors import StripeError, invalid
from standins.stripe.store import Document, Store
from standins.stripe.world import Setup, World

bp = Blueprint("machine", __name__)

BUYER = "buyer@example.com"


def store() -> Store:
    """The store of the running stand-in."""
    found: Store = current_app.extensions["stripe_store"]
    return found


def setup() -> Setup:
    """How the running stand-in was started."""
    found: Setup = current_app.extensions["stripe_setup"]
    return found


def world_now() -> World:
    """The platform's world at this instant."""
    return World(store(), setup(), clock.now(store()))


@bp.errorhandler(StripeError)
def refuse(error: StripeError) -> tuple[Response, int]:
    """Refusals in the API's own shape."""
    return jsonify(error.body()), error.status


@bp.post("/_faults")
def make_fault() -> Response:
    """Arms or makes a fault: {"fault": name, …}."""
    with store().unit():
        return jsonify(faults.make(world_now(), _body()))


@bp.get("/_faults")
def list_faults() -> Response:
    """Faults still waiting."""
    return jsonify({"waiting": faults.waiting(world_now())})


@bp.delete("/_faults")
def disarm_faults() -> Response:
    """Forgets waiting faults."""
    with store().unit():
        faults.disarm(world_now())
    return jsonify({"waiting": []})


@bp.get("/_clock")
def read_clock() -> Response:
    """The stand-in's time."""
    return jsonify({"now": clock.now(store()), "offset_seconds": clock.offset_s(store())})


@bp.post("/_clock")
def move_clock() -> Response:
    """{"advance_seconds": n}, {"offset_seconds": n} or {"now": unix time}; what falls due happens before the answer."""
    body = _body()
    offset = clock.offset_s(store())
    if "advance_seconds" in body:
        offset += int(body["advance_seconds"])
    elif "offset_seconds" in body:
        offset = int(body["offset_seconds"])
    elif "now" in body:
        offset = int(body["now"]) - int(time.time())
    else:
        raise invalid("Name advance_seconds, offset_seconds or now.")
    with store().unit():
        clock.set_offset(store(), offset)
    ticking.tick(store(), setup())
    return read_clock()


@bp.get("/_deliveries")
def list_deliveries() -> Response:
    """Webhook deliveries, newest first."""
    rows = store().rows("SELECT * FROM delivery ORDER BY id DESC LIMIT 500")
    return jsonify({"deliveries": [dict(row) for row in rows]})


@bp.post("/_pay")
def pay() -> Response:
    """What a buyer does on the hosted page: {"session": id, "act": one of ACTS, "email": …}."""
    body = _body()
    act = str(body.get("act", "pay"))
    if act not in ACTS:
        raise invalid(f"Unknown act '{act}'. Known: {', '.join(ACTS)}", param="act")
    with store().unit():
        world = world_now()
        session = world.get("checkout.session", str(body.get("session", "")), param="session")
        ACTS[act](world, session, str(body.get("email") or session["customer_email"] or BUYER))
        return jsonify(world.get("checkout.session", session["id"]))


@bp.post("/_onboard")
def onboard() -> Response:
    """What a payee does on the onboarding page: {"account": id, "act": "complete" or "restrict"}."""
    body = _body()
    with store().unit():
        world = world_now()
        account = world.get("account", str(body.get("account", "")), param="account")
        if body.get("act", "complete") == "complete":
            accounts.finish_onboarding(world, account)
        else:
            accounts.restrict(world, account, submitted=True)
        return jsonify(account)


ACTS: dict[str, Callable[[World, Document, str], object]] = {
    "pay": lambda world, session, email: checkout.pay_by_card(world, session, email=email),
    "decline": lambda world, session, email: checkout.be_declined(world, session, code="generic_decline", email=email),
    "leave": lambda world, session, _email: checkout.leave_authentication(world, session),
    "later": lambda world, session, email: checkout.pay_later(world, session, email=email),
    "settle": lambda world, session, _email: checkout.settle_later(world, session, succeeded=True),
    "fail": lambda world, session, _email: checkout.settle_later(world, session, succeeded=False),
}


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True)
    if not isinstance(body, dict):
        raise invalid("Send one JSON object.")
    return body
