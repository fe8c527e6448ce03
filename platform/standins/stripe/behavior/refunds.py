"""Refunds: at once, waiting, or come back as failed."""

from __future__ import annotations

from standins.stripe import money
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import World


@plays("post", "/v1/refunds", "charge", "payment_intent", "amount", "reason")
def create_refund(world: World, ask: Ask) -> Document:
    """Money back to the payer, never more than is left of the charge: https://docs.stripe.com/api/refunds/create

    A fault `refund_pending` makes it wait, `refund_failed` makes it fail later (https://docs.stripe.com/refunds).
    """
    charge = _charge_of(world, ask.params)
    amount = _amount(charge, ask.params)
    waits = world.tip("refund_pending", charge=charge["id"]) or world.tip("refund_failed", charge=charge["id"])
    refund = world.create(
        "refund",
        {
            "amount": amount, "charge": charge["id"], "created": world.now, "currency": charge["currency"],
            "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
            "metadata": ask.params.get("metadata", {}), "payment_intent": charge["payment_intent"],
            "reason": ask.params.get("reason"), "status": "pending" if waits else "succeeded",
            "pending_reason": "processing" if waits else None,
        },
        inner={"fails": bool(waits and waits["fault"] == "refund_failed")},
    )  # fmt: skip
    due = max(world.now, _available_on(world, charge))
    movement = money.book(world, "refund", refund["id"], -amount, charge["currency"], available_on=due)
    world.change(refund, balance_transaction=movement["id"])
    refunded = charge["amount_refunded"] + amount
    world.change(charge, "charge.refunded", amount_refunded=refunded, refunded=refunded == charge["amount"])
    world.emit("refund.created", refund)
    return refund


@plays("get", "/v1/refunds/{refund}")
def retrieve_refund(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/refunds/retrieve"""
    return world.get("refund", ask.refs["refund"])


@plays("get", "/v1/refunds", "charge", "payment_intent")
def list_refunds(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/refunds/list"""
    equal = {name: ask.params[name] for name in ("charge", "payment_intent") if name in ask.params}
    return page(world.store.all("refund", account=world.account, **equal), ask.params, url="/v1/refunds")


@plays("post", "/v1/refunds/{refund}")
def update_refund(world: World, ask: Ask) -> Document:
    """Only metadata can change: https://docs.stripe.com/api/refunds/update"""
    refund = world.get("refund", ask.refs["refund"])
    return world.change(refund, "refund.updated", metadata={**refund["metadata"], **(ask.params.get("metadata") or {})})


def settle(world: World, refund: Document) -> Document:
    """A waiting refund gets its answer, good or bad as was decided when it was made."""
    if refund["status"] != "pending":
        raise invalid(f"This refund is {refund['status']}; nothing is left to settle.")
    if world.store.inner(refund["id"])["fails"]:
        return fail(world, refund)
    return world.change(refund, "refund.updated", status="succeeded", pending_reason=None)


def fail(world: World, refund: Document) -> Document:
    """The bank could not take the money: it returns to the balance (https://docs.stripe.com/refunds#failed-refunds)."""
    if refund["status"] == "failed":
        raise invalid("This refund has already failed.")
    charge = world.get("charge", refund["charge"])
    movement = money.book(world, "refund_failure", refund["id"], refund["amount"], refund["currency"])
    refunded = charge["amount_refunded"] - refund["amount"]
    world.change(charge, "charge.updated", amount_refunded=refunded, refunded=False)
    world.change(
        refund, "refund.updated", status="failed", pending_reason=None,
        failure_reason="lost_or_stolen_card", failure_balance_transaction=movement["id"],
    )  # fmt: skip
    world.emit("refund.failed", refund)
    return refund


def _charge_of(world: World, params: Params) -> Document:
    if "charge" in params:
        return world.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    intent = world.get("payment_intent", params["payment_intent"], param="payment_intent")
    if intent["latest_charge"] is None:
        raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
    return world.get("charge", intent["latest_charge"])


def _amount(charge: Document, params: Params) -> int:
    left = int(charge["amount_captured"]) - int(charge["amount_refunded"])
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} has not succeeded; it cannot be refunded.", param="charge")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = int(params.get("amount", left))
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        asked, rest = (money.in_words(each, charge["currency"]) for each in (amount, left))
        raise invalid(f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})", param="amount")
    return amount


def _available_on(world: World, charge: Document) -> int:
    movement = world.store.get(charge["balance_transaction"])
    return int(movement["available_on"]) if movement else world.now
