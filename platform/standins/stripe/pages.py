"""What people click: the checkout page, onboarding, the dashboard."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from standins.stripe import clock, faults, money, ticking
from standins.stripe.behavior import accounts
from standins.stripe.errors import StripeError
from standins.stripe.machine import ACTS, BUYER, setup, store, world_now
from standins.stripe.store import Document
from standins.stripe.world import DAY_S

bp = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/_static")

ROWS = 50
BACK_TO_SHOP = frozenset({"pay", "later"})


@bp.errorhandler(StripeError)
def refuse(error: StripeError) -> tuple[str, int]:
    """A refusal in words, for people."""
    return render_template("refused.html", message=error.message), error.status


@bp.get("/c/pay/<ref>")
def checkout_page(ref: str) -> str:
    """The hosted payment page of one session."""
    world = world_now()
    session = world.get("checkout.session", ref)
    intent = world.store.get(session["payment_intent"]) if session["payment_intent"] else None
    error = intent["last_payment_error"]["message"] if intent and intent["last_payment_error"] else None
    items = world.store.inner(ref)["items"]
    return render_template("checkout.html", session=session, items=items, error=error, buyer=BUYER)


@bp.post("/c/pay/<ref>")
def act_on_checkout(ref: str) -> Response:
    """One of the buttons of the payment page; a payment leads back to the shop."""
    act = request.form.get("act", "")
    with store().unit():
        world = world_now()
        session = world.get("checkout.session", ref)
        if act == "back":
            return redirect(session["cancel_url"] or f"/c/pay/{ref}", 303)
        if act not in ACTS:
            raise StripeError(400, "invalid_request_error", "There is no such button.")
        ACTS[act](world, session, request.form.get("email") or session["customer_email"] or BUYER)
    if act in BACK_TO_SHOP:
        return redirect(_success_url(session), 303)
    return redirect(f"/c/pay/{ref}", 303)


@bp.get("/setup/e/<ref>/<token>")
def onboarding_page(ref: str, token: str) -> Response | str:
    """Hosted onboarding; an old or used link leads to the refresh address, as Stripe's does."""
    with store().unit():
        account = world_now().get("account", ref)
        link = store().inner(ref).get("link", {})
        if link.get("token") != token or link["used"] or link["expires_at"] < world_now().now:
            return redirect(link.get("refresh_url", "/"), 303)
    return render_template("onboarding.html", account=account, token=token)


@bp.post("/setup/e/<ref>/<token>")
def act_on_onboarding(ref: str, token: str) -> Response:
    """Complete, leave something missing, or come back later."""
    with store().unit():
        world = world_now()
        account, inner = world.get("account", ref), store().inner(ref)
        link = inner.get("link", {})
        if link.get("token") != token or link["used"]:
            return redirect(link.get("refresh_url", "/"), 303)
        act = request.form.get("act")
        if act == "complete":
            accounts.finish_onboarding(world, account)
        elif act == "restrict":
            accounts.restrict(world, account, submitted=True)
        store().remember(ref, {**inner, "link": {**link, "used": True}})
    return redirect(link["return_url"], 303)


@bp.get("/")
def dashboard() -> str:
    """Balances, payments, transfers, deliveries, and buttons for what may go wrong."""
    world = world_now()
    available, pending = money.balances(world, "")
    return render_template(
        "dashboard.html",
        now=world.now,
        offset_s=clock.offset_s(store()),
        settlement_days=setup().settlement_days,
        available=available,
        pending=pending,
        currencies=sorted({*available, *pending}),
        charges=store().all("charge")[:ROWS],
        processing=store().all("checkout.session", status="complete", payment_status="unpaid")[:ROWS],
        transfers=store().all("transfer")[:ROWS],
        payouts=store().all("payout", account=None)[:ROWS],
        refunds=store().all("refund")[:ROWS],
        disputes=store().all("dispute")[:ROWS],
        accounts=store().all("account")[:ROWS],
        armed_faults=sorted(faults.ARMED),
        waiting=faults.waiting(world),
        deliveries=_deliveries(),
    )


@bp.get("/express/<ref>")
def express(ref: str) -> str:
    """A payee's own balance and payouts."""
    world = world_now()
    account = world.get("account", ref)
    available, pending = money.balances(world, ref)
    payouts = store().all("payout", account=ref)
    return render_template(
        "express.html", account=account, available=available, pending=pending, payouts=payouts[:ROWS]
    )


@bp.get("/receipts/<ref>")
def receipt(ref: str) -> str:
    """The payer's receipt of a charge."""
    return render_template("receipt.html", charge=world_now().get("charge", ref))


@bp.post("/faults")
def make_fault() -> Response:
    """A button of the dashboard: something goes wrong, now or next time."""
    wish: Document = {name: value for name, value in request.form.items() if value}
    if "count" in wish:
        wish["count"] = int(wish["count"])
    with store().unit():
        if wish.get("fault") == "none":
            faults.disarm(world_now())
        else:
            faults.make(world_now(), wish)
    return redirect("/", 303)


@bp.post("/clock")
def move_clock() -> Response:
    """Moves the stand-in's time some days forward."""
    days = request.form.get("days", type=int) or 0
    with store().unit():
        clock.set_offset(store(), clock.offset_s(store()) + days * DAY_S)
    ticking.tick(store(), setup())
    return redirect("/", 303)


@bp.app_template_filter("amount")
def in_words(amount_minor: int, currency: str) -> str:
    """An amount with its currency."""
    sign = "-" if amount_minor < 0 else ""
    return sign + money.in_words(abs(amount_minor), currency)


@bp.app_template_filter("instant")
def instant(seconds: int) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


@bp.app_template_filter("day")
def day(seconds: int) -> str:
    """A day in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _deliveries() -> list[Document]:
    rows = store().rows("SELECT * FROM delivery ORDER BY id DESC LIMIT ?", ROWS)
    return [{**dict(row), "type": (store().get(row["event"]) or {}).get("type")} for row in rows]


def _success_url(session: Document) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
