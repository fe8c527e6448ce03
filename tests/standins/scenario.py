"""One scenario for the stand-in and for Stripe's own test mode: the only proof that they answer alike.

Run it against Stripe:  STRIPE_TEST_KEY=sk_test_… [STRIPE_TEST_ACCOUNT=acct_…] pytest tests/standins/test_fidelity.py
STRIPE_TEST_ACCOUNT is a connected account whose transfers capability is active; without it transfers are left out.
Everything here goes through the SDK, so nothing depends on which of the two is at the other end.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import stripe

Shape: TypeAlias = "str | list[Shape] | dict[str, Shape]"
SHOP = "https://example.com/order"


@dataclass(frozen=True)
class Step:
    """What one call answered: its outcome in a word, and the shape of the object or error."""

    name: str
    outcome: str
    shape: Shape


def play(client: stripe.StripeClient, *, payee: str | None) -> list[Step]:
    """Plays the whole scenario; outcomes must be equal everywhere, shapes are compared by `differences`."""
    run = uuid.uuid4().hex
    steps: list[Step] = []

    def step(name: str, call: Callable[[], Any], outcome: Callable[[Any], object] = lambda _: "done") -> Any:
        try:
            found = call()
        except stripe.StripeError as error:
            detail = error.error
            known = f"{error.http_status} {getattr(detail, 'type', None)} {error.code} {getattr(detail, 'param', None)}"
            steps.append(Step(name, known, {}))
            return None
        steps.append(Step(name, str(outcome(found)), shape_of(found.to_dict())))
        return found

    _checkout(client, step)
    charge = _payment(client, step, group=f"order:{run}")
    _refunds(client, step, charge, run)
    _accounts(client, step, charge)
    if payee is not None:
        _transfers(client, step, charge, payee, group=f"order:{run}")
    step("balance", client.v1.balance.retrieve)
    step("events", lambda: client.v1.events.list({"types": ["charge.succeeded", "refund.created"], "limit": 2}))
    return steps


def _checkout(client: stripe.StripeClient, step: Callable[..., Any]) -> None:
    create: Any = client.v1.checkout.sessions.create
    price = {"currency": "usd", "unit_amount": 20_000, "product_data": {"name": "Mix & master"}}
    good = {
        "mode": "payment", "line_items": [{"price_data": price, "quantity": 1}], "success_url": SHOP, "cancel_url": SHOP,
        "client_reference_id": "ord_1", "payment_intent_data": {"metadata": {"order": "ord_1"}},
        "allowed_payment_method_types": ["card"],
    }  # fmt: skip
    session = step("open a session", lambda: create(good), lambda found: f"{found.status} {found.payment_status}")
    if session is not None:
        sessions = client.v1.checkout.sessions
        step(
            "read it",
            lambda: sessions.retrieve(session.id, {"expand": ["line_items"]}),
            lambda found: found.amount_total,
        )
        step("expire it", lambda: sessions.expire(session.id), lambda found: found.status)
        step("expire it again", lambda: sessions.expire(session.id))
    step("unknown parameter", lambda: create({**good, "sucess_url": SHOP}))
    step("wrong mode", lambda: create({**good, "mode": "payments"}))
    step("no such session", lambda: client.v1.checkout.sessions.retrieve("cs_test_nothing"))


def _payment(client: stripe.StripeClient, step: Callable[..., Any], *, group: str) -> str:
    create: Any = client.v1.payment_intents.create
    terms = {
        "amount": 20_000, "currency": "usd", "confirm": True, "allowed_payment_method_types": ["card"], "transfer_group": group,
        "metadata": {"order": "ord_1"},
    }  # fmt: skip
    step("declined card", lambda: create({**terms, "payment_method": "pm_card_chargeDeclined"}))
    intent = step("good card", lambda: create({**terms, "payment_method": "pm_card_visa"}), lambda found: found.status)
    path: Any = {"expand": ["latest_charge.balance_transaction"]}
    read = step(
        "charge and movement",
        lambda: client.v1.payment_intents.retrieve(intent.id, path),
        lambda found: f"{found.latest_charge.status} {found.latest_charge.balance_transaction.type}",
    )
    return str(read.latest_charge.id)


def _refunds(client: stripe.StripeClient, step: Callable[..., Any], charge: str, run: str) -> None:
    create: Any = client.v1.refunds.create
    terms = {"charge": charge, "amount": 1_000, "reason": "requested_by_customer"}
    key = {"idempotency_key": f"fidelity:{run}"}
    step("refund a part", lambda: create(terms, key), lambda found: f"{found.status} {found.amount}")
    replayed = "Idempotent-Replayed"
    step("same key again", lambda: create(terms, key), lambda found: found.last_response.headers[replayed])
    step("same key, other amount", lambda: create({**terms, "amount": 1_001}, key))
    step("more than is left", lambda: create({**terms, "amount": 19_001}))
    step("wrong reason", lambda: create({**terms, "reason": "unhappy"}))
    step("charge after refund", lambda: client.v1.charges.retrieve(charge), lambda found: found.amount_refunded)


def _accounts(client: stripe.StripeClient, step: Callable[..., Any], charge: str) -> None:
    terms: Any = {
        "controller": {
            "stripe_dashboard": {"type": "express"}, "fees": {"payer": "application"},
            "losses": {"payments": "application"}, "requirement_collection": "stripe",
        },
        "capabilities": {"transfers": {"requested": True}}, "country": "US",
    }  # fmt: skip
    account = step("new account", lambda: client.v1.accounts.create(terms), lambda found: found.capabilities.transfers)
    if account is None:
        return
    link: Any = {"account": account.id, "type": "account_onboarding", "refresh_url": SHOP, "return_url": SHOP}
    step("onboarding link", lambda: client.v1.account_links.create(link))
    early: Any = {"amount": 100, "currency": "usd", "destination": account.id, "source_transaction": charge}
    step("transfer before onboarding", lambda: client.v1.transfers.create(early))


def _transfers(client: stripe.StripeClient, step: Callable[..., Any], charge: str, payee: str, *, group: str) -> None:
    terms: Any = {"amount": 9_000, "currency": "usd", "destination": payee, "source_transaction": charge}
    create: Any = client.v1.transfers.create
    transfer = step("transfer", lambda: create(terms), lambda found: found.transfer_group == group)
    step("more than the charge", lambda: create({**terms, "amount": 19_000}))
    listed = step(
        "by group", lambda: client.v1.transfers.list({"transfer_group": group}), lambda found: len(found.data)
    )
    if transfer is None or listed is None:
        return
    reverse: Any = client.v1.transfers.reversals.create
    step("reverse a part", lambda: reverse(transfer.id, {"amount": 1_000}), lambda found: found.amount)
    step("reverse too much", lambda: reverse(transfer.id, {"amount": 9_000}))


def shape_of(value: object) -> Shape:
    """Names and types without values; what a caller may choose freely is only `map`."""
    if isinstance(value, dict):
        return {name: "map" if name == "metadata" else shape_of(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return "null" if value is None else type(value).__name__


def differences(ours: list[Step], theirs: list[Step]) -> list[str]:
    """Where two plays differ: outcomes, missing or additional fields, types. Null and empty fit everything."""
    found = (
        [f"steps: {[each.name for each in ours]} / {[each.name for each in theirs]}"]
        if len(ours) != len(theirs)
        else []
    )
    for mine, other in zip(ours, theirs, strict=False):
        if mine.outcome != other.outcome:
            found.append(f"{mine.name}: {mine.outcome!r}, Stripe {other.outcome!r}")
        found += _shape_differences(mine.shape, other.shape, at=mine.name)
    return found


def _shape_differences(ours: Shape, theirs: Shape, *, at: str) -> list[str]:
    if "null" in (ours, theirs) or ours in ([], {}) or theirs in ([], {}):
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        found = [f"{at}.{name} is not Stripe's" for name in ours if name not in theirs]
        found += [f"{at}.{name} is missing" for name in theirs if name not in ours]
        both = [name for name in ours if name in theirs]
        return found + [
            line for name in both for line in _shape_differences(ours[name], theirs[name], at=f"{at}.{name}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list):
        return _shape_differences(ours[0], theirs[0], at=f"{at}[]")
    return [] if ours == theirs else [f"{at} is {ours}, Stripe {theirs}"]
