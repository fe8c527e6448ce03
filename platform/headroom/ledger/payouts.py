"""Verbs around payouts: release what is held, start each leg, take back what was sent too much."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.recording import record
from headroom.effects import planning
from headroom.ledger import deals, facts, letters
from headroom.ledger.deals import Opened
from headroom.ledger.errors import MoneyFrozen, NothingHeld
from headroom.ledger.models import Charge, LegState, Payee, PaymentState, PayoutLeg

TRANSFER_EFFECT = "stripe.transfer"
REVERSE_EFFECT = "stripe.reverse"
SETTLED_LEGS = (LegState.SENT, LegState.PARKED, LegState.REVERSING, LegState.REVERSED, LegState.WRITTEN_OFF)


def release(session: Session, *, purpose: str, subject_id: str, by: Actor, now: datetime) -> None:
    """What is held belongs to the parties from now on; each leg is sent, or parked until its payee can receive.

    Raises NothingHeld when it is unpaid, released or refunded in full, MoneyFrozen during a dispute.
    """
    payment = deals.locked_payment(session, purpose, subject_id)
    held = deals.accepted(session, payment)
    if payment.state != PaymentState.HELD or held.deal.is_released or held.deal.distributable_minor == 0:
        raise NothingHeld(subject=payment.subject, state=payment.state)
    if held.deal.disputed_minor:
        raise MoneyFrozen(subject=payment.subject, disputed_minor=held.deal.disputed_minor)
    deals.book_facts(session, held, [facts.Released(held.deal.subject)], now=now)
    payment.state = PaymentState.RELEASED
    for leg in held.legs.values():
        start_leg(session, held, leg, now=now)
    record(session, Action.RELEASED, by=by, object_kind="payment", object_ref=payment.id, now=now)
    jobs.enqueue(session, "ledger.legs_looked_at", charge_id=held.charge.id)


def start_leg(session: Session, held: Opened, leg: PayoutLeg, *, now: datetime) -> None:
    """Plan the transfer of what the party still has to get, or park the leg and say why."""
    due_minor = held.deal.outstanding(leg.party)
    if due_minor <= 0 or leg.state == LegState.SENDING:
        return
    payee = session.get(Payee, leg.party)
    leg.reason = why_not_payable(payee)
    if leg.reason is not None or payee is None:
        if leg.state != LegState.PARKED:
            letters.parked(session, held, leg, now=now)
        leg.state = LegState.PARKED
        session.flush()
        return
    leg.state = LegState.SENDING
    leg.transfers += 1
    planning.plan(
        session,
        kind=TRANSFER_EFFECT,
        natural_key=f"{leg.id}:{leg.transfers}",
        params={
            "leg_id": leg.id,
            "amount_minor": due_minor,
            "settled_minor": settled_amount(held.charge, due_minor),
            "currency": held.charge.settled_currency,
            "destination": payee.account_id,
            "source_charge": held.charge.id,
            "group": held.charge.subject,
        },
        now=now,
    )
    session.flush()


def settled_amount(charge: Charge, amount_minor: int) -> int:
    """An amount of the charge's currency in the currency it settled in, at the charge's own rate, rounded down."""
    if charge.settled_currency == charge.currency:
        return amount_minor
    return amount_minor * charge.settled_minor // charge.captured_minor


def why_not_payable(payee: Payee | None) -> str | None:
    """The reason a payee cannot receive a transfer, or None."""
    if payee is None or payee.account_id is None:
        return "no_account"
    if not payee.details_submitted:
        return "onboarding_unfinished"
    return None if payee.transfers == "active" else "transfers_inactive"


def locked_leg(session: Session, leg_id: str) -> tuple[Opened, PayoutLeg]:
    """A leg with its charge, under the payment's lock."""
    charge_id, payment_id = session.execute(
        select(Charge.id, Charge.payment_id)
        .join(PayoutLeg, PayoutLeg.charge_id == Charge.id)
        .where(PayoutLeg.id == leg_id)
    ).one()
    held = locked_charge(session, charge_id, payment_id)
    return held, next(leg for leg in held.legs.values() if leg.id == leg_id)


def locked_charge(session: Session, charge_id: str, payment_id: str | None = None) -> Opened:
    """A charge with its legs, under the payment's lock."""
    owner = payment_id or session.get_one(Charge, charge_id).payment_id
    payment = deals.lock_payment(session, owner)
    charge = session.get_one(Charge, charge_id, with_for_update=True, populate_existing=True)
    return deals.opened(session, payment, charge)


def sent(session: Session, held: Opened, leg: PayoutLeg, found: facts.Transferred, *, now: datetime) -> bool:
    """Book a transfer that was made; False when it was booked before."""
    if not deals.book_facts(session, held, [found], now=now):
        return False
    leg.state, leg.transfer_id, leg.reason, leg.settled_at = LegState.SENT, found.transfer_id, None, now
    record(session, Action.TRANSFERRED, by=Actor.system("ledger"), object_kind="leg", object_ref=leg.id, now=now)
    letters.transferred(session, held, leg, amount_minor=found.amount_minor, now=now)
    if held.deal.outstanding(leg.party) < 0:  # a refund was promised while the transfer was under way
        take_back(session, held, now=now)
    session.flush()
    return True


def refused(session: Session, leg: PayoutLeg, *, reason: str) -> None:
    """The provider will not take this transfer: the leg waits until its payee changes something."""
    leg.state, leg.reason = LegState.PARKED, reason[:60]
    session.flush()


def settle_legs(session: Session, held: Opened, *, now: datetime) -> bool:
    """Whether every leg is sent or parked for the first time: the subject need not wait any longer."""
    if held.charge.legs_settled_at is not None or not held.deal.is_released:
        return False
    if any(leg.state not in SETTLED_LEGS for leg in held.legs.values()):
        return False
    held.charge.legs_settled_at = now
    session.flush()
    return True


def wake(session: Session, person_id: str) -> list[str]:
    """Ids of the parked legs of a payee who can receive now."""
    return list(
        session.scalars(
            select(PayoutLeg.id)
            .where(PayoutLeg.party == person_id, PayoutLeg.state == LegState.PARKED)
            .order_by(PayoutLeg.created_at)
        )
    )


def take_back(session: Session, held: Opened, *, now: datetime) -> None:
    """Plan the reversal of what each party was sent beyond its entitlement."""
    for leg in held.legs.values():
        too_much = -held.deal.outstanding(leg.party)
        if too_much <= 0 or leg.transfer_id is None or leg.state == LegState.SENDING:
            continue
        leg.state = LegState.REVERSING
        planning.plan(
            session,
            kind=REVERSE_EFFECT,
            natural_key=f"{leg.id}:{held.deal.promised_minor}:{held.deal.lost_minor}",
            params={
                "leg_id": leg.id,
                "transfer_id": leg.transfer_id,
                "amount_minor": too_much,
                "settled_minor": settled_amount(held.charge, too_much),
            },
            now=now,
        )
    session.flush()


def reversed_back(session: Session, held: Opened, leg: PayoutLeg, found: facts.Reversed, *, now: datetime) -> bool:
    """Book a reversal that was made; False when it was booked before."""
    if not deals.book_facts(session, held, [found], now=now):
        return False
    if leg.state == LegState.REVERSING and held.deal.outstanding(leg.party) >= 0:
        leg.state = LegState.REVERSED if leg.reversed_minor == leg.sent_minor else LegState.SENT
    session.flush()
    return True
