"""A charge's row and its legs as the pure `Deal`, and the booking of facts into them under one lock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.ledger import facts, journals
from headroom.ledger.booking import Deal, book, in_dependency_order
from headroom.ledger.chart import AccountKind
from headroom.ledger.errors import NothingHeld, PaymentNotFound
from headroom.ledger.models import Charge, LegState, Payment, PayoutLeg
from headroom.ledger.split import PLATFORM, Share, freeze


@dataclass(slots=True)
class Opened:
    """A charge under lock, with its legs and its totals as of now."""

    payment: Payment
    charge: Charge
    legs: dict[str, PayoutLeg]
    deal: Deal


def subject_of(purpose: str, subject_id: str) -> str:
    return f"{purpose}:{subject_id}"


def locked_payment(session: Session, purpose: str, subject_id: str) -> Payment:
    """The subject's payment, locked: every act on a subject's money waits here for the one before it."""
    payment = session.scalars(
        select(Payment).where(Payment.purpose == purpose, Payment.subject_id == subject_id).with_for_update()
    ).one_or_none()
    if payment is None:
        raise PaymentNotFound(purpose=purpose, subject_id=subject_id)
    return payment


def lock_payment(session: Session, payment_id: str) -> Payment:
    return session.scalars(
        select(Payment).where(Payment.id == payment_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def shares_of(payment: Payment) -> tuple[Share, ...]:
    return freeze(Share(party, basis_points) for party, basis_points in payment.shares)


def accepted(session: Session, payment: Payment) -> Opened:
    """The charge that paid for the subject. Raises NothingHeld when nothing did."""
    charge = session.scalars(select(Charge).where(Charge.subject == payment.subject).with_for_update()).one_or_none()
    if charge is None:
        raise NothingHeld(subject=payment.subject)
    return opened(session, payment, charge)


def opened(session: Session, payment: Payment, charge: Charge) -> Opened:
    legs = session.scalars(select(PayoutLeg).where(PayoutLeg.charge_id == charge.id)).all()
    by_party = {leg.party: leg for leg in legs}
    return Opened(payment=payment, charge=charge, legs=by_party, deal=deal_of(payment, charge, legs))


def deal_of(payment: Payment, charge: Charge, legs: Sequence[PayoutLeg]) -> Deal:
    """The rows as the pure value; with some legs only, entitlements are right and what was sent is partial."""
    return Deal(
        subject=charge.subject,
        currency=charge.currency,
        shares=shares_of(payment),
        home=AccountKind(charge.home),
        captured_minor=charge.captured_minor,
        promised_minor=charge.promised_minor,
        refunded_minor=charge.refunded_minor,
        credited_minor=charge.credited_minor,
        disputed_minor=charge.disputed_minor,
        lost_minor=charge.lost_minor,
        is_released=charge.released_at is not None,
        payer=payment.payer_id,
        sent={leg.party: leg.sent_minor for leg in legs},
        reversed={leg.party: leg.reversed_minor for leg in legs},
    )


def book_facts(session: Session, held: Opened, found: Iterable[facts.Fact], *, now: datetime) -> list[facts.Fact]:
    """Book every fact that is new, in the order in which facts rest on each other; returns those.

    Raises ParentMissing or Overdrawn, and then nothing of this call is kept (the unit rolls back).
    """
    keys = journals.booked_keys(session, held.deal.subject)
    fresh: list[facts.Fact] = []
    entries: list[journals.Entry] = []
    for fact in in_dependency_order(found):
        if fact.key in keys or any(fact.key == known.key for known in fresh):
            continue
        booking = book(held.deal, fact)
        held.deal = booking.deal
        fresh.append(fact)
        entries.append(journals.Entry(booking.journal, fact, now))
    if fresh:
        journals.write(session, entries, after=len(keys), now=now)
        _keep(session, held, now=now)
    return fresh


def _keep(session: Session, held: Opened, *, now: datetime) -> None:
    """Write the deal's totals back to its rows."""
    charge, deal = held.charge, held.deal
    charge.captured_minor, charge.promised_minor = deal.captured_minor, deal.promised_minor
    charge.refunded_minor, charge.credited_minor = deal.refunded_minor, deal.credited_minor
    charge.disputed_minor, charge.lost_minor = deal.disputed_minor, deal.lost_minor
    if deal.is_released and charge.released_at is None:
        charge.released_at = now
        for share in deal.shares:
            if share.party != PLATFORM and deal.outstanding(share.party) > 0:
                held.legs[share.party] = _new_leg(session, charge, share.party, now=now)
    for party, leg in held.legs.items():
        leg.sent_minor = deal.sent.get(party, 0)
        leg.reversed_minor = deal.reversed.get(party, 0)
    session.flush()


def _new_leg(session: Session, charge: Charge, party: str, *, now: datetime) -> PayoutLeg:
    leg = PayoutLeg(
        charge_id=charge.id,
        party=party,
        currency=charge.currency,
        state=LegState.ELIGIBLE,
        sent_minor=0,
        reversed_minor=0,
        transfers=0,
        not_before=now,
        created_at=now,
    )
    session.add(leg)
    return leg


def replayed(session: Session, held: Opened) -> Deal:
    """The deal as its stored facts alone make it, from zero: must equal the kept one."""
    start = Deal(
        subject=held.deal.subject,
        currency=held.deal.currency,
        shares=held.deal.shares,
        home=held.deal.home,
        payer=held.deal.payer,
    )
    deal = start
    for entry in journals.entries_of(session, held.deal.subject):
        if entry.fact:
            deal = book(deal, facts.from_json(entry.fact)).deal
    return deal
