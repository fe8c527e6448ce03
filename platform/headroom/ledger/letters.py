"""Mails about money. Each is queued in the transaction of what it tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from headroom.accounts.people import contact_of
from headroom.errors import NotFound
from headroom.ledger.deals import Opened
from headroom.ledger.models import Payment, PayoutLeg, Refund
from headroom.mailing import queue


def receipt(session: Session, payment: Payment, *, now: datetime) -> None:
    """To the payer, when the money is here: where it is held and where the receipt is."""
    values = {
        "title": payment.title,
        "amount_minor": payment.price_minor,
        "currency": payment.currency,
        "path": f"/receipts/{payment.id}",
    }
    _send(session, payment.payer_id, "ledger/receipt", values, now=now)


def refunded(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """To the payer, when the provider settled a refund."""
    _send(session, payment.payer_id, "ledger/refunded", _about_refund(payment, refund), now=now)


def returned(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """To the payer, when money that came twice or too late goes back by itself."""
    _send(session, payment.payer_id, "ledger/returned", _about_refund(payment, refund), now=now)


def transferred(session: Session, held: Opened, leg: PayoutLeg, *, amount_minor: int, now: datetime) -> None:
    """To the payee, when their share left for their account."""
    values = {"title": held.payment.title, "amount_minor": amount_minor, "currency": leg.currency, "path": "/payouts"}
    _send(session, leg.party, "ledger/transferred", values, now=now)


def parked(session: Session, held: Opened, leg: PayoutLeg, *, now: datetime) -> None:
    """To the payee, when their share waits for them to become payable."""
    values = {
        "title": held.payment.title,
        "amount_minor": held.deal.outstanding(leg.party),
        "currency": leg.currency,
        "path": "/payouts",
    }
    _send(session, leg.party, "ledger/parked", values, now=now)


def _about_refund(payment: Payment, refund: Refund) -> dict[str, Any]:
    return {
        "title": payment.title,
        "amount_minor": refund.amount_minor,
        "currency": payment.currency,
        "path": f"/receipts/{payment.id}",
    }


def _send(session: Session, person_id: str, template: str, values: dict[str, Any], *, now: datetime) -> None:
    """Queue for a person; one who left has no address any more, and their money goes on without mail."""
    try:
        contact = contact_of(session, person_id)
    except NotFound:
        return
    queue(
        session,
        to=contact.email,
        template=template,
        values=values,
        locale=contact.locale,
        now=now,
        person_id=person_id,
    )
