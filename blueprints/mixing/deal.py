"""POST routes from the quote request to the checkout."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, request

from blueprints.forms import once, read_form
from blueprints.ledger import start_checkout
from blueprints.locales import current_locale
from blueprints.mixing import bp
from blueprints.mixing.acting import acting, to_order
from blueprints.mixing.forms import (
    AcceptOfferForm,
    BuyForm,
    CounterForm,
    DeclineForm,
    OfferForm,
    PayForm,
    Seen,
)
from blueprints.signed_in import signed_in
from blueprints.visit import remote_address
from headroom.actors import Actor
from headroom.db import reading
from headroom.idempotency.keys import AlreadyAnswered, RequestKey
from headroom.mixing import checkout, offers, orders
from headroom.mixing.checkout import Witness


def fee_bp() -> int:
    """The platform's share in basis points, as this installation is set."""
    return int(current_app.extensions["headroom.settings"].platform_fee_bp)


@bp.post("/orders/<order_id>/quote-request")
@signed_in
@once
def request_quote(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        offers.request_quote(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/quote-withdrawal")
@signed_in
@once
def withdraw(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        offers.withdraw(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/offer")
@signed_in
@once
def send_offer(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(OfferForm)
    with acting(actor, order_id, once, version=form.version, typed=form.terms_note) as act:
        offers.send_offer(act.session, act.order, form.to_terms(), fee_bp=fee_bp(), by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/refusal")
@signed_in
@once
def decline(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(DeclineForm)
    with acting(actor, order_id, once, version=form.version, typed=form.decline_reason) as act:
        offers.decline(act.session, act.order, reason=form.decline_reason, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/counter-wish")
@signed_in
@once
def counter(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(CounterForm)
    with acting(actor, order_id, once, version=form.version, typed=form.counter_wish) as act:
        offers.counter(act.session, act.order, wish=form.counter_wish, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/offer-withdrawal")
@signed_in
@once
def withdraw_offer(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        offers.withdraw_offer(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/offer-acceptance")
@signed_in
@once
def accept_offer(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(AcceptOfferForm)
    with acting(actor, order_id, once, version=form.version) as act:
        offers.accept_offer(act.session, act.order, number=form.offer, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/purchase")
@signed_in
@once
def buy_package(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(BuyForm)
    with acting(actor, order_id, once, version=form.version) as act:
        checkout.buy_package(
            act.session,
            act.order,
            form.package_id,
            version=form.package_version,
            fee_bp=fee_bp(),
            by=actor,
            now=act.now,
        )
    return to_order(order_id)


@bp.post("/orders/<order_id>/payment")
@signed_in
@once
def pay(actor: Actor, order_id: str, once: RequestKey) -> Any:
    """Open the attempt, then ask the provider outside any transaction, then send the payer there.

    A repeat of the same click goes on with the attempt of the first, which may never have reached the provider.
    """
    form = read_form(PayForm)
    witness = Witness(form.start_work, current_locale(), remote_address(), request.user_agent.string)
    try:
        with acting(actor, order_id, once) as act:
            attempt_id = checkout.pay(act.session, act.order, witness=witness, by=actor, now=act.now).id
    except AlreadyAnswered:
        with reading() as session:
            begun = checkout.open_attempt_of(session, orders.visible_to(session, actor, order_id))
        if begun is None:
            raise
        attempt_id = begun
    return redirect(start_checkout(attempt_id), 303)


@bp.post("/orders/<order_id>/payment-withdrawal")
@signed_in
@once
def go_back(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        checkout.go_back(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)
