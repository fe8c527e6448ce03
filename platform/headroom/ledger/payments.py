"""Verbs around a payment: open an attempt, start its checkout in two halves, close what is unpaid.

Starting a checkout is an outside call of form (b): `open_attempt` commits the intent together with an effect;
the door asks the provider with the effect's key outside any transaction; `checkout_opened` stores the answer.
If the door dies in between, the worker performs the same effect with the same key and gets the same checkout.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.effects import planning, settling
from headroom.effects.models import Effect
from headroom.gateways.stripe import LONGEST_CHECKOUT_S, CheckoutRequest
from headroom.gateways.stripe_facts import Checkout
from headroom.ids import new_id
from headroom.ledger import deals
from headroom.ledger.errors import AlreadyPaid, PaymentClosed, PaymentNotFound, PriceChanged
from headroom.ledger.models import AttemptState, Payment, PaymentAttempt, PaymentState
from headroom.ledger.split import Share, freeze
from headroom.money import Money

CHECKOUT_EFFECT = "stripe.checkout"
EXPIRE_EFFECT = "stripe.expire_checkout"
# The door asks at once; the worker takes over only when the door must have died.
DOORS_TURN = timedelta(minutes=1)
LIVE = (AttemptState.OPEN, AttemptState.PROCESSING)


@dataclass(frozen=True, slots=True)
class PreparedCheckout:
    """What the door needs for the call: the request and the key under which it may be repeated."""

    request: CheckoutRequest
    key: str


def open_attempt(
    session: Session,
    *,
    purpose: str,
    subject_id: str,
    payer_id: str,
    price: Money,
    title: str,
    shares: Sequence[Share],
    return_path: str,
    cancel_path: str,
    expires_at: datetime,
    by: Actor,
    now: datetime,
) -> PaymentAttempt:
    """The one open attempt to pay for the subject: a new one, or the one that is open already.

    The split is frozen here. Raises AlreadyPaid, or PriceChanged while an attempt at another price is open.
    """
    frozen = [[share.party, share.basis_points] for share in freeze(shares)]
    _ensure_payment(session, purpose, subject_id, payer_id, price, title, frozen, now=now)
    payment = deals.locked_payment(session, purpose, subject_id)
    if payment.state not in (PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.CLOSED):
        raise AlreadyPaid(subject=payment.subject, state=payment.state)
    waiting = live_attempt(session, payment)
    if waiting is not None:
        if (payment.price_minor, payment.currency) != (price.amount_minor, price.currency):
            raise PriceChanged(open_minor=payment.price_minor, asked_minor=price.amount_minor)
        return waiting
    payment.state, payment.payer_id, payment.title = PaymentState.OPEN, payer_id, title
    payment.price_minor, payment.currency, payment.shares = price.amount_minor, price.currency, frozen
    attempt = PaymentAttempt(
        id=new_id("pat"),
        payment_id=payment.id,
        state=AttemptState.OPEN,
        return_path=return_path,
        cancel_path=cancel_path,
        locale=by.locale,
        opened_at=now,
        expires_at=expires_at,
        looked_at=now,
    )
    session.add(attempt)
    session.flush()
    planning.plan(
        session,
        kind=CHECKOUT_EFFECT,
        natural_key=attempt.id,
        params={"attempt_id": attempt.id},
        now=now,
        not_before=now + DOORS_TURN,
    )
    return attempt


def _ensure_payment(
    session: Session,
    purpose: str,
    subject_id: str,
    payer_id: str,
    price: Money,
    title: str,
    shares: list[list[object]],
    *,
    now: datetime,
) -> None:
    session.execute(
        insert(Payment)
        .values(
            id=new_id("pay"),
            purpose=purpose,
            subject_id=subject_id,
            payer_id=payer_id,
            title=title,
            price_minor=price.amount_minor,
            currency=price.currency,
            shares=shares,
            state=PaymentState.OPEN,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )


def live_attempt(session: Session, payment: Payment) -> PaymentAttempt | None:
    """The attempt that is open or processing, if any."""
    return session.scalars(
        select(PaymentAttempt).where(PaymentAttempt.payment_id == payment.id, PaymentAttempt.state.in_(LIVE))
    ).one_or_none()


def lock(session: Session, *, purpose: str, subject_id: str) -> None:
    """Wait for whoever is at work on the subject's money. Nothing happens when there is no payment."""
    with contextlib.suppress(PaymentNotFound):
        deals.locked_payment(session, purpose, subject_id)


def get_attempt(session: Session, attempt_id: str) -> PaymentAttempt:
    attempt = session.get(PaymentAttempt, attempt_id)
    if attempt is None:
        raise PaymentNotFound(attempt_id=attempt_id)
    return attempt


def payment_of(session: Session, purpose: str, subject_id: str) -> Payment:
    """The subject's payment. Raises PaymentNotFound."""
    payment = session.scalars(
        select(Payment).where(Payment.purpose == purpose, Payment.subject_id == subject_id)
    ).one_or_none()
    if payment is None:
        raise PaymentNotFound(purpose=purpose, subject_id=subject_id)
    return payment


def prepare_checkout(session: Session, attempt_id: str, *, base_url: str) -> PreparedCheckout:
    """The request of an attempt, always the same for the same attempt, so that its key may be repeated.

    Raises PaymentClosed when the attempt has ended.
    """
    attempt = get_attempt(session, attempt_id)
    if attempt.state != AttemptState.OPEN:
        raise PaymentClosed(attempt_id=attempt_id, state=attempt.state)
    payment = session.get_one(Payment, attempt.payment_id)
    lives_s = (attempt.expires_at - attempt.opened_at).total_seconds()
    request = CheckoutRequest(
        reference=payment.subject,
        title=payment.title,
        amount_minor=payment.price_minor,
        currency=payment.currency,
        success_url=f"{base_url}/payments/{attempt.id}/return",
        cancel_url=f"{base_url}{attempt.cancel_path}",
        locale=attempt.locale,
        transfer_group=payment.subject,
        metadata={"subject": payment.subject, "attempt": attempt.id},
        expires_at=attempt.expires_at if lives_s < LONGEST_CHECKOUT_S else None,
    )
    effect = session.scalars(
        select(Effect).where(Effect.kind == CHECKOUT_EFFECT, Effect.natural_key == attempt.id)
    ).one()
    return PreparedCheckout(request=request, key=effect.idempotency_key)


def checkout_opened(session: Session, attempt_id: str, found: Checkout, *, now: datetime) -> str | None:
    """Store the provider's answer; the address to send the payer to, or None when the attempt ended meanwhile.

    A checkout of an attempt that ended while it was being opened is closed again.
    """
    payment_id = get_attempt(session, attempt_id).payment_id
    deals.lock_payment(session, payment_id)
    attempt = get_attempt(session, attempt_id)
    session.refresh(attempt)
    attempt.checkout_id, attempt.checkout_url = found.id, found.url
    effect_id = session.scalars(
        select(Effect.id).where(Effect.kind == CHECKOUT_EFFECT, Effect.natural_key == attempt.id)
    ).one()
    settling.settle(session, effect_id, provider_ref=found.id, now=now)
    if attempt.state != AttemptState.OPEN:
        plan_expiry(session, attempt, now=now)
        return None
    return found.url


def close(session: Session, *, purpose: str, subject_id: str, by: Actor, now: datetime) -> None:
    """End an unpaid payment: its attempt expires, here and at the provider. Money that still arrives goes back.

    Nothing happens when there is no payment. Raises AlreadyPaid when the money is here.
    """
    del by  # whoever may end the subject may end its payment; the subject's own log says who
    try:
        payment = deals.locked_payment(session, purpose, subject_id)
    except PaymentNotFound:
        return
    if payment.state not in (PaymentState.OPEN, PaymentState.PROCESSING, PaymentState.CLOSED):
        raise AlreadyPaid(subject=payment.subject, state=payment.state)
    payment.state = PaymentState.CLOSED
    attempt = live_attempt(session, payment)
    if attempt is None:
        return
    attempt.state, attempt.closed_at = AttemptState.EXPIRED, now
    plan_expiry(session, attempt, now=now)


def plan_expiry(session: Session, attempt: PaymentAttempt, *, now: datetime) -> None:
    """Close the attempt's checkout at the provider, if it has one by now."""
    if attempt.checkout_id is None:
        return
    planning.plan(
        session,
        kind=EXPIRE_EFFECT,
        natural_key=attempt.id,
        params={"attempt_id": attempt.id, "checkout_id": attempt.checkout_id},
        now=now,
    )
