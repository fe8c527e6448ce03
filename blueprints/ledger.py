"""Doors of money: starting a checkout, coming back from it, webhooks, receipts, payee onboarding.

Nothing here believes what a browser or a webhook says about money: both only make the worker look.
"""

from __future__ import annotations

from babel import Locale
from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pydantic import Field
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.error_words import field_messages, say, say_field
from blueprints.forms import Form, body_cap, read_form
from blueprints.locales import current_locale
from blueprints.signed_in import machine, signed_in
from blueprints.visit import remote_address
from headroom import clock, failpoints, jobs
from headroom.accounts import limits
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.recording import record
from headroom.db import reading, unit
from headroom.gateways.stripe import Stripe
from headroom.gateways.stripe_errors import ProviderRefused, WebhookRefused
from headroom.gateways.stripe_webhooks import parse_webhook
from headroom.ledger import events, pages, payees, payments, statements
from headroom.ledger.errors import CountryNotServed, PaymentClosed
from headroom.settings import Settings

bp = Blueprint("ledger", __name__)

EVENT_BYTES = 1 << 20  # the provider's largest events are a few hundred kilobytes
WEBHOOKS = Actor.system("webhook")
POLL_S = 2  # between looks of the page that says "confirming", where no script looks ever more rarely
POLLS = 8  # a quarter of a minute to three quarters, then we promise a mail


class Onboarding(Form):
    country: str = Field(max_length=2)


def settings() -> Settings:
    found: Settings = current_app.extensions["headroom.settings"]
    return found


def provider() -> Stripe:
    return Stripe.from_settings(settings())


def start_checkout(attempt_id: str) -> str:
    """The address to send the payer to for an open attempt; the same for everyone who asks.

    Unit 1 was the caller's. The provider is asked outside any transaction with the attempt's own key, so thirty
    clicks open one checkout. Raises PaymentClosed when the attempt ended, OutsideDown when there is no answer.
    """
    with reading() as session:
        attempt = payments.get_attempt(session, attempt_id)
        if attempt.state == "open" and attempt.checkout_url is not None:
            return attempt.checkout_url
        prepared = payments.prepare_checkout(session, attempt_id, base_url=settings().base_url)
    found = provider().open_checkout(prepared.request, key=prepared.key)
    failpoints.hit("ledger.checkout.asked")
    with unit(Actor.system("checkout")) as session:
        url = payments.checkout_opened(session, attempt_id, found, now=clock.now())
    failpoints.hit("ledger.checkout.stored")
    if url is None:
        raise PaymentClosed(attempt_id=attempt_id)
    return url


@bp.post("/webhooks/stripe")
@machine
@body_cap(EVENT_BYTES)
def platform_webhook() -> Response:
    """Events about the platform's own money."""
    return _receive("platform", settings().stripe_webhook_secrets.get_secret_value())


@bp.post("/webhooks/stripe-connect")
@machine
@body_cap(EVENT_BYTES)
def connect_webhook() -> Response:
    """Events about payees' accounts."""
    return _receive("connect", settings().stripe_connect_webhook_secrets.get_secret_value())


def _receive(endpoint: str, secrets: str) -> Response:
    """Verify, store raw, queue, acknowledge. Unknown types are stored too: an error only buys retries."""
    raw = request.get_data(cache=False)
    try:
        event = parse_webhook(
            raw,
            request.headers.get("Stripe-Signature"),
            secrets=[part.strip() for part in secrets.split(",") if part.strip()],
            expects_livemode=provider().expects_livemode,
            wall_now=clock.wall_now(),
        )
    except WebhookRefused as error:
        return _refuse(endpoint, error.reason)
    with unit(WEBHOOKS) as session:
        events.store(session, event, endpoint=endpoint, raw=raw, now=clock.now())
        failpoints.hit("ledger.event.storing")
    failpoints.hit("ledger.event.stored")
    return make_response("", 200)


def _refuse(endpoint: str, reason: str) -> Response:
    """A delivery that is not the provider's, or not of now: a security event, and no state.

    So many per network are recorded, then TooMany: anybody may send here, and the audit forgets nothing.
    """
    network = limits.network_of(remote_address())
    with unit(WEBHOOKS) as session:
        secret = settings().ring("audit_keys").current[1]
        limits.spend(session, limits.REFUSED_WEBHOOKS, limits.subject(secret, network), now=clock.now())
        record(
            session,
            Action.WEBHOOK_REFUSED,
            by=WEBHOOKS,
            object_kind="webhook",
            object_ref=endpoint,
            now=clock.now(),
            reason=reason,
            payload={"network": network},
        )
    return make_response("", 400)


@bp.get("/payments/<attempt_id>/return")
@signed_in
def payment_return(actor: Actor, attempt_id: str) -> WerkzeugResponse | str:
    """Where checkout sends the payer back. The same look as a webhook's, asked for at once; then a short wait."""
    looks = request.args.get("n", default=0, type=int)
    with reading() as session:
        view = pages.return_view(session, attempt_id, payer_id=actor.person_id)
    if view.is_settled:
        return redirect(view.return_path, 303)
    if looks < POLLS:
        name = f"attempt:{attempt_id}"
        with unit(actor) as session:
            jobs.enqueue(
                session,
                "ledger.look_at_attempt",
                lock=name,
                queueing_lock=f"{name}:now",
                priority=jobs.HIGH,
                attempt_id=attempt_id,
            )
    again = url_for("ledger.payment_return", attempt_id=attempt_id, n=looks + 1) if looks < POLLS else None
    return render_template("ledger/confirming.html", view=view, again=again, wait_s=POLL_S)


@bp.get("/receipts/<payment_id>")
@signed_in
def receipt(actor: Actor, payment_id: str) -> str:
    """The payer's receipt: what was paid, to whom, what came back. Made to be printed."""
    with reading() as session:
        view = statements.receipt(session, payment_id, payer_id=actor.person_id)
    return render_template("ledger/receipt.html", receipt=view, settings=settings())


@bp.get("/payouts")
@signed_in
def payouts_page(actor: Actor) -> str:
    """What a payee has coming, what was sent, and whether their account can receive."""
    return _payouts(actor, errors={})


def _payouts(actor: Actor, *, errors: dict[str, str]) -> str:
    with reading() as session:
        state = payees.payee_state(session, str(actor.person_id))
        statement = statements.statement(session, str(actor.person_id))
    countries = sorted(((code, _country(code)) for code in payees.COUNTRIES), key=lambda pair: pair[1])
    return render_template(
        "ledger/payouts.html",
        state=state,
        statement=statement,
        countries=[("", _("Choose a country")), *countries],
        errors=errors,
    )


def _country(code: str) -> str:
    return str(Locale(current_locale()).territories.get(code, code))


@bp.post("/payouts/onboarding")
@signed_in
def start_onboarding(actor: Actor) -> WerkzeugResponse:
    """Open the payee's account if there is none, and send them to the provider's own form.

    Asked twice it finds the account of the first time: the account is the payee's, not the request's.
    """
    try:
        return _start_onboarding(actor, read_form(Onboarding).country)
    except CountryNotServed as error:
        return make_response(_payouts(actor, errors=field_messages(error)), 422)


def _start_onboarding(actor: Actor, country: str) -> WerkzeugResponse:
    if country not in payees.COUNTRIES:
        raise CountryNotServed({"country": "country_not_served" if country else "missing"})
    person_id = str(actor.person_id)
    with unit(actor) as session:
        prepared = payees.start_onboarding(session, person_id=person_id, country=country, by=actor, now=clock.now())
    if prepared is not None:
        _open_account(person_id, prepared)
    return _to_provider(person_id)


def _open_account(person_id: str, prepared: payees.PreparedAccount) -> None:
    """The outside half of onboarding: the account, made once for its key."""
    try:
        account = provider().create_account(country=prepared.country, person_id=person_id, key=prepared.key)
    except ProviderRefused as error:
        with unit(Actor.system("onboarding")) as session:
            payees.account_refused(session, person_id, error=error.code, now=clock.now())
        raise CountryNotServed({"country": "country_not_served"}) from error
    failpoints.hit("ledger.account.asked")
    with unit(Actor.system("onboarding")) as session:
        payees.account_opened(session, person_id, account, now=clock.now())


@bp.get("/payouts/onboarding")
@signed_in
def renew_onboarding(actor: Actor) -> WerkzeugResponse:
    """A new link where the old one was used or grew old: links are single use and never stored."""
    return _to_provider(str(actor.person_id))


def _to_provider(person_id: str) -> WerkzeugResponse:
    with reading() as session:
        account_id = payees.account_of(session, person_id)
    base = settings().base_url
    link = provider().account_link(
        account_id,
        refresh_url=base + url_for("ledger.renew_onboarding"),
        return_url=base + url_for("ledger.onboarding_return"),
    )
    return redirect(link, 303)


@bp.get("/payouts/onboarding/return")
@signed_in
def onboarding_return(actor: Actor) -> WerkzeugResponse:
    """Back from the provider: what the account can do is read from the account, not from the return."""
    with reading() as session:
        account_id = payees.account_of(session, str(actor.person_id))
    account = provider().fetch_account(account_id)
    with unit(actor) as session:
        payees.account_seen(session, account, now=clock.now())
        state = payees.payee_state(session, str(actor.person_id))
    if state.can_receive:
        flash(_("Your account can receive payouts."), "success")
    return redirect(url_for("ledger.payouts_page"), 303)


@bp.post("/payouts/dashboard")
@signed_in
def open_dashboard(actor: Actor) -> WerkzeugResponse:
    """Send the payee to their own dashboard at the provider; the link is single use."""
    with reading() as session:
        account_id = payees.account_of(session, str(actor.person_id))
    return redirect(provider().login_link(account_id), 303)


say_field("country_not_served", _l("Payouts to this country are not possible yet. Choose another, if it is yours."))
say(
    "provider_silent",
    title=_l("The payment provider did not answer"),
    happened=_l("We asked the payment provider and got no answer. If it did act, we will find out and not ask twice."),
    todo=_l("Try again in a minute. A repeated try cannot pay twice."),
)
say(
    "provider_busy",
    title=_l("The payment provider is busy"),
    happened=_l("The payment provider asked us to come back later. Nothing was done."),
    todo=_l("Try again in a minute."),
)
say(
    "provider_refused",
    title=_l("The payment provider refused"),
    happened=_l("The payment provider did not accept what we asked. Nothing was done."),
    todo=_l("Go back and look at the order. If it happens again, write to us with the reference below."),
)
say(
    "already_paid",
    title=_l("This is paid already"),
    happened=_l("The money for this order has arrived. A second payment is not taken."),
    todo=_l("Go back to the order to see where it stands."),
)
say(
    "payment_closed",
    title=_l("This payment was closed"),
    happened=_l("The time to pay was over, or the payment was stopped."),
    todo=_l("Go back to the order. If it still waits for payment, start the payment there again."),
)
say(
    "price_changed",
    title=_l("The price has changed"),
    happened=_l("A payment at the earlier price is still open."),
    todo=_l("Go back to the order and look at the price before you pay."),
)
say(
    "payee_not_ready",
    title=_l("There is no payout account yet"),
    happened=_l("To be paid you need an account with our payment provider."),
    todo=_l("Open the payouts page and start there."),
)
