"""Read models for pages: where every minor unit of a subject is, receipts, a payee's statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.accounts.people import names_of
from headroom.ledger import deals, journals
from headroom.ledger.errors import PaymentNotFound, ReceiptNotFound
from headroom.ledger.models import (
    AttemptState,
    Charge,
    JournalEntry,
    LegState,
    Payment,
    PaymentAttempt,
    PayoutLeg,
    Refund,
    RefundState,
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
    refunds: tuple[RefundView, ...] = ()
    timeline: tuple[Step, ...] = ()

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None


NO_MONEY = MoneyView("none")


def money_of(session: Session, purpose: str, subject_id: str) -> MoneyView:
    """Where the subject's money is, for both sides to see. Six statements at most, however long its story."""
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
    returned = session.scalars(select(Refund).where(Refund.charge_id == charge.id).order_by(Refund.planned_at)).all()
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
        refunds=tuple(_refund(refund) for refund in returned),
        timeline=_timeline(session, charge.subject, names),
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


def _refund(refund: Refund) -> RefundView:
    return RefundView(refund.id, refund.amount_minor, refund.state, refund.reason, refund.planned_at, refund.settled_at)


def _timeline(session: Session, subject: str, names: dict[str, str]) -> tuple[Step, ...]:
    steps = []
    for entry in journals.entries_of(session, subject):
        if entry.kind in SHOWN_STEPS:
            steps.append(_step(entry, names))
    return tuple(steps)


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


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What the payer's receipt says. Names are read when it is shown; the books hold ids."""

    number: str
    title: str
    paid_at: datetime
    amount_minor: int
    refunded_minor: int
    currency: str
    method: str
    provider_ref: str
    payer_name: str
    payee_names: tuple[str, ...]
    refunds: tuple[RefundView, ...]
    state: str


def receipt(session: Session, payment_id: str, *, payer_id: str | None) -> ReceiptView:
    """The receipt of a payment for its payer. Raises ReceiptNotFound for anybody else, or when it is unpaid."""
    row = session.execute(
        select(Payment, Charge)
        .join(Charge, Charge.payment_id == Payment.id)
        .where(Payment.id == payment_id, Charge.subject == Payment.purpose + ":" + Payment.subject_id)
    ).one_or_none()
    if row is None or row[0].payer_id != payer_id:
        raise ReceiptNotFound(payment_id=payment_id)
    payment, charge = row
    parties = [share.party for share in deals.shares_of(payment) if share.party != PLATFORM]
    names = names_of(session, [payment.payer_id, *parties])
    returned = session.scalars(select(Refund).where(Refund.charge_id == charge.id).order_by(Refund.planned_at)).all()
    return ReceiptView(
        number=payment.id,
        title=payment.title,
        paid_at=charge.charged_at,
        amount_minor=charge.captured_minor,
        refunded_minor=sum(r.amount_minor for r in returned if r.state == RefundState.SETTLED),
        currency=charge.currency,
        method=charge.method,
        provider_ref=charge.id,
        payer_name=names.get(payment.payer_id, ""),
        payee_names=tuple(names[party] for party in parties if party in names),
        refunds=tuple(_refund(refund) for refund in returned),
        state=payment.state,
    )


@dataclass(frozen=True, slots=True)
class StatementLine:
    title: str
    subject_id: str
    price_minor: int
    amount_minor: int
    sent_minor: int
    currency: str
    state: str
    reason: str | None
    transfer_ref: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Statement:
    """What a payee has coming and what was sent, newest first; sums by currency."""

    lines: tuple[StatementLine, ...]
    sent: dict[str, int]
    waiting: dict[str, int]


def statement(session: Session, person_id: str, *, limit: int = 200) -> Statement:
    """A payee's own statement."""
    rows = session.execute(
        select(PayoutLeg, Charge, Payment)
        .join(Charge, Charge.id == PayoutLeg.charge_id)
        .join(Payment, Payment.id == Charge.payment_id)
        .where(PayoutLeg.party == person_id)
        .order_by(PayoutLeg.created_at.desc())
        .limit(limit)
    ).all()
    lines = []
    for leg, charge, payment in rows:
        entitled = deals.deal_of(payment, charge, [leg]).entitlement()
        lines.append(_statement_line(leg, payment, entitled[person_id]))
    sent = session.execute(
        select(PayoutLeg.currency, func.sum(PayoutLeg.sent_minor - PayoutLeg.reversed_minor))
        .where(PayoutLeg.party == person_id)
        .group_by(PayoutLeg.currency)
    )
    waiting: dict[str, int] = {}
    for line in lines:
        if line.state in (LegState.PARKED, LegState.ELIGIBLE, LegState.SENDING, LegState.ACCRUED):
            waiting[line.currency] = waiting.get(line.currency, 0) + line.amount_minor - line.sent_minor
    return Statement(tuple(lines), {currency: int(amount) for currency, amount in sent if amount}, waiting)


def _statement_line(leg: PayoutLeg, payment: Payment, amount_minor: int) -> StatementLine:
    return StatementLine(
        title=payment.title,
        subject_id=payment.subject_id,
        price_minor=payment.price_minor,
        amount_minor=amount_minor,
        sent_minor=leg.sent_minor - leg.reversed_minor,
        currency=leg.currency,
        state=leg.state,
        reason=leg.reason,
        transfer_ref=leg.transfer_id,
        at=leg.settled_at or leg.created_at,
    )
