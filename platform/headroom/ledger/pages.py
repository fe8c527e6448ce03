"""Read models for pages: where every minor unit of a subject is, and the way back from checkout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.accounts.people import names_of
from headroom.ledger import deals, journals
from headroom.ledger.errors import PaymentNotFound
from headroom.ledger.models import (
    AttemptState,
    Charge,
    JournalEntry,
    Payment,
    PaymentAttempt,
    PayoutLeg,
    Refund,
)
from headroom.ledger.split import PLATFORM

# Kinds of journals as steps of a timeline; what moves only inside the platform is not shown.
SHOWN_STEPS = ("charge", "release", "tr", "promise", "refund", "trr", "dp", "credit")


@dataclass(frozen=True, slots=True)
class LegView:
    """One party's share: what it is entitled to, what was sent, and why it waits if it does."""

    party: str
    name: str
    amount_minor: int
    sent_minor: int
    currency: str
    state: str
    reason: str | None
    transfer_ref: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to the money; `what` is a code, `amount_minor` never negative."""

    what: str
    at: datetime
    amount_minor: int
    party: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class RefundView:
    id: str
    amount_minor: int
    state: str
    reason: str
    planned_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class MoneyView:
    """Where a subject's money is. `state` is `none` when nothing was ever asked for."""

    state: str
    payment_id: str | None = None
    attempt_state: str | None = None
    price_minor: int = 0
    currency: str = "USD"
    method: str = ""
    provider_ref: str | None = None
    paid_at: datetime | None = None
    held_minor: int = 0
    released_minor: int = 0
    platform_minor: int = 0
    refund_promised_minor: int = 0
    refunded_minor: int = 0
    refundable_minor: int = 0
    disputed_minor: int = 0
    legs: tuple[LegView, ...] = ()

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None


NO_MONEY = MoneyView("none")


def money_of(session: Session, purpose: str, subject_id: str) -> MoneyView:
    """Where the subject's money is, for both sides to see. Three statements at most, however long its story."""
    row = session.execute(
        select(Payment, Charge)
        .outerjoin(Charge, Charge.subject == deals.subject_of(purpose, subject_id))
        .where(Payment.purpose == purpose, Payment.subject_id == subject_id)
    ).one_or_none()
    if row is None:
        return NO_MONEY
    payment, charge = row
    if charge is None:
        return _unpaid(session, payment)
    held = deals.opened(session, payment, charge)
    entitled = held.deal.entitlement()
    names = names_of(session, held.legs)
    return MoneyView(
        state=payment.state,
        payment_id=payment.id,
        attempt_state=AttemptState.PAID,
        price_minor=payment.price_minor,
        currency=payment.currency,
        method=charge.method,
        provider_ref=charge.id,
        paid_at=payment.paid_at,
        held_minor=0 if held.deal.is_released else held.deal.distributable_minor,
        released_minor=held.deal.distributable_minor if held.deal.is_released else 0,
        platform_minor=entitled[PLATFORM],
        refund_promised_minor=held.deal.promised_minor,
        refunded_minor=held.deal.refunded_minor,
        refundable_minor=held.deal.refundable_minor,
        disputed_minor=held.deal.disputed_minor,
        legs=tuple(_leg(leg, entitled[leg.party], names) for _, leg in sorted(held.legs.items())),
    )


def _unpaid(session: Session, payment: Payment) -> MoneyView:
    latest = session.scalars(
        select(PaymentAttempt.state)
        .where(PaymentAttempt.payment_id == payment.id)
        .order_by(PaymentAttempt.opened_at.desc())
        .limit(1)
    ).one_or_none()
    return MoneyView(
        state=payment.state,
        payment_id=payment.id,
        attempt_state=latest,
        price_minor=payment.price_minor,
        currency=payment.currency,
    )


def _leg(leg: PayoutLeg, amount_minor: int, names: dict[str, str]) -> LegView:
    return LegView(
        party=leg.party,
        name=names.get(leg.party, ""),
        amount_minor=amount_minor,
        sent_minor=leg.sent_minor - leg.reversed_minor,
        currency=leg.currency,
        state=leg.state,
        reason=leg.reason,
        transfer_ref=leg.transfer_id,
        settled_at=leg.settled_at,
    )


def refund_view(refund: Refund) -> RefundView:
    return RefundView(refund.id, refund.amount_minor, refund.state, refund.reason, refund.planned_at, refund.settled_at)


def timeline_of(session: Session, purpose: str, subject_id: str) -> tuple[Step, ...]:
    """What happened to the subject's money, oldest first. Two statements."""
    entries = journals.entries_of(session, deals.subject_of(purpose, subject_id))
    shown = [entry for entry in entries if entry.kind in SHOWN_STEPS]
    names = names_of(session, {party for entry in shown if (party := entry.fact.get("party"))})
    return tuple(_step(entry, names) for entry in shown)


def _step(entry: JournalEntry, names: dict[str, str]) -> Step:
    party = entry.fact.get("party")
    ending = entry.key.rsplit(":", 1)[-1]
    what = f"{entry.kind}_{ending}" if ending in ("failed", "withdrawn", "won", "lost") else entry.kind
    amount_minor = int(entry.fact.get("amount_minor", 0))
    return Step(what, entry.booked_at, amount_minor, party, names.get(party or ""))


@dataclass(frozen=True, slots=True)
class ReturnView:
    """What the page after checkout shows: confirmed, still looking, or ended without payment."""

    is_settled: bool
    return_path: str
    title: str
    amount_minor: int
    currency: str


def return_view(session: Session, attempt_id: str, *, payer_id: str | None) -> ReturnView:
    """An attempt as its payer sees it on the way back. Raises PaymentNotFound for anybody else."""
    row = session.execute(
        select(PaymentAttempt, Payment)
        .join(Payment, Payment.id == PaymentAttempt.payment_id)
        .where(PaymentAttempt.id == attempt_id)
    ).one_or_none()
    if row is None or row[1].payer_id != payer_id:
        raise PaymentNotFound(attempt_id=attempt_id)
    attempt, payment = row
    return ReturnView(
        is_settled=attempt.state != AttemptState.OPEN,
        return_path=attempt.return_path,
        title=payment.title,
        amount_minor=payment.price_minor,
        currency=payment.currency,
    )
