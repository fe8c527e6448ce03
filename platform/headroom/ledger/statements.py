"""Read models of what people keep: the payer's receipt, the payee's statement.

Names are read when it is shown; the books hold ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.accounts.people import names_of
from headroom.ledger import deals
from headroom.ledger.errors import ReceiptNotFound
from headroom.ledger.models import Charge, LegState, Payment, PayoutLeg, Refund, RefundState
from headroom.ledger.pages import RefundView, refund_view
from headroom.ledger.split import PLATFORM


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
        refunds=tuple(refund_view(refund) for refund in returned),
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
