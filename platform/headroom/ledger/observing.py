"""What the provider shows → facts → bookings → what happened, for others to react to.

Every way of hearing about a payment (webhook, success page, sweep) ends here with objects freshly read from
the provider. Nothing is ever taken from an event's payload.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.recording import record
from headroom.files import holds
from headroom.files.models import Scope
from headroom.gateways import stripe_facts as seen
from headroom.ledger import deals, facts, payments, refunds
from headroom.ledger.alarms import AlarmKind, raise_alarm
from headroom.ledger.chart import AccountKind
from headroom.ledger.deals import Opened
from headroom.ledger.errors import ParentMissing
from headroom.ledger.models import AttemptState, Charge, Payment, PaymentAttempt, PaymentState

SYSTEM = Actor.system("ledger")
CHARGEBACK = "chargeback"  # why files are held
SETTLED = ("succeeded", "failed", "canceled")
OPEN_DISPUTES = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")


class Happening(StrEnum):
    """What others may react to; the names of the reactions' fields."""

    PAID = "paid"
    PROCESSING = "processing"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUND_SETTLED = "refund_settled"
    REFUND_FAILED = "refund_failed"
    LEGS_SETTLED = "legs_settled"


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that changed for a subject, with what a reader of its log would want to know."""

    what: Happening
    purpose: str
    subject_id: str
    fact: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the provider shows of one attempt at one moment."""

    checkout: seen.Checkout
    payment: seen.ProviderPayment | None
    disputes: tuple[seen.ProviderDispute, ...] = ()


def observe(session: Session, attempt_id: str, sight: Sight, *, now: datetime) -> list[Happened]:
    """Bring our books to what the provider shows; returns what changed, for the reactions of the same unit.

    May be called any number of times, with older sights too: facts are booked once, states only go forward.
    Raises ParentMissing when the provider has not finished writing down what happened (try again soon).
    """
    payment = deals.lock_payment(session, payments.get_attempt(session, attempt_id).payment_id)
    attempt = payments.get_attempt(session, attempt_id)
    session.refresh(attempt)
    attempt.looked_at = now
    found = sight.payment
    if found is not None and attempt.intent_id is None:
        attempt.intent_id = found.id
    if found is not None and found.charge is not None and found.charge.status == "succeeded":
        return _observe_money(session, payment, attempt, found, found.charge, sight.disputes, now=now)
    if attempt.state not in payments.LIVE:
        return []
    return _observe_unpaid(session, payment, attempt, sight, now=now)


def _observe_unpaid(
    session: Session, payment: Payment, attempt: PaymentAttempt, sight: Sight, *, now: datetime
) -> list[Happened]:
    def told(what: Happening) -> list[Happened]:
        return [Happened(what, payment.purpose, payment.subject_id, {"attempt_id": attempt.id})]

    status = sight.payment.status if sight.payment is not None else None
    if sight.checkout.status == "expired":
        attempt.state, attempt.closed_at = AttemptState.EXPIRED, now
        payment.state = PaymentState.CLOSED
        return told(Happening.EXPIRED)
    if status == "processing" and attempt.state == AttemptState.OPEN:
        attempt.state, payment.state = AttemptState.PROCESSING, PaymentState.PROCESSING
        return told(Happening.PROCESSING)
    if sight.checkout.status == "complete" and status in ("requires_payment_method", "canceled"):
        attempt.state, attempt.closed_at = AttemptState.FAILED, now
        payment.state = PaymentState.OPEN
        return told(Happening.FAILED)
    session.flush()
    return []


def _observe_money(
    session: Session,
    payment: Payment,
    attempt: PaymentAttempt,
    intent: seen.ProviderPayment,
    arrived: seen.ProviderCharge,
    disputes: tuple[seen.ProviderDispute, ...],
    *,
    now: datetime,
) -> list[Happened]:
    charge = session.get(Charge, arrived.id, with_for_update=True)
    happened: list[Happened] = []
    if charge is None:
        charge = _take_in(session, payment, attempt, intent, arrived, now=now)
        if charge.home == AccountKind.HELD:
            paid = {"attempt_id": attempt.id, "amount_minor": arrived.captured_minor, "currency": arrived.currency}
            happened.append(Happened(Happening.PAID, payment.purpose, payment.subject_id, paid))
    held = deals.opened(session, payment, charge)
    found: list[facts.Fact] = [_charged(arrived)]
    found += refunds.facts_of(session, held, arrived.refunds, now=now)
    for dispute in disputes:
        found += _dispute_facts(session, held, dispute, now=now)
    deals.book_facts(session, held, found, now=now)
    if charge.home == AccountKind.HELD:
        _keep_evidence(session, payment, disputes, now=now)
    for refund in refunds.follow(session, held, arrived.refunds, now=now):
        what = Happening.REFUND_SETTLED if refund.state == "settled" else Happening.REFUND_FAILED
        if charge.home == AccountKind.HELD:
            told = {"refund_id": refund.id, "amount_minor": refund.amount_minor, "currency": charge.currency}
            happened.append(Happened(what, payment.purpose, payment.subject_id, told))
    if charge.home == AccountKind.SUSPENSE and payment.state != PaymentState.BLOCKED:
        refunds.return_stray(session, held, now=now)
    return happened


def _keep_evidence(
    session: Session, payment: Payment, disputes: tuple[seen.ProviderDispute, ...], *, now: datetime
) -> None:
    """While the payer's bank disputes, no file of the subject is deleted: they are what can be shown."""
    scope = Scope(payment.purpose, payment.subject_id)
    if any(dispute.status in OPEN_DISPUTES for dispute in disputes):
        holds.place(session, scope=scope, reason=CHARGEBACK, by=SYSTEM, now=now)
    elif disputes:
        holds.lift(session, scope=scope, reason=CHARGEBACK, by=SYSTEM, now=now)


def _take_in(
    session: Session,
    payment: Payment,
    attempt: PaymentAttempt,
    intent: seen.ProviderPayment,
    arrived: seen.ProviderCharge,
    *,
    now: datetime,
) -> Charge:
    """The row of money that just arrived: held where it fits, in suspense where it does not."""
    movement = arrived.movement
    if movement is None:  # the provider writes the balance transaction a moment after the charge
        raise ParentMissing(charge_id=arrived.id)
    fits = _fits(payment, attempt, intent, arrived)
    is_wanted = payment.state in (PaymentState.OPEN, PaymentState.PROCESSING) and attempt.state in payments.LIVE
    is_held = fits and is_wanted
    charge = Charge(
        id=arrived.id,
        payment_id=payment.id,
        attempt_id=attempt.id,
        subject=payment.subject if is_held else f"attempt:{attempt.id}",
        home=AccountKind.HELD if is_held else AccountKind.SUSPENSE,
        intent_id=intent.id,
        method=arrived.method,
        currency=arrived.currency,
        captured_minor=0,
        promised_minor=0,
        refunded_minor=0,
        credited_minor=0,
        disputed_minor=0,
        lost_minor=0,
        settled_currency=movement.currency,
        settled_minor=movement.gross_minor,
        charged_at=now,
        available_on=movement.available_on,
    )
    session.add(charge)
    attempt.state, attempt.closed_at = (AttemptState.PAID if is_held else AttemptState.STRAY), now
    if is_held:
        payment.state, payment.paid_at = PaymentState.HELD, now
        record(session, Action.PAYMENT_HELD, by=SYSTEM, object_kind="payment", object_ref=payment.id, now=now)
    elif not fits:
        _block(session, payment, arrived, is_wanted=is_wanted, now=now)
    session.flush()
    return charge


def _fits(
    payment: Payment, attempt: PaymentAttempt, intent: seen.ProviderPayment, arrived: seen.ProviderCharge
) -> bool:
    """Whether what arrived is what was asked for: amount, currency, subject and attempt."""
    asked = (payment.price_minor, payment.currency, payment.subject, attempt.id)
    came = (
        arrived.captured_minor,
        arrived.currency,
        intent.metadata.get("subject"),
        intent.metadata.get("attempt"),
    )
    return asked == came


def _block(session: Session, payment: Payment, arrived: seen.ProviderCharge, *, is_wanted: bool, now: datetime) -> None:
    """Money that does not fit is kept apart and looked at by staff; the subject does not go on."""
    if is_wanted:
        payment.state = PaymentState.BLOCKED
    told = {
        "charge_id": arrived.id,
        "asked_minor": payment.price_minor,
        "asked_currency": payment.currency,
        "came_minor": arrived.captured_minor,
        "came_currency": arrived.currency,
    }
    raise_alarm(session, AlarmKind.MISMATCH, payment.subject, told, now=now)


def _charged(arrived: seen.ProviderCharge) -> facts.Charged:
    if arrived.movement is None:
        raise ParentMissing(charge_id=arrived.id)
    return facts.Charged(arrived.id, arrived.captured_minor, as_movement(arrived.movement))


def _dispute_facts(session: Session, held: Opened, dispute: seen.ProviderDispute, *, now: datetime) -> list[facts.Fact]:
    """Withdrawn, won, lost: read from what the provider did to the balance and how it says the dispute ended."""
    taken = next((m for m in dispute.movements if m.gross_minor < 0), None)
    given_back = next((m for m in dispute.movements if m.gross_minor > 0), None)
    found: list[facts.Fact] = []
    if taken is not None:
        found.append(facts.DisputeWithdrawn(dispute.id, dispute.amount_minor, as_movement(taken)))
        told = {"dispute_id": dispute.id, "status": dispute.status, "amount_minor": dispute.amount_minor}
        raise_alarm(session, AlarmKind.DISPUTE, held.deal.subject, told, now=now)
    if taken is not None and given_back is not None:
        found.append(facts.DisputeWon(dispute.id, dispute.amount_minor, as_movement(given_back)))
    elif taken is not None and dispute.status == "lost":
        found.append(facts.DisputeLost(dispute.id, dispute.amount_minor))
    elif dispute.status not in (*OPEN_DISPUTES, "won", "lost", "warning_closed"):
        raise_alarm(session, AlarmKind.UNKNOWN_STATUS, dispute.id, {"status": dispute.status}, now=now)
    return found


def as_movement(moved: seen.BalanceMovement) -> facts.Movement:
    """The gateway's balance transaction as the ledger's own value."""
    return facts.Movement(moved.id, moved.gross_minor, moved.fee_minor, moved.currency)


def attempt_of(session: Session, *, checkout_id: str | None = None, intent_id: str | None = None) -> str | None:
    """The attempt that a checkout or a payment belongs to, if it is one of ours."""
    if checkout_id is not None:
        return session.scalar(select(PaymentAttempt.id).where(PaymentAttempt.checkout_id == checkout_id))
    if intent_id is not None:
        return session.scalar(select(PaymentAttempt.id).where(PaymentAttempt.intent_id == intent_id))
    return None
