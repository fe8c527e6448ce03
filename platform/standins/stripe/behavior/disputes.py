"""Disputes and early fraud warnings; they come from the payer's bank, here from the fault panel."""

from __future__ import annotations

from standins.stripe import money
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid
from standins.stripe.paging import page
from standins.stripe.store import Document
from standins.stripe.world import DAY_S, World

# USD 15.00, as on https://stripe.com/pricing
DISPUTE_FEE_MINOR = 1500
ANSWER_DAYS = 9
OPEN = frozenset({"needs_response", "under_review"})
TEXTS = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


@plays("get", "/v1/disputes/{dispute}")
def retrieve_dispute(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/disputes/retrieve"""
    return world.get("dispute", ask.refs["dispute"])


@plays("get", "/v1/disputes", "charge", "payment_intent")
def list_disputes(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/disputes/list"""
    equal = {name: ask.params[name] for name in ("charge", "payment_intent") if name in ask.params}
    return page(world.store.all("dispute", account=world.account, **equal), ask.params, url="/v1/disputes")


@plays("post", "/v1/disputes/{dispute}", "submit", *(f"evidence.{name}" for name in TEXTS))
def answer_dispute(world: World, ask: Ask) -> Document:
    """Evidence may be kept or handed in, once: https://docs.stripe.com/api/disputes/update"""
    dispute = world.get("dispute", ask.refs["dispute"])
    if dispute["status"] != "needs_response":
        raise invalid("This dispute is already closed or under review.", code="dispute_already_closed")
    evidence = {**dispute["evidence"], **ask.params.get("evidence", {})}
    details = {**dispute["evidence_details"], "has_evidence": any(evidence[name] for name in TEXTS)}
    changes: Document = {"evidence": evidence, "evidence_details": details}
    if ask.params.get("submit"):
        changes["evidence_details"] = {**details, "submission_count": 1, "submission_method": "manual"}
        changes["status"] = "under_review"
    metadata = {**dispute["metadata"], **(ask.params.get("metadata") or {})}
    return world.change(dispute, "charge.dispute.updated", metadata=metadata, **changes)


@plays("get", "/v1/radar/early_fraud_warnings", "charge", "payment_intent")
def list_warnings(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/radar/early_fraud_warnings/list"""
    equal = {name: ask.params[name] for name in ("charge", "payment_intent") if name in ask.params}
    every = world.store.all("radar.early_fraud_warning", account=world.account, **equal)
    return page(every, ask.params, url="/v1/radar/early_fraud_warnings")


def open_dispute(world: World, charge: Document, *, reason: str = "product_not_received") -> Document:
    """The payer's bank takes amount and fee from the platform (https://docs.stripe.com/disputes/how-disputes-work)."""
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} is already disputed.")
    if charge["status"] != "succeeded" or charge["refunded"]:
        raise invalid(f"Charge {charge['id']} has nothing left to dispute.")
    amount, currency = charge["amount"] - charge["amount_refunded"], charge["currency"]
    dispute = world.create("dispute", _fields(world, charge, amount, reason))
    taken = money.book(world, "adjustment", dispute["id"], -amount, currency, fee=DISPUTE_FEE_MINOR)
    world.change(dispute, balance_transactions=[taken])
    world.change(charge, "charge.updated", disputed=True)
    world.emit("charge.dispute.created", dispute)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(world: World, dispute: Document, *, won: bool) -> Document:
    """Won: the amount returns, the fee stays. Lost: nothing moves (https://docs.stripe.com/disputes/responding)."""
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is {dispute['status']}.", code="dispute_already_closed")
    if won:
        back = money.book(world, "adjustment", dispute["id"], dispute["amount"], dispute["currency"])
        moved = [*dispute["balance_transactions"], back]
        world.change(dispute, status="won", balance_transactions=moved)
        world.emit("charge.dispute.funds_reinstated", dispute)
    else:
        world.change(dispute, status="lost")
    world.emit("charge.dispute.closed", dispute)
    return dispute


def warn(world: World, charge: Document) -> Document:
    """The card network suspects fraud; no money moves (https://docs.stripe.com/disputes/measuring#early-fraud-warnings)."""
    fields = {
        "actionable": not charge["refunded"] and not charge["disputed"], "charge": charge["id"], "created": world.now,
        "fraud_type": "made_with_stolen_card", "livemode": False, "payment_intent": charge["payment_intent"],
    }  # fmt: skip
    warning = world.create("radar.early_fraud_warning", fields)
    world.emit("radar.early_fraud_warning.created", warning)
    return warning


def _fields(world: World, charge: Document, amount: int, reason: str) -> Document:
    card = {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "13.1"}
    details = {
        "due_by": world.now + ANSWER_DAYS * DAY_S, "enhanced_eligibility": {}, "has_evidence": False,
        "past_due": False, "submission_count": 0, "submission_method": "not_submitted",
    }  # fmt: skip
    return {
        "amount": amount, "balance_transactions": [], "charge": charge["id"], "created": world.now,
        "currency": charge["currency"], "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(TEXTS), "enhanced_evidence": {}}, "evidence_details": details,
        "is_charge_refundable": False, "livemode": False, "metadata": {}, "network_reason_code": "13.1",
        "payment_intent": charge["payment_intent"], "payment_method_details": {"card": card, "type": "card"},
        "reason": reason, "status": "needs_response",
    }  # fmt: skip
