"""Faults on demand: some wait for the next fitting call or delivery, some happen at once."""

from __future__ import annotations

import json
from collections.abc import Callable

from standins.stripe.behavior import accounts, disputes, payouts, refunds
from standins.stripe.errors import invalid
from standins.stripe.store import Document
from standins.stripe.world import World

CALL_FAULTS = frozenset(
    {"error_before", "error_after_commit", "timeout_after_commit", "connection_lost_after_commit", "rate_limit"}
)
WEBHOOK_FAULTS = frozenset({"webhook_drop", "webhook_dup", "webhook_delay", "webhook_reorder"})
MONEY_FAULTS = frozenset(
    {"insufficient_balance", "insufficient_payee_balance", "refund_pending", "refund_failed", "payout_failed"}
)
ARMED = CALL_FAULTS | WEBHOOK_FAULTS | MONEY_FAULTS


def make(world: World, wish: Document) -> Document:
    """Arms a waiting fault or makes an immediate one happen; answers what there is now."""
    name = str(wish.get("fault", ""))
    if name == "refund_failed" and "refund" in wish:
        return refunds.fail(world, world.get("refund", wish["refund"]))
    if name in ARMED:
        world.store.run("INSERT INTO fault (kind, rule) VALUES (?, ?)", name, json.dumps(wish))
        return {"armed": name, "waiting": waiting(world)}
    if name not in AT_ONCE:
        known = ", ".join(sorted([*ARMED, *AT_ONCE]))
        raise invalid(f"Unknown fault '{name}'. Known: {known}", param="fault")
    return AT_ONCE[name](world, wish)


def waiting(world: World) -> list[Document]:
    """Faults armed and not yet used up."""
    rows = world.store.rows("SELECT id, rule FROM fault ORDER BY id")
    return [{"id": row["id"], **json.loads(row["rule"])} for row in rows]


def disarm(world: World) -> None:
    """Forgets every waiting fault."""
    world.store.run("DELETE FROM fault")


def _charge(world: World, wish: Document) -> Document:
    return world.get("charge", str(wish.get("charge", "")), param="charge")


def _dispute(world: World, wish: Document) -> Document:
    if "dispute" in wish:
        return world.get("dispute", wish["dispute"], param="dispute")
    every = world.store.all("dispute", charge=wish.get("charge"))
    if not every:
        raise invalid("Name a dispute, or a charge that has one.", param="dispute")
    return every[0]


def _account(world: World, wish: Document) -> Document:
    return world.get("account", str(wish.get("account", "")), param="account")


def _settle_refund(world: World, wish: Document) -> Document:
    return refunds.settle(world, world.get("refund", str(wish.get("refund", "")), param="refund"))


def _fail_payout(world: World, wish: Document) -> Document:
    payout = world.store.get(str(wish.get("payout", "")))
    if payout is None or payout["object"] != "payout":
        raise invalid("Name a payout.", param="payout")
    return payouts.fail(world, payout)


def _deauthorize(world: World, wish: Document) -> Document:
    account = _account(world, wish)
    accounts.deauthorize(world, account)
    return account


AT_ONCE: dict[str, Callable[[World, Document], Document]] = {
    "dispute_created": lambda world, wish: disputes.open_dispute(world, _charge(world, wish)),
    "dispute_won": lambda world, wish: disputes.close_dispute(world, _dispute(world, wish), won=True),
    "dispute_lost": lambda world, wish: disputes.close_dispute(world, _dispute(world, wish), won=False),
    "early_fraud_warning": lambda world, wish: disputes.warn(world, _charge(world, wish)),
    "capability_revoked": lambda world, wish: accounts.restrict(world, _account(world, wish), submitted=True),
    "capability_restored": lambda world, wish: accounts.finish_onboarding(world, _account(world, wish)),
    "account_deauthorized": _deauthorize,
    "refund_settled": _settle_refund,
    "payout_returned": _fail_payout,
}
