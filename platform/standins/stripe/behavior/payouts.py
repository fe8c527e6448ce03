"""Payouts to a bank: each payee's own automatic ones, and the platform's when its settings say so."""

from __future__ import annotations

from standins.stripe import ids, money
from standins.stripe.behavior import balance
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import DAY_S, World


@plays("post", "/v1/payouts", "amount", "currency", "description", "statement_descriptor")
def create_payout(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/payouts/create"""
    currency = money.require_currency(ask.params["currency"])
    available, _ = money.balances(world, world.account)
    if ask.params["amount"] < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if world.tip("insufficient_balance") or available.get(currency, 0) < ask.params["amount"]:
        raise money.insufficient()
    return send(world, world.account, ask.params["amount"], currency, automatic=False, params=ask.params)


@plays("get", "/v1/payouts/{payout}")
def retrieve_payout(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/payouts/retrieve"""
    return world.get("payout", ask.refs["payout"])


@plays("get", "/v1/payouts", "status")
def list_payouts(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/payouts/list"""
    equal = {"status": ask.params["status"]} if "status" in ask.params else {}
    return page(world.store.all("payout", account=world.account, **equal), ask.params, url="/v1/payouts")


def send(
    world: World, account: str, amount: int, currency: str, *, automatic: bool, params: Params | None = None
) -> Document:
    """A payout on its way; it arrives a day later on the stand-in's clock."""
    wish = params or {}
    fields: Document = {
        "amount": amount, "arrival_date": (world.now // DAY_S + 1) * DAY_S, "automatic": automatic,
        "created": world.now, "currency": currency, "description": wish.get("description", "STRIPE PAYOUT"),
        "destination": ids.new("external_account"), "livemode": False, "metadata": wish.get("metadata", {}),
        "method": "standard", "reconciliation_status": "completed" if automatic else "not_applicable",
        "source_type": "card", "statement_descriptor": wish.get("statement_descriptor"), "status": "in_transit",
        "type": "bank_account",
    }  # fmt: skip
    payout = world.create("payout", fields, account=account)
    movement = money.book(world, "payout", payout["id"], -amount, currency, account=account)
    world.change(payout, balance_transaction=movement["id"])
    world.emit("payout.created", payout)
    return payout


def arrive_due(world: World) -> None:
    """Marks payouts whose day has come as paid, or failed where a fault says so.

    Source: https://docs.stripe.com/payouts#payout-failures
    """
    for payout in world.store.all("payout", account=None, status="in_transit"):
        if payout["arrival_date"] > world.now:
            continue
        account = world.store.account_of(payout["id"])
        if world.tip("payout_failed", account=account):
            fail(world, payout)
        else:
            world.change(payout, "payout.paid", status="paid")


def fail(world: World, payout: Document) -> Document:
    """The bank sent the money back."""
    account = world.store.account_of(payout["id"])
    back = money.book(world, "payout_failure", payout["id"], payout["amount"], payout["currency"], account=account)
    return world.change(
        payout, "payout.failed", status="failed", failure_code="account_closed",
        failure_message="The bank account has been closed.", failure_balance_transaction=back["id"],
    )  # fmt: skip


def pay_out_due(world: World) -> None:
    """Sends each account's available money on its schedule, keeping its minimum balance.

    Source: https://docs.stripe.com/payouts#payout-schedule
    """
    accounts = [each["id"] for each in world.store.all("account") if each["payouts_enabled"]]
    for account in ["", *accounts]:
        rules = balance.settings(world, account)["payments"]["payouts"]
        if (rules["schedule"] or {}).get("interval") == "manual":
            continue
        keeps = rules.get("minimum_balance_by_currency", {})
        for currency, amount in money.balances(world, account)[0].items():
            spare = amount - int(keeps.get(currency, 0))
            if spare > 0:
                send(world, account, spare, currency, automatic=True)
