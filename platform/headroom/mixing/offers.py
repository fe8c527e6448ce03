"""Verbs before payment: a brief with sound goes to an engineer, offers go back and forth, one is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.ledger.split import Share
from headroom.mixing.deadlines import DELAYS
from headroom.mixing.errors import EngineerNotFound, NotOpenForOrders, OfferGone, OwnOrder
from headroom.mixing.models import EngineerProfile, Offer, Order, OrderEvent, OrderFile
from headroom.mixing.moving import move
from headroom.mixing.pricing import MAX_PRICE_MINOR, MIN_PRICE_MINOR, shares_of
from headroom.mixing.states import TERMINAL, Event, Guard, PaymentState, Role, State

DEFAULT_CURRENCY = "USD"
TAX_CLASS = "services"  # audio engineering as a digital service
DELIVERABLES = ("mix", "master", "instrumental", "a_cappella", "tv_track", "stems")


@dataclass(frozen=True, slots=True)
class Brief:
    """What a client wants. `stem_list` names the tracks they will send; sound is added as files."""

    title: str
    artist: str
    text: str
    stem_list: Sequence[str] = ()
    loudness_lufs: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What an engineer offers. Money in minor units of `currency`."""

    price_minor: int
    turnaround_days: int
    revisions: int
    deliverables: tuple[str, ...]
    max_stems: int = 60
    currency: str = DEFAULT_CURRENCY
    sample_rate_hz: int | None = 48_000
    bit_depth: int | None = 24
    note: str = field(default="")


def begin(session: Session, engineer_id: str, brief: Brief, *, by: Actor, now: datetime) -> Order:
    """A draft that only its client sees; sound may be added to it before the request goes out.

    Raises EngineerNotFound, NotOpenForOrders, OwnOrder.
    """
    assert by.person_id is not None
    if by.person_id == engineer_id:
        raise OwnOrder()
    require_open(session, engineer_id)
    order = Order(
        version=1,
        client_id=by.person_id,
        engineer_id=engineer_id,
        created_at=now,
        state=State.DRAFT,
        state_since=now,
        deadline_at=now + DELAYS["draft_idle"],
        deadline_event=Event.DRAFT_IDLE,
        look_at=now + DELAYS["draft_idle"],
        title=brief.title,
        artist=brief.artist,
        brief=brief.text,
        stem_list=list(brief.stem_list),
        loudness_lufs=brief.loudness_lufs,
        currency=DEFAULT_CURRENCY,
        shares=[],
        revisions=0,
        rounds_used=0,
        max_stems=60,
        deliverables=[],
        payment_state=PaymentState.NONE,
    )
    session.add(order)
    session.flush()
    session.add(
        OrderEvent(
            order_id=order.id,
            seq=1,
            from_state=State.DRAFT,
            to_state=State.DRAFT,
            event="begun",
            role=Role.CLIENT,
            actor_id=by.person_id,
            payload={},
            at=now,
        )
    )
    session.flush()
    return order


def require_open(session: Session, engineer_id: str) -> EngineerProfile:
    """The engineer, if they take orders now. Raises EngineerNotFound, NotOpenForOrders(why).

    The profile's row stays locked until the transaction ends: who comes at the same moment counts after us.
    """
    engineer = session.get(EngineerProfile, engineer_id, with_for_update=True, populate_existing=True)
    if engineer is None or engineer.published_at is None:
        raise EngineerNotFound()
    if engineer.paused_at is not None:
        raise NotOpenForOrders(why="paused")
    if live_orders(session, engineer_id) >= engineer.capacity:
        raise NotOpenForOrders(why="full")
    return engineer


def live_orders(session: Session, engineer_id: str) -> int:
    """Orders that the engineer is paid for and not done with, and clients who have agreed and are about to pay.

    Of those about to pay each counts once, so that nobody fills all places with orders that they never pay.
    """
    waiting = (State.DRAFT, State.QUOTING, State.OFFERED, State.AWAITING_PAYMENT, State.RELEASING)
    is_paid = Order.state.not_in([*TERMINAL, *waiting, State.REFUND_DUE])
    paying = func.count(Order.client_id.distinct()).filter(Order.state == State.AWAITING_PAYMENT)
    paid, about_to_pay = session.execute(
        select(func.count().filter(is_paid), paying).where(Order.engineer_id == engineer_id)
    ).one()
    return int(paid + about_to_pay)


def request_quote(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """Send the draft, with whatever sound it has, to the engineer."""
    require_open(session, order.engineer_id)
    sounds = session.scalars(
        select(OrderFile.role).where(OrderFile.order_id == order.id, OrderFile.removed_at.is_(None))
    ).all()
    move(
        session,
        order,
        Event.REQUEST_QUOTE,
        by=by,
        now=now,
        holds={Guard.OPEN_FOR_ORDERS: True},
        payload={"sounds": len(sounds)},
    )


def send_offer(session: Session, order: Order, terms: Terms, *, fee_bp: int, by: Actor, now: datetime) -> Offer:
    """Offer a price and promises; the split is frozen into the offer. `fee_bp` is the platform's share."""
    expires_at = now + DELAYS["offer_lapsed"]
    has_price = MIN_PRICE_MINOR <= terms.price_minor <= MAX_PRICE_MINOR
    complete = bool(terms.deliverables) and has_price and terms.turnaround_days > 0
    number = _next_number(session, order.id)
    move(
        session,
        order,
        Event.SEND_OFFER,
        by=by,
        now=now,
        holds={Guard.OFFER_COMPLETE: complete},
        changes={"price_minor": terms.price_minor, "currency": terms.currency, "deadline_at": expires_at},
        reason=terms.note,
        payload={"offer": number, "price_minor": terms.price_minor, "currency": terms.currency},
    )
    offer = Offer(
        order_id=order.id,
        number=number,
        price_minor=terms.price_minor,
        currency=terms.currency,
        tax_class=TAX_CLASS,
        shares=frozen_shares(shares_of(order.engineer_id, fee_bp=fee_bp)),
        turnaround_days=terms.turnaround_days,
        revisions=terms.revisions,
        max_stems=terms.max_stems,
        deliverables=list(terms.deliverables),
        sample_rate_hz=terms.sample_rate_hz,
        bit_depth=terms.bit_depth,
        note=terms.note,
        sent_at=now,
        expires_at=expires_at,
    )
    session.add(offer)
    session.flush()
    return offer


def frozen_shares(shares: Sequence[Share]) -> list[dict[str, str | int]]:
    """Shares as they are stored."""
    return [asdict(share) for share in shares]


def stored_shares(order: Order) -> list[Share]:
    """The order's frozen split."""
    return [Share(one["party"], one["basis_points"]) for one in order.shares]


def decline(session: Session, order: Order, *, reason: str, by: Actor, now: datetime) -> None:
    """The engineer does not want the job."""
    move(session, order, Event.DECLINE, by=by, now=now, reason=reason)


def withdraw(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The client takes the request back."""
    move(session, order, Event.WITHDRAW, by=by, now=now)


def counter(session: Session, order: Order, *, wish: str, by: Actor, now: datetime) -> None:
    """The client asks for other terms; the open offer ends."""
    move(session, order, Event.COUNTER, by=by, now=now, reason=wish)
    _end_offer(session, order, "countered", now=now)


def withdraw_offer(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The engineer takes the open offer back."""
    move(session, order, Event.WITHDRAW_OFFER, by=by, now=now)
    _end_offer(session, order, "withdrawn", now=now)


def accept_offer(session: Session, order: Order, *, number: int, by: Actor, now: datetime) -> None:
    """Accept exactly the offer that was shown; its terms are frozen into the order.

    Raises OfferGone when another one took its place or its time is over.
    """
    offer = session.get(Offer, (order.id, number))
    if offer is not None and (offer.ended_at is not None or offer.expires_at <= now):
        raise OfferGone(expires_at=offer.expires_at)
    frozen = {} if offer is None else _terms_of(offer)
    move(
        session,
        order,
        Event.ACCEPT_OFFER,
        by=by,
        now=now,
        holds={Guard.OFFER_OPEN: offer is not None},
        changes=frozen,
        payload={"offer": number},
    )
    _end_offer(session, order, "accepted", now=now)


def _terms_of(offer: Offer) -> dict[str, object]:
    return {
        "offer_number": offer.number,
        "price_minor": offer.price_minor,
        "currency": offer.currency,
        "shares": offer.shares,
        "turnaround_days": offer.turnaround_days,
        "revisions": offer.revisions,
        "max_stems": offer.max_stems,
        "deliverables": offer.deliverables,
        "sample_rate_hz": offer.sample_rate_hz,
        "bit_depth": offer.bit_depth,
    }


def open_offer(session: Session, order_id: str) -> Offer | None:
    return session.scalars(select(Offer).where(Offer.order_id == order_id, Offer.ended_at.is_(None))).one_or_none()


def lapse_offer(session: Session, order: Order, *, now: datetime) -> None:
    """The open offer's time is over (timer)."""
    _end_offer(session, order, "lapsed", now=now)


def _end_offer(session: Session, order: Order, how: str, *, now: datetime) -> None:
    offer = open_offer(session, order.id)
    if offer is not None:
        offer.ended_at, offer.ended_how = now, how
        session.flush()


def _next_number(session: Session, order_id: str) -> int:
    return (session.scalar(select(func.max(Offer.number)).where(Offer.order_id == order_id)) or 0) + 1
