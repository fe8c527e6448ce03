"""The balance, its movements, and its settings."""

from __future__ import annotations

import json

from standins.stripe import money
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.paging import page
from standins.stripe.store import Document
from standins.stripe.world import World


@plays("get", "/v1/balance")
def retrieve_balance(world: World, _ask: Ask) -> Document:
    """https://docs.stripe.com/api/balance/balance_retrieve"""
    available, pending = money.balances(world, world.account)
    currencies = sorted({*available, *pending} or {"usd"})
    return {
        "object": "balance",
        "available": [_amount(available.get(each, 0), each) for each in currencies],
        "livemode": False,
        "pending": [_amount(pending.get(each, 0), each) for each in currencies],
    }


@plays("get", "/v1/balance_transactions/{id}")
def retrieve_movement(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/balance_transactions/retrieve"""
    return world.get("balance_transaction", ask.refs["id"])


@plays("get", "/v1/balance_transactions", "currency", "payout", "source", "type")
def list_movements(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/balance_transactions/list"""
    equal = {name: ask.params[name] for name in ("currency", "source", "type") if name in ask.params}
    every = world.store.all("balance_transaction", account=world.account, **equal)
    if "payout" in ask.params:
        every = [each for each in every if each["source"] == ask.params["payout"]]
    return page(every, ask.params, url="/v1/balance_transactions")


@plays("get", "/v1/balance_settings")
def retrieve_settings(world: World, _ask: Ask) -> Document:
    """https://docs.stripe.com/api/balance-settings"""
    return settings(world, world.account)


@plays(
    "post", "/v1/balance_settings", "payments.debit_negative_balances", "payments.payouts.minimum_balance_by_currency",
    "payments.payouts.schedule", "payments.payouts.statement_descriptor", "payments",
)  # fmt: skip
def update_settings(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/payouts/minimum-balances-for-automatic-payouts"""
    kept = settings(world, world.account)
    wish = ask.params.get("payments", {})
    payouts = {**kept["payments"]["payouts"], **wish.get("payouts", {})}
    least = payouts.get("minimum_balance_by_currency") or {}
    payouts["minimum_balance_by_currency"] = {name: value for name, value in least.items() if value != ""}
    kept["payments"]["payouts"] = payouts
    if "debit_negative_balances" in wish:
        kept["payments"]["debit_negative_balances"] = wish["debit_negative_balances"]
    world.store.set_fact(f"balance_settings:{world.account}", json.dumps(kept))
    return kept


def settings(world: World, account: str) -> Document:
    """The balance settings of an account.

    The platform starts with manual payouts, the schedule a platform chooses that holds money for orders; payees start
    with Stripe's own default, daily.
    """
    stored = world.store.fact(f"balance_settings:{account}", "")
    if stored:
        return dict(json.loads(stored))
    # Tables by currency are left out while empty: the SDK 16.1 cannot read a null there.
    payouts = {
        "schedule": {"interval": "daily" if account else "manual"},
        "statement_descriptor": None,
        "status": "enabled",
    }
    timing = {"delay_days": world.setup.settlement_days, "delay_days_override": None}
    return {
        "object": "balance_settings",
        "payments": {"debit_negative_balances": True, "payouts": payouts, "settlement_timing": timing},
    }


def _amount(amount: int, currency: str) -> Document:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
