"""Payment intents, charges, customers: how a payment by card or by a slow method runs."""

from __future__ import annotations

from standins.stripe import expanding, ids, money
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import StripeError, invalid, no_behavior
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import World

TEST_CARDS = {"pm_card_visa": None, "pm_card_chargeDeclined": "generic_decline"}
DECLINED = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
}


@plays("get", "/v1/payment_intents/{intent}", "client_secret")
def retrieve_intent(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/payment_intents/retrieve"""
    return world.get("payment_intent", ask.refs["intent"])


@plays(
    "post", "/v1/payment_intents", "amount", "currency", "confirm", "payment_method", "allowed_payment_method_types", "customer",
    "description", "receipt_email", "transfer_group", "capture_method",
)  # fmt: skip
def create_intent(world: World, ask: Ask) -> Document:
    """Made and confirmed in one call with one of Stripe's test cards: https://docs.stripe.com/testing

    Raises a 402 card_error for a card that is declined; the failed charge stays.
    """
    params = ask.params
    method = params.get("payment_method")
    if not params.get("confirm") or method not in TEST_CARDS:
        raise no_behavior("post", "/v1/payment_intents unless confirmed with pm_card_visa or pm_card_chargeDeclined")
    if params["amount"] < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    currency = money.require_currency(params["currency"])
    terms = {"amount_total": params["amount"], "currency": currency, "customer": params.get("customer")}
    terms["payment_method_types"] = params.get("allowed_payment_method_types", ["card"])
    intent = world.create("payment_intent", _intent_fields(world, terms, params))
    world.change(intent, client_secret=f"{intent['id']}_secret_{ids.random_text(25)}")
    world.emit("payment_intent.created", intent)
    code = TEST_CARDS[method]
    if code is None:
        succeed(world, intent, email=params.get("receipt_email", ""))
        return intent
    decline(world, intent, code=code, email=params.get("receipt_email", ""))
    error = intent["last_payment_error"]
    extra = {"charge": error["charge"], "decline_code": code, "payment_intent": intent}
    raise StripeError(402, "card_error", error["message"], None, "card_declined", extra, keeps=True)


@plays("get", "/v1/payment_intents")
def list_intents(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/payment_intents/list"""
    return page(world.store.all("payment_intent", account=world.account), ask.params, url="/v1/payment_intents")


@plays("get", "/v1/charges/{charge}")
def retrieve_charge(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/charges/retrieve"""
    return world.get("charge", ask.refs["charge"])


@plays("get", "/v1/charges", "payment_intent", "transfer_group")
def list_charges(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/charges/list"""
    equal = {name: ask.params[name] for name in ("payment_intent", "transfer_group") if name in ask.params}
    return page(world.store.all("charge", account=world.account, **equal), ask.params, url="/v1/charges")


@plays("post", "/v1/customers", "email", "name", "description", "phone", "preferred_locales")
def create_customer(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/customers/create"""
    fields: Document = {
        "balance": 0, "created": world.now, "delinquent": False, "livemode": False, "metadata": {},
        "invoice_prefix": _prefix(), "preferred_locales": [], "next_invoice_sequence": 1, "tax_exempt": "none",
        "invoice_settings": {
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None,
        },
        **{name: value for name, value in ask.params.items() if name != "expand"},
    }  # fmt: skip
    customer = world.create("customer", fields)
    world.emit("customer.created", customer)
    return customer


@plays("get", "/v1/customers/{customer}")
def retrieve_customer(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/customers/retrieve"""
    return world.get("customer", ask.refs["customer"])


def open_intent(world: World, session: Document, inner: Document) -> Document:
    """The payment intent behind a checkout session, made when the buyer first tries to pay."""
    if session["payment_intent"] is not None:
        return world.get("payment_intent", session["payment_intent"])
    data = inner["payment_intent_data"]
    intent = world.create("payment_intent", _intent_fields(world, session, data))
    world.change(intent, client_secret=f"{intent['id']}_secret_{ids.random_text(25)}")
    world.emit("payment_intent.created", intent)
    world.change(session, payment_intent=intent["id"])
    return intent


def decline(world: World, intent: Document, *, code: str, email: str) -> Document:
    """A failed card attempt: a failed charge, the intent waits for another method.

    Source: https://docs.stripe.com/declines and https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    message = DECLINED[code]
    charge = _charge(world, intent, status="failed", email=email)
    outcome = {**charge["outcome"], "network_status": "declined_by_network", "type": "issuer_declined"}
    outcome |= {"reason": code, "seller_message": "The bank did not return any further details with this decline."}
    world.change(
        charge, captured=False, amount_captured=0, paid=False, outcome=outcome, failure_code="card_declined",
        failure_message=message, receipt_url=None,
    )  # fmt: skip
    error = {
        "advice_code": "try_again_later", "charge": charge["id"], "code": "card_declined", "decline_code": code,
        "doc_url": "https://docs.stripe.com/error-codes/card-declined", "message": message, "type": "card_error",
    }  # fmt: skip
    world.change(intent, status="requires_payment_method", last_payment_error=error, latest_charge=charge["id"])
    world.emit("charge.failed", charge)
    world.emit("payment_intent.payment_failed", intent)
    return charge


def succeed(world: World, intent: Document, *, email: str) -> Document:
    """A captured payment: its balance transaction follows the charge as with asynchronous capture.

    Source: https://docs.stripe.com/payments/payment-intents/asynchronous-capture
    """
    charge = _settling_charge(world, intent) or _charge(world, intent, status="succeeded", email=email)
    world.change(charge, status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    world.emit("charge.succeeded", charge)
    movement = money.book(
        world, "charge", charge["id"], charge["amount"], charge["currency"],
        fee=money.fee_minor(charge["amount"]), available_on=money.settles_at(world), description=charge["description"],
    )  # fmt: skip
    world.change(charge, "charge.updated", balance_transaction=movement["id"])
    world.change(
        intent, "payment_intent.succeeded", status="succeeded", latest_charge=charge["id"],
        amount_received=intent["amount"], last_payment_error=None, processing=None,
    )  # fmt: skip
    return charge


def start_processing(world: World, intent: Document, *, email: str) -> Document:
    """A method that answers days later, such as a bank debit: the charge is pending.

    Source: https://docs.stripe.com/payments/paymentintents/lifecycle
    """
    charge = _charge(world, intent, status="pending", email=email)
    world.change(charge, captured=True, paid=False, amount_captured=0)
    world.emit("charge.pending", charge)
    world.change(intent, "payment_intent.processing", status="processing", latest_charge=charge["id"])
    return charge


def fail_processing(world: World, intent: Document) -> None:
    """The slow method came back without the money."""
    charge = world.get("charge", intent["latest_charge"])
    world.change(
        charge, "charge.failed", status="failed", paid=False, failure_code="payment_method_provider_decline",
        failure_message="The bank refused the debit.",
    )  # fmt: skip
    error = {
        "charge": charge["id"], "code": "payment_method_provider_decline", "message": "The bank refused the debit.",
        "doc_url": "https://docs.stripe.com/error-codes/payment-method-provider-decline", "type": "card_error",
    }  # fmt: skip
    world.change(intent, "payment_intent.payment_failed", status="requires_payment_method", last_payment_error=error)


def refunds_of(world: World, charge: Document) -> Document:
    """The refunds of a charge as the list that `expand[]=refunds` includes."""
    refunds = world.store.all("refund", account=world.account, charge=charge["id"])
    return page(refunds, {}, url=f"/v1/charges/{charge['id']}/refunds")


expanding.INCLUDED["charge", "refunds"] = refunds_of


def _settling_charge(world: World, intent: Document) -> Document | None:
    return world.get("charge", intent["latest_charge"]) if intent["status"] == "processing" else None


def _intent_fields(world: World, session: Document, data: Params) -> Document:
    return {
        "amount": session["amount_total"], "amount_capturable": 0, "amount_received": 0, "amount_details": {"tip": {}},
        "automatic_payment_methods": None, "capture_method": data.get("capture_method", "automatic_async"),
        "confirmation_method": "automatic", "created": world.now, "currency": session["currency"],
        "customer": session["customer"], "description": data.get("description"), "livemode": False,
        "metadata": data.get("metadata", {}), "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": session["payment_method_types"], "receipt_email": data.get("receipt_email"),
        "statement_descriptor": data.get("statement_descriptor"), "status": "requires_payment_method",
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "transfer_group": data.get("transfer_group"),
    }  # fmt: skip


def _charge(world: World, intent: Document, *, status: str, email: str) -> Document:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    fields: Document = {
        "amount": intent["amount"], "amount_captured": intent["amount"], "amount_refunded": 0, "captured": True,
        "billing_details": {"address": address, "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "HEADROOM", "created": world.now, "currency": intent["currency"],
        "customer": intent["customer"], "description": intent["description"], "disputed": False, "fraud_details": {},
        "livemode": False, "metadata": dict(intent["metadata"]), "paid": status == "succeeded", "refunded": False,
        "outcome": {
            "advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal", "risk_score": 12,
            "seller_message": "Payment complete.", "type": "authorized",
        },
        "payment_intent": intent["id"], "payment_method": ids.new("payment_method"), "status": status,
        "payment_method_details": _method_details(status), "transfer_group": intent["transfer_group"],
    }  # fmt: skip
    charge = world.create("charge", fields)
    return world.change(charge, receipt_url=f"{world.setup.public_url}/receipts/{charge['id']}")


def _method_details(status: str) -> Document:
    if status == "pending":
        return {"sepa_debit": {"country": "DE", "last4": "3000"}, "type": "sepa_debit"}
    card = {"brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit", "last4": "4242"}
    return {"card": card, "type": "card"}


def _prefix() -> str:
    return ids.random_text(8).upper()
