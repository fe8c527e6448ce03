"""Checkout sessions, and what the buyer does on the hosted page."""

from __future__ import annotations

from standins.stripe import expanding, ids, money
from standins.stripe.behavior import payments
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import StripeError, invalid, no_behavior
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import HOUR_S, World

SHORTEST_S = HOUR_S // 2
LONGEST_S = 24 * HOUR_S
# Smallest charge in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
SMALLEST = {"usd": 50, "eur": 50, "gbp": 30, "cad": 50, "aud": 50, "chf": 50, "jpy": 50, "sek": 300, "nok": 300}
LARGEST = 99_999_999

INTENT_DATA = tuple(
    f"payment_intent_data.{name}"
    for name in (
        "description", "metadata", "transfer_group", "receipt_email", "statement_descriptor",
        "statement_descriptor_suffix", "capture_method",
    )
)  # fmt: skip


@plays(
    "post", "/v1/checkout/sessions", "mode", "line_items", "success_url", "cancel_url", "client_reference_id",
    "customer", "customer_email", "expires_at", "locale", "allowed_payment_method_types", "submit_type", "ui_mode", "currency",
    "automatic_tax.enabled", "invoice_creation.enabled", "customer_creation", "billing_address_collection",
    "custom_text", "payment_intent_data.metadata", "consent_collection", *INTENT_DATA,
)  # fmt: skip
def create_session(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/checkout/sessions/create"""
    _check(world, ask.params)
    items = [_line_item(world, item, f"line_items[{at}]") for at, item in enumerate(ask.params["line_items"])]
    currency = _one_currency(items)
    total = sum(item["amount_total"] for item in items)
    _check_amount(total, currency)
    inner = {"items": items, "payment_intent_data": ask.params.get("payment_intent_data", {})}
    session = world.create("checkout.session", _session_fields(world, ask.params, currency, total), inner=inner)
    return world.change(session, url=f"{world.setup.public_url}/c/pay/{session['id']}")


@plays("get", "/v1/checkout/sessions/{session}")
def retrieve_session(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/checkout/sessions/retrieve"""
    return world.get("checkout.session", ask.refs["session"])


@plays("get", "/v1/checkout/sessions", "payment_intent", "status", "customer")
def list_sessions(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/checkout/sessions/list"""
    equal = {name: ask.params[name] for name in ("payment_intent", "status", "customer") if name in ask.params}
    return page(
        world.store.all("checkout.session", account=world.account, **equal), ask.params, url="/v1/checkout/sessions"
    )


@plays("post", "/v1/checkout/sessions/{session}/expire")
def expire_session(world: World, ask: Ask) -> Document:
    """Only an open session expires: https://docs.stripe.com/api/checkout/sessions/expire"""
    session = world.get("checkout.session", ask.refs["session"])
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    return expire(world, session)


@plays("get", "/v1/checkout/sessions/{session}/line_items")
def list_line_items(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/checkout/sessions/line_items"""
    session = world.get("checkout.session", ask.refs["session"])
    return page(_items(world, session), ask.params, url=f"/v1/checkout/sessions/{session['id']}/line_items")


def pay_by_card(world: World, session: Document, *, email: str) -> Document:
    """The buyer pays and comes back: https://docs.stripe.com/payments/checkout/how-checkout-works"""
    intent = _attempt(world, session)
    payments.succeed(world, intent, email=email)
    return _complete(world, session, email=email, payment_status="paid")


def be_declined(world: World, session: Document, *, code: str, email: str) -> None:
    """The bank says no; the session stays open: https://docs.stripe.com/declines"""
    payments.decline(world, _attempt(world, session), code=code, email=email)


def leave_authentication(world: World, session: Document) -> None:
    """The buyer walks away from the bank's 3D Secure page; the session stays open.

    Source: https://docs.stripe.com/payments/3d-secure
    """
    intent = _attempt(world, session)
    error = {
        "code": "payment_intent_authentication_failure", "type": "card_error",
        "doc_url": "https://docs.stripe.com/error-codes/payment-intent-authentication-failure",
        "message": "The provided PaymentMethod has failed authentication.",
    }  # fmt: skip
    world.change(intent, status="requires_payment_method", last_payment_error=error)
    world.emit("payment_intent.payment_failed", intent)


def pay_later(world: World, session: Document, *, email: str) -> Document:
    """A delayed method: the session completes unpaid: https://docs.stripe.com/payments/bank-debits"""
    payments.start_processing(world, _attempt(world, session), email=email)
    return _complete(world, session, email=email, payment_status="unpaid")


def settle_later(world: World, session: Document, *, succeeded: bool) -> Document:
    """The delayed method's answer: https://docs.stripe.com/checkout/fulfillment#delayed-notification"""
    intent = world.get("payment_intent", session["payment_intent"])
    if intent["status"] != "processing":
        raise invalid(f"This payment is not processing; its status is {intent['status']}.")
    if not succeeded:
        payments.fail_processing(world, intent)
        return world.change(session, "checkout.session.async_payment_failed")
    payments.succeed(world, intent, email=session["customer_details"]["email"])
    return world.change(session, "checkout.session.async_payment_succeeded", payment_status="paid")


def expire(world: World, session: Document) -> Document:
    """Closes an open session and cancels the intent behind it."""
    if session["payment_intent"] is not None:
        intent = world.get("payment_intent", session["payment_intent"])
        world.change(
            intent, "payment_intent.canceled", status="canceled", canceled_at=world.now, cancellation_reason="expired"
        )
    return world.change(session, "checkout.session.expired", status="expired", url=None)


def expire_due(world: World) -> None:
    """Expires every open session whose time is over."""
    for session in world.store.all("checkout.session", account=None, status="open"):
        if session["expires_at"] <= world.now:
            expire(world, session)


def _items(world: World, session: Document) -> list[Document]:
    return list(world.store.inner(session["id"])["items"])


def _included_items(world: World, session: Document) -> Document:
    return page(_items(world, session), {}, url=f"/v1/checkout/sessions/{session['id']}/line_items")


expanding.INCLUDED["checkout.session", "line_items"] = _included_items


def _attempt(world: World, session: Document) -> Document:
    if session["status"] != "open":
        raise invalid(f"This Checkout Session is {session['status']}; it can no longer be paid.")
    return payments.open_intent(world, session, world.store.inner(session["id"]))


def _complete(world: World, session: Document, *, email: str, payment_status: str) -> Document:
    details = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone"))
    details |= {"email": email, "tax_exempt": "none", "tax_ids": []}
    world.change(session, status="complete", payment_status=payment_status, customer_details=details, url=None)
    world.emit("checkout.session.completed", session)
    return session


def _check(world: World, params: Params) -> None:
    if params.get("mode") is None:
        raise _needed("mode")
    if params["mode"] != "payment" or params.get("ui_mode", "hosted_page") != "hosted_page":
        raise no_behavior("post", f"/v1/checkout/sessions with mode={params['mode']}")
    for name in ("line_items", "success_url"):
        if not params.get(name):
            raise _needed(name)
    for name in ("automatic_tax", "invoice_creation"):
        if params.get(name, {}).get("enabled"):
            raise no_behavior("post", f"/v1/checkout/sessions with {name}[enabled]=true")
    for name in ("success_url", "cancel_url"):
        if name in params and not str(params[name]).startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    if "customer" in params:
        world.get("customer", params["customer"], param="customer")
        if "customer_email" in params:
            raise invalid("You may only specify one of these parameters: customer, customer_email.")
    if "expires_at" in params:
        _check_expiry(params["expires_at"] - world.now)


def _check_expiry(left_s: int) -> None:
    # A minute of play on both sides, as clocks of caller and called differ.
    if left_s < SHORTEST_S - 60:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if left_s > LONGEST_S + 60:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )


def _check_amount(total: int, currency: str) -> None:
    least = SMALLEST.get(currency, 1)
    if total < least:
        raise invalid(
            "The Checkout Session's total amount due must add up to at least "
            f"{money.in_words(least, currency)} {currency}",
            code="amount_too_small",
        )
    if total > LARGEST:
        raise invalid(
            f"The Checkout Session's total amount must be no more than {money.in_words(LARGEST, currency)}",
            code="amount_too_large",
        )


def _line_item(world: World, item: Params, at: str) -> Document:
    if "price_data" not in item:
        raise no_behavior("post", f"/v1/checkout/sessions with {at} that names a stored price")
    data, quantity = item["price_data"], int(item.get("quantity", 0))
    if "product_data" not in data:
        raise invalid(
            "You must specify either `product` or `product_data` when creating a price.", param=f"{at}[price_data]"
        )
    if "unit_amount" not in data:
        raise _needed(f"{at}[price_data][unit_amount]")
    if data["unit_amount"] < 0:
        raise invalid("This value must be greater than or equal to 0.", param=f"{at}[price_data][unit_amount]")
    if quantity < 1:
        raise invalid("Quantity is required. Add `quantity` to the line item.", param=f"{at}[quantity]")
    currency = money.require_currency(data["currency"], param=f"{at}[price_data][currency]")
    total = data["unit_amount"] * quantity
    return {
        "id": ids.new("item"), "object": "item", "adjustable_quantity": None, "amount_discount": 0,
        "amount_subtotal": total, "amount_tax": 0, "amount_total": total, "currency": currency,
        "description": data["product_data"]["name"], "metadata": item.get("metadata", {}),
        "price": _price(world, data, currency), "quantity": quantity,
    }  # fmt: skip


def _price(world: World, data: Params, currency: str) -> Document:
    return {
        "id": ids.new("price"), "object": "price", "active": False, "billing_scheme": "per_unit", "created": world.now,
        "currency": currency, "custom_unit_amount": None, "livemode": False, "lookup_key": None, "metadata": {},
        "nickname": None, "product": ids.new("product"), "recurring": None, "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None, "transform_quantity": None, "type": "one_time", "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }  # fmt: skip


def _one_currency(items: list[Document]) -> str:
    currencies = {item["currency"] for item in items}
    if len(currencies) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    return str(currencies.pop())


def _session_fields(world: World, params: Params, currency: str, total: int) -> Document:
    return {
        "amount_subtotal": total, "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"), "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"), "created": world.now, "currency": currency,
        "consent_collection": params.get("consent_collection"), "custom_fields": [],
        "custom_text": {
            name: params.get("custom_text", {}).get(name)
            for name in ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        },
        "customer": params.get("customer"), "customer_creation": params.get("customer_creation", "if_required"),
        "customer_email": params.get("customer_email"), "expires_at": params.get("expires_at", world.now + LONGEST_S),
        "livemode": False, "locale": params.get("locale"), "metadata": params.get("metadata", {}), "mode": "payment",
        "payment_method_options": {}, "payment_method_types": params.get("allowed_payment_method_types", ["card", "sepa_debit"]),
        "payment_status": "unpaid", "phone_number_collection": {"enabled": False}, "shipping_options": [],
        "payment_method_collection": "if_required", "status": "open", "submit_type": params.get("submit_type"),
        "success_url": params["success_url"], "ui_mode": "hosted_page",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    }  # fmt: skip


def _needed(param: str) -> StripeError:
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")
