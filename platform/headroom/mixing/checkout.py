"""Verbs around payment: choosing a package, paying, and what the ledger reports about the money.

The ledger's facts come with the order's row locked; each may come twice, late or in any order, so each verb
first asks whether it has anything left to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from headroom.accounts import consent
from headroom.actors import Actor
from headroom.ledger import payments
from headroom.ledger.errors import PaymentNotFound
from headroom.ledger.models import AttemptState, PaymentAttempt
from headroom.mixing.errors import ConsentMissing, NotYours, OrderMoved, PackageNotFound
from headroom.mixing.models import Order, PackageVersion, ServicePackage
from headroom.mixing.moving import move, role_of
from headroom.mixing.offers import frozen_shares, require_open, stored_shares
from headroom.mixing.orders import locked
from headroom.mixing.pricing import shares_of
from headroom.mixing.settlement import PURPOSE, lock_money
from headroom.mixing.states import UNPAID, Event, Guard, Role, State
from headroom.money import Money

PROVIDER = Actor.system("provider")
LEDGER = Actor.system("ledger")
EARLY_START = "early_start"  # the consent's kind
Fact = Mapping[str, object]  # what the ledger tells of an event; ids, amounts in minor units


@dataclass(frozen=True, slots=True)
class Witness:
    """Where and how a consent was given: the evidence kept beside it."""

    agreed: bool
    locale: str
    ip: str | None
    user_agent: str


def buy_package(
    session: Session, order: Order, package_id: str, *, version: int, fee_bp: int, by: Actor, now: datetime
) -> None:
    """Freeze the package version that was shown into the order, and wait for its payment.

    Raises PackageNotFound when it is not the engineer's, is retired, or a newer version replaced it.
    """
    engineer = require_open(session, order.engineer_id)
    package = session.get(ServicePackage, package_id)
    if package is None or package.engineer_id != engineer.person_id or package.retired_at is not None:
        raise PackageNotFound()
    if package.current != version:
        raise PackageNotFound(newer=package.current)
    chosen = session.get_one(PackageVersion, (package_id, version))
    move(
        session,
        order,
        Event.BUY_PACKAGE,
        by=by,
        now=now,
        holds={Guard.OPEN_FOR_ORDERS: True},
        changes={
            "package_id": package_id,
            "package_version": version,
            "price_minor": chosen.price_minor,
            "currency": chosen.currency,
            "shares": frozen_shares(shares_of(order.engineer_id, fee_bp=fee_bp)),
            "turnaround_days": chosen.turnaround_days,
            "revisions": chosen.revisions,
            "max_stems": chosen.max_stems,
            "deliverables": chosen.deliverables,
            "sample_rate_hz": chosen.sample_rate_hz,
            "bit_depth": chosen.bit_depth,
        },
        payload={"package": package_id, "version": version, "price_minor": chosen.price_minor},
    )


def pay(session: Session, order: Order, *, witness: Witness, by: Actor, now: datetime) -> PaymentAttempt:
    """Open the one payment attempt of this order; the door then asks the provider for its page.

    The client agrees here that work starts before the withdrawal period ends. Raises ConsentMissing, OrderMoved.
    """
    if role_of(order, by) is not Role.CLIENT:
        raise NotYours(order_id=order.id)
    if order.state != State.AWAITING_PAYMENT or order.price_minor is None or order.deadline_at is None:
        raise OrderMoved(order_id=order.id, state=order.state, event="pay")
    attempt = payments.open_attempt(  # before the order's row, as the ledger's own reports lock them
        session,
        purpose=PURPOSE,
        subject_id=order.id,
        payer_id=order.client_id,
        price=Money(order.price_minor, order.currency),
        title=order.title,
        shares=stored_shares(order),
        return_path=f"/orders/{order.id}",
        cancel_path=f"/orders/{order.id}",
        expires_at=order.deadline_at,
        by=by,
        now=now,
    )
    order = locked(session, order.id)  # another click may have gone back, or agreed, while this one waited
    if order.state != State.AWAITING_PAYMENT:
        raise OrderMoved(order_id=order.id, state=order.state, event="pay")
    if order.start_work_consent is None:
        order.start_work_consent = _record_consent(session, order, witness, by=by, now=now)
        session.flush()
    return attempt


def open_attempt_of(session: Session, order: Order) -> str | None:
    """The id of the attempt that waits for the payer of this order, if one does."""
    try:
        payment = payments.payment_of(session, PURPOSE, order.id)
    except PaymentNotFound:
        return None
    attempt = payments.live_attempt(session, payment)
    return attempt.id if attempt is not None and attempt.state == AttemptState.OPEN else None


def _record_consent(session: Session, order: Order, witness: Witness, *, by: Actor, now: datetime) -> str:
    if not witness.agreed or by.person_id is None:
        raise ConsentMissing()
    number = consent.record(
        session,
        person_id=by.person_id,
        kind=EARLY_START,
        document=None,
        action="accept",
        method="checkout_box",
        locale=witness.locale,
        ip=witness.ip,
        user_agent=witness.user_agent,
        now=now,
        purpose=order.id,
        session_ref=by.session_id,
    )
    return str(number)


def go_back(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The client leaves the checkout and chooses anew. Its session at the provider ends first."""
    payments.close(session, purpose=PURPOSE, subject_id=order.id, by=by, now=now)
    move(session, order, Event.CLIENT_BACK, by=by, now=now)


def paid(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """Money arrived and is held. On an order that no longer waits for it, everything goes back."""
    order = locked(session, subject_id)
    if State(order.state) not in UNPAID:
        return  # heard before
    waiting = order.state in (State.AWAITING_PAYMENT, State.PAYMENT_PENDING)
    event = Event.PAYMENT_SUCCEEDED if waiting else Event.LATE_PAYMENT
    move(
        session,
        order,
        event,
        by=PROVIDER,
        now=now,
        role=Role.PROVIDER,
        holds={Guard.PAID_AS_QUOTED: _is_as_quoted(order, fact)},
        payload={"amount_minor": order.price_minor, "currency": order.currency},
    )


def _is_as_quoted(order: Order, fact: Fact) -> bool:
    """The ledger refuses other amounts before it reports; where the fact says an amount, look again."""
    amount, currency = fact.get("amount_minor"), fact.get("currency")
    same_amount = amount is None or amount == order.price_minor
    return same_amount and (currency is None or str(currency).upper() == order.currency)


def processing(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """A slow method was chosen; the answer comes in days."""
    del fact
    _report(session, subject_id, Event.PAYMENT_PROCESSING, State.AWAITING_PAYMENT, now=now)


def failed(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """The slow method failed; the client may pay again. A declined card changes nothing: the page retries."""
    del fact
    _report(session, subject_id, Event.PAYMENT_FAILED, State.PAYMENT_PENDING, now=now)


def expired(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """The checkout ended without money."""
    del fact
    order = locked(session, subject_id)
    if order.state == State.AWAITING_PAYMENT and order.deadline_at is not None and order.deadline_at <= now:
        _report(session, subject_id, Event.CHECKOUT_EXPIRED, State.AWAITING_PAYMENT, now=now)


def refund_settled(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """The payer has the refund. Where something was kept, it is released next."""
    del fact
    order = locked(session, subject_id)
    if order.state not in (State.REFUND_DUE, State.REFUND_STUCK):
        return
    kept = bool(order.kept_minor)
    move(
        session,
        order,
        Event.REFUND_SETTLED,
        by=PROVIDER,
        now=now,
        role=Role.PROVIDER,
        holds={Guard.NOTHING_KEPT: not kept, Guard.SOMETHING_KEPT: kept},
        payload={"refund_minor": order.refund_minor, "currency": order.currency},
    )


def refund_failed(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """The provider could not deliver the refund: it stays owed, staff and client look for another way."""
    del fact
    _report(session, subject_id, Event.REFUND_FAILED, State.REFUND_DUE, now=now)


def legs_settled(session: Session, subject_id: str, *, fact: Fact, now: datetime) -> None:
    """Every payee's share was sent or is parked."""
    del fact
    order = locked(session, subject_id)
    if order.state == State.RELEASING:
        move(session, order, Event.LEGS_SETTLED, by=LEDGER, now=now, role=Role.WORKER)


def zero_refund(session: Session, order_id: str, *, now: datetime) -> None:
    """A split sent nothing back: what was kept is released at once (worker)."""
    lock_money(session, order_id)
    order = locked(session, order_id)
    if order.state == State.REFUND_DUE and not order.refund_minor:
        holds = {Guard.SOMETHING_KEPT: True}
        move(session, order, Event.ZERO_REFUND, by=LEDGER, now=now, role=Role.WORKER, holds=holds)


def _report(session: Session, subject_id: str, event: Event, expected: State, *, now: datetime) -> None:
    order = locked(session, subject_id)
    if order.state == expected:
        move(session, order, event, by=PROVIDER, now=now, role=Role.PROVIDER)
