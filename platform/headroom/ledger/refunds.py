"""Verbs around refunds: promise one, follow what the provider does with it, take back what parties got.

A promise is booked when it is made: from then on the money belongs to the payer. The provider's refund
settles it; when that fails, the promise stands and staff finds another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.recording import record
from headroom.effects import planning
from headroom.errors import Invalid
from headroom.gateways import stripe_facts as seen
from headroom.ids import new_id
from headroom.ledger import deals, facts, letters, payouts
from headroom.ledger.alarms import AlarmKind, raise_alarm
from headroom.ledger.deals import Opened
from headroom.ledger.errors import RefundTooLarge
from headroom.ledger.models import PaymentState, Refund, RefundState

REFUND_EFFECT = "stripe.refund"
STRAY = "stray_payment"
OUTSIDE = "made_at_provider"


def plan_refund(
    session: Session,
    *,
    purpose: str,
    subject_id: str,
    amount_minor: int,
    reason: str,
    by: Actor,
    now: datetime,
) -> Refund:
    """Promise the payer `amount_minor` back, in full or in part, before or after release.

    Raises NothingHeld when nothing was paid, RefundTooLarge beyond what is left. Legs that were sent already
    are taken back in their exact parts; the payer does not wait for that.
    """
    payment = deals.locked_payment(session, purpose, subject_id)
    held = deals.accepted(session, payment)
    return _promise(session, held, amount_minor=amount_minor, reason=reason, by=by, now=now)


def _promise(session: Session, held: Opened, *, amount_minor: int, reason: str, by: Actor, now: datetime) -> Refund:
    if amount_minor <= 0:
        raise Invalid({"amount_minor": "not_positive"})
    if amount_minor > held.deal.refundable_minor:
        raise RefundTooLarge(asked_minor=amount_minor, refundable_minor=held.deal.refundable_minor)
    refund = Refund(
        id=new_id("rfd"),
        payment_id=held.payment.id,
        charge_id=held.charge.id,
        amount_minor=amount_minor,
        reason=reason,
        state=RefundState.PROMISED,
        planned_at=now,
    )
    session.add(refund)
    deals.book_facts(session, held, [facts.Promised(refund.id, amount_minor)], now=now)
    planning.plan(
        session,
        kind=REFUND_EFFECT,
        natural_key=refund.id,
        params={"refund_id": refund.id, "intent_id": held.charge.intent_id, "amount_minor": amount_minor},
        now=now,
    )
    record(
        session,
        Action.REFUND_PLANNED,
        by=by,
        object_kind="refund",
        object_ref=refund.id,
        now=now,
        subject_id=held.payment.payer_id,
        reason=reason,
    )
    _after_promise(session, held, now=now)
    return refund


def _after_promise(session: Session, held: Opened, *, now: datetime) -> None:
    is_accepted = held.charge.subject == held.payment.subject
    if is_accepted and held.deal.distributable_minor == 0:
        held.payment.state = PaymentState.REFUNDED
    if held.deal.is_released:
        payouts.take_back(session, held, now=now)
    session.flush()


def return_stray(session: Session, held: Opened, *, now: datetime) -> None:
    """Send back, in full and by itself, money that came twice or too late."""
    left_minor = held.deal.refundable_minor
    if left_minor > 0:
        system = Actor.system("ledger")
        refund = _promise(session, held, amount_minor=left_minor, reason=STRAY, by=system, now=now)
        letters.returned(session, held.payment, refund, now=now)


def facts_of(
    session: Session, held: Opened, listed: Sequence[seen.ProviderRefund], *, now: datetime
) -> list[facts.Fact]:
    """The facts that the provider's refunds of a charge show; a refund made there directly gets a row of ours."""
    found: list[facts.Fact] = []
    for shown in listed:
        refund = _row_of(session, held, shown, now=now)
        if refund.reason == OUTSIDE and (shown.movement is not None or shown.status not in ("failed", "canceled")):
            found.append(facts.Promised(refund.id, shown.amount_minor))
        if shown.movement is not None:
            moved = _movement(shown.movement)
            found.append(facts.Refunded(shown.id, refund.id, shown.amount_minor, moved))
        if shown.movement is not None and shown.returned is not None:
            moved = _movement(shown.returned)
            found.append(facts.RefundFailed(shown.id, refund.id, shown.amount_minor, moved))
    return found


def follow(session: Session, held: Opened, listed: Sequence[seen.ProviderRefund], *, now: datetime) -> list[Refund]:
    """Move our refunds to what the provider says; returns those that just settled or failed."""
    ended: list[Refund] = []
    for shown in listed:
        refund = _row_of(session, held, shown, now=now)
        if refund.state == RefundState.FAILED or (refund.state, shown.status) == (RefundState.SETTLED, "succeeded"):
            continue
        if shown.status == "succeeded":
            refund.state, refund.settled_at = RefundState.SETTLED, now
            ended.append(refund)
        elif shown.status in ("failed", "canceled"):
            refund.state, refund.failure = RefundState.FAILED, (shown.failure_reason or shown.status)[:60]
            told = {"refund_id": refund.id, "amount_minor": refund.amount_minor, "reason": refund.failure}
            raise_alarm(session, AlarmKind.REFUND_FAILED, held.deal.subject, told, now=now)
            ended.append(refund)
        elif refund.state == RefundState.PROMISED:
            refund.state = RefundState.PENDING
    _after_promise(session, held, now=now)
    return ended


def _row_of(session: Session, held: Opened, shown: seen.ProviderRefund, *, now: datetime) -> Refund:
    refund = session.scalars(
        select(Refund).where(
            Refund.charge_id == held.charge.id,
            (Refund.provider_refund_id == shown.id) | (Refund.id == shown.metadata.get("refund", "")),
        )
    ).one_or_none()
    if refund is None:
        refund = Refund(
            id=new_id("rfd"),
            payment_id=held.payment.id,
            charge_id=held.charge.id,
            amount_minor=shown.amount_minor,
            reason=OUTSIDE,
            state=RefundState.PROMISED,
            planned_at=now,
        )
        session.add(refund)
    refund.provider_refund_id = shown.id
    session.flush()
    return refund


def _movement(moved: seen.BalanceMovement) -> facts.Movement:
    return facts.Movement(moved.id, moved.gross_minor, moved.fee_minor, moved.currency)
