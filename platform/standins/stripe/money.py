"""Balance movements: every change of a balance is one balance transaction, and balances are sums of them."""

from __future__ import annotations

from collections import defaultdict

from standins.stripe.errors import StripeError, invalid
from standins.stripe.store import Document
from standins.stripe.world import DAY_S, World

FEE_BP = 290
FEE_FIXED_MINOR = 30
ZERO_DECIMAL_CODES = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf"
ZERO_DECIMAL = frozenset(ZERO_DECIMAL_CODES.split())
CODES = (
    "usd aed all amd ang aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc czk dkk "
    "dop dzd egp etb eur fjd gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs khr kzt lbp lkr mad "
    "mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar "
    "sek sgd sos srd szl thb tjs top try ttd twd tzs uah uyu uzs wst xcd yer zar zmw"
)
SUPPORTED = ZERO_DECIMAL | frozenset(CODES.split())
CATEGORIES = {
    "payment": "charge",
    "payment_refund": "refund",
    "adjustment": "dispute",
    "payout_failure": "payout_reversal",
}


def fee_minor(amount_minor: int) -> int:
    """Stripe's fee on a card payment: 2.9 % + 30, half up (https://stripe.com/pricing)."""
    return (amount_minor * FEE_BP + 5_000) // 10_000 + FEE_FIXED_MINOR


def settles_at(world: World) -> int:
    """When a payment made now becomes available: midnight UTC after the settlement days.

    Source: https://docs.stripe.com/payouts#payout-speed
    """
    if world.setup.settlement_days == 0:
        return world.now
    return (world.now // DAY_S + world.setup.settlement_days) * DAY_S


def book(
    world: World, kind: str, source: str, amount: int, currency: str,
    *, fee: int = 0, available_on: int | None = None, account: str | None = None, description: str | None = None,
) -> Document:  # fmt: skip
    """One movement of an account's balance; `amount` and `fee` in minor units, `amount` signed."""
    due = world.now if available_on is None else available_on
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    fields: Document = {
        "amount": amount,
        "available_on": due,
        "balance_type": "payments",
        "created": world.now,
        "currency": currency,
        "description": description,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": CATEGORIES.get(kind, kind),
        "source": source,
        "status": "pending" if due > world.now else "available",
        "type": kind,
    }
    return world.create("balance_transaction", fields, account=account)


def balances(world: World, account: str) -> tuple[dict[str, int], dict[str, int]]:
    """(available, pending) of an account in minor units by currency."""
    available: dict[str, int] = defaultdict(int)
    pending: dict[str, int] = defaultdict(int)
    rows = world.store.rows(
        "SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.available_on') > ? AS later,"
        " SUM(json_extract(body, '$.net')) AS net FROM object WHERE kind = 'balance_transaction' AND account = ?"
        " GROUP BY 1, 2",
        world.now, account,
    )  # fmt: skip
    for row in rows:
        (pending if row["later"] else available)[row["currency"]] += int(row["net"])
    return dict(available), dict(pending)


def mature(world: World) -> int:
    """Marks movements whose day has come as available; returns how many."""
    return world.store.run(
        "UPDATE object SET body = json_set(body, '$.status', 'available') WHERE kind = 'balance_transaction'"
        " AND json_extract(body, '$.status') = 'pending' AND json_extract(body, '$.available_on') <= ?",
        world.now,
    )


def require_currency(currency: str, *, param: str = "currency") -> str:
    """The currency in lower case; refuses one Stripe does not know (https://docs.stripe.com/currencies)."""
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        listed = ", ".join(sorted(SUPPORTED))
        raise invalid(f"Invalid currency: {lowered}. Stripe currently supports these currencies: {listed}", param=param)
    return lowered


def in_words(amount_minor: int, currency: str) -> str:
    """An amount as Stripe's English messages write it."""
    if currency in ZERO_DECIMAL:
        return f"{amount_minor} {currency.upper()}"
    sign = {"usd": "$", "eur": "€", "gbp": "£"}.get(currency, currency.upper() + " ")
    return f"{sign}{amount_minor // 100:,}.{amount_minor % 100:02d}"


def insufficient() -> StripeError:
    """The answer when the available balance does not cover a movement."""
    return invalid(
        "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
        "balance by creating Charges using the 4000000000000077 test card. "
        "See: https://docs.stripe.com/testing#available-balance",
        code="balance_insufficient",
    )
