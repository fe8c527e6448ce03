"""What the payment provider says, as frozen values in our units: aware instants, capital currencies, minor units.

Words of theirs that we do not know (a new status, a new type) pass through unchanged; callers keep, log and
show them, and never guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe


@dataclass(frozen=True, slots=True)
class BalanceMovement:
    """One balance transaction, signed as the provider signs it; net = gross − fee."""

    id: str
    kind: str
    source: str | None
    gross_minor: int
    fee_minor: int
    currency: str
    created_at: datetime
    available_on: datetime

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class Checkout:
    """A hosted checkout. `status`: open, complete, expired; `payment_status`: paid, unpaid, …"""

    id: str
    url: str | None
    status: str
    payment_status: str
    intent_id: str | None
    amount_minor: int
    currency: str
    reference: str
    metadata: Mapping[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """`status`: pending, requires_action, succeeded, failed, canceled."""

    id: str
    status: str
    amount_minor: int
    currency: str
    charge_id: str | None
    movement: BalanceMovement | None
    returned: BalanceMovement | None  # a failed refund's money coming back
    failure_reason: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """`status`: needs_response, under_review, won, lost, warning_…, and what they add to it."""

    id: str
    status: str
    amount_minor: int
    currency: str
    movements: tuple[BalanceMovement, ...]


@dataclass(frozen=True, slots=True)
class ProviderCharge:
    """Money that arrived or tried to. `status`: succeeded, pending, failed."""

    id: str
    status: str
    amount_minor: int
    captured_minor: int
    currency: str
    movement: BalanceMovement | None
    method: str  # "visa ····4242" or the method's name
    is_disputed: bool
    refunds: tuple[ProviderRefund, ...]


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """`status`: requires_payment_method, processing, succeeded, canceled, …"""

    id: str
    status: str
    amount_minor: int
    currency: str
    transfer_group: str | None
    metadata: Mapping[str, str]
    charge: ProviderCharge | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class ProviderReversal:
    id: str
    amount_minor: int
    metadata: Mapping[str, str]
    movement: BalanceMovement | None


@dataclass(frozen=True, slots=True)
class ProviderTransfer:
    id: str
    amount_minor: int
    currency: str
    destination: str | None
    group: str | None
    metadata: Mapping[str, str]
    movement: BalanceMovement | None
    reversals: tuple[ProviderReversal, ...]


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """A payee's account. `transfers`: active, pending, inactive or none (never asked for)."""

    id: str
    country: str
    transfers: str
    payouts_enabled: bool
    details_submitted: bool
    currently_due: int
    disabled_reason: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """The envelope of an event: a hint that `object_id` changed. Its payload is stored and never believed.

    `intent_id` and `group` name the payment and the transfer group that the object says it belongs to.
    """

    id: str
    type: str
    object_id: str | None
    intent_id: str | None
    group: str | None
    account: str | None
    livemode: bool
    api_version: str | None
    created_at: datetime


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def id_of(reference: Any) -> str | None:
    """The id behind an expandable field: a string, an object with an id, or nothing."""
    if reference is None or isinstance(reference, str):
        return reference
    return str(reference.id)


def texts(metadata: Any) -> Mapping[str, str]:
    """Metadata as a plain mapping (the SDK's objects are not dicts)."""
    return {} if metadata is None else {str(name): str(value) for name, value in metadata.to_dict().items()}


def movement(found: Any) -> BalanceMovement | None:
    """A balance transaction where it was expanded; None where the provider has not made it yet."""
    if not isinstance(found, stripe.BalanceTransaction):
        return None
    return BalanceMovement(
        id=found.id,
        kind=found.type,
        source=id_of(found.source),
        gross_minor=found.amount,
        fee_minor=found.fee,
        currency=found.currency.upper(),
        created_at=instant(found.created),
        available_on=instant(found.available_on),
    )


def checkout(session: stripe.checkout.Session) -> Checkout:
    return Checkout(
        id=session.id,
        url=session.url,
        status=session.status or "unknown",
        payment_status=session.payment_status,
        intent_id=id_of(session.payment_intent),
        amount_minor=session.amount_total or 0,
        currency=(session.currency or "").upper(),
        reference=session.client_reference_id or "",
        metadata=texts(session.metadata),
        expires_at=instant(session.expires_at),
    )


def refund(found: stripe.Refund) -> ProviderRefund:
    return ProviderRefund(
        id=found.id,
        status=found.status or "unknown",
        amount_minor=found.amount,
        currency=found.currency.upper(),
        charge_id=id_of(found.charge),
        movement=movement(found.balance_transaction),
        returned=movement(found.failure_balance_transaction),
        failure_reason=found.failure_reason,
        metadata=texts(found.metadata),
    )


def payment(intent: stripe.PaymentIntent) -> ProviderPayment:
    latest = intent.latest_charge
    return ProviderPayment(
        id=intent.id,
        status=intent.status,
        amount_minor=intent.amount,
        currency=intent.currency.upper(),
        transfer_group=intent.transfer_group,
        metadata=texts(intent.metadata),
        charge=_charge(latest) if isinstance(latest, stripe.Charge) else None,
        last_error=intent.last_payment_error.code if intent.last_payment_error else None,
    )


def _charge(found: stripe.Charge) -> ProviderCharge:
    listed = found.refunds.data if found.refunds is not None else []
    return ProviderCharge(
        id=found.id,
        status=found.status,
        amount_minor=found.amount,
        captured_minor=found.amount_captured,
        currency=found.currency.upper(),
        movement=movement(found.balance_transaction),
        method=_method(found.payment_method_details),
        is_disputed=found.disputed,
        refunds=tuple(refund(item) for item in listed),
    )


def _method(details: Any) -> str:
    """How the payer would recognize the method; never more than brand and last four digits."""
    if details is None:
        return ""
    card = getattr(details, "card", None)
    return f"{card.brand} ····{card.last4}" if details.type == "card" and card is not None else str(details.type)


def dispute(found: stripe.Dispute) -> ProviderDispute:
    listed = [movement(item) for item in found.balance_transactions]
    return ProviderDispute(
        id=found.id,
        status=found.status,
        amount_minor=found.amount,
        currency=found.currency.upper(),
        movements=tuple(item for item in listed if item is not None),
    )


def transfer(found: stripe.Transfer) -> ProviderTransfer:
    return ProviderTransfer(
        id=found.id,
        amount_minor=found.amount,
        currency=found.currency.upper(),
        destination=id_of(found.destination),
        group=found.transfer_group,
        metadata=texts(found.metadata),
        movement=movement(found.balance_transaction),
        reversals=tuple(reversal(item) for item in found.reversals.data),
    )


def reversal(found: Any) -> ProviderReversal:
    return ProviderReversal(
        id=found.id,
        amount_minor=found.amount,
        metadata=texts(found.metadata),
        movement=movement(found.balance_transaction),
    )


def account(found: stripe.Account) -> ProviderAccount:
    capabilities, requirements = found.capabilities, found.requirements
    state = getattr(capabilities, "transfers", None) if capabilities is not None else None
    due = (requirements.currently_due or []) if requirements is not None else []
    return ProviderAccount(
        id=found.id,
        country=found.country or "",
        transfers=state or "none",
        payouts_enabled=bool(found.payouts_enabled),
        details_submitted=bool(found.details_submitted),
        currently_due=len(due),
        disabled_reason=requirements.disabled_reason if requirements is not None else None,
        metadata=texts(found.metadata),
    )


def event(found: stripe.Event) -> ProviderEvent:
    return ProviderEvent(
        id=found.id,
        type=found.type,
        object_id=getattr(found.data.object, "id", None),
        intent_id=intent_of(found.data.object),
        group=getattr(found.data.object, "transfer_group", None),
        account=found.account,
        livemode=found.livemode,
        api_version=found.api_version,
        created_at=instant(found.created),
    )


def intent_of(subject: Any) -> str | None:
    """The payment that an event's object is, or belongs to."""
    if getattr(subject, "object", None) == "payment_intent":
        return id_of(subject)
    return id_of(getattr(subject, "payment_intent", None))
