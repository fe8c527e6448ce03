"""Who is told what: in the app always, by mail where waiting would cost something.

One table from event to readers. Texts are put together at the door from the code `mixing.<event>` and values.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import mailing, notices
from headroom.accounts.people import contact_of
from headroom.mixing.entering import Doing
from headroom.mixing.models import EngineerProfile, Order
from headroom.mixing.states import Event, Role

C, E = Role.CLIENT, Role.ENGINEER
DELIVERIES = frozenset({Event.DELIVER_FIRST, Event.DELIVER_NEXT})


class News(NamedTuple):
    """Who hears of an event. Those in `mail` get a mail too."""

    notice: tuple[Role, ...]
    mail: tuple[Role, ...]


# fmt: off
NEWS: Mapping[Event, News] = {
    #                            notice    mail
    Event.REQUEST_QUOTE:     News((E,),    (E,)),
    Event.SEND_OFFER:        News((C,),    (C,)),
    Event.DECLINE:           News((C,),    (C,)),
    Event.WITHDRAW:          News((E,),    ()),
    Event.COUNTER:           News((E,),    (E,)),
    Event.WITHDRAW_OFFER:    News((C,),    (C,)),
    Event.ACCEPT_OFFER:      News((E,),    ()),
    Event.PAYMENT_SUCCEEDED: News((C, E),  (C, E)),
    Event.PAYMENT_FAILED:    News((C,),    (C,)),
    Event.LATE_PAYMENT:      News((C,),    (C,)),
    Event.SUBMIT_FILES:      News((E,),    (E,)),
    Event.ACCEPT_FILES:      News((C,),    (C,)),
    Event.REQUEST_FILES:     News((C,),    (C,)),
    Event.REJECT_JOB:        News((C,),    (C,)),
    Event.CANCEL:            News((C, E),  (C, E)),
    Event.ENGINEER_CANCEL:   News((C,),    (C,)),
    Event.CANCEL_OVERDUE:    News((C, E),  (C, E)),
    Event.DELIVER_FIRST:     News((C,),    (C,)),
    Event.DELIVER_NEXT:      News((C,),    (C,)),
    Event.REQUEST_REVISION:  News((E,),    (E,)),
    Event.WITHDRAW_REVISION: News((E,),    ()),
    Event.APPROVE:           News((E,),    (E,)),
    Event.AUTO_APPROVE:      News((C, E),  (C, E)),
    Event.LEGS_SETTLED:      News((C, E),  (C, E)),
    Event.LEG_UNPAYABLE:     News((E,),    (E,)),
    Event.REFUND_SETTLED:    News((C, E),  (C,)),
    Event.REFUND_FAILED:     News((C,),    (C,)),
    Event.REFUND_CREDITED:   News((C,),    (C,)),
    Event.OPEN_DISPUTE:      News((C, E),  (C, E)),
    Event.QUOTE_UNANSWERED:  News((C, E),  (C,)),
    Event.OFFER_LAPSED:      News((C, E),  (E,)),
    Event.CHECKOUT_EXPIRED:  News((C, E),  (C,)),
    Event.PAYMENT_LOST:      News((C, E),  (C,)),
    Event.FILES_NEVER_CAME:  News((C, E),  (C, E)),
    Event.INTAKE_UNANSWERED: News((C, E),  (C, E)),
    Event.NEVER_DELIVERED:   News((C, E),  (C, E)),
    Event.DELIVERY_UNSEEN:   News((C, E),  (C, E)),
    Event.REVISION_OVERDUE:  News((C, E),  (C, E)),
    Event.CLIENT_SILENT:     News((C, E),  (C, E)),
    Event.ENGINEER_SILENT:   News((C, E),  (C, E)),
    Event.RULING_OVERDUE:    News((C, E),  (C, E)),
    Event.TERMS_UNANSWERED:  News((C, E),  (C, E)),
}
# fmt: on


def tell(session: Session, doing: Doing, *, reason: str | None) -> None:
    """Tell everyone the table names, except whoever did it. A delivery's mail starts the review timer."""
    news = NEWS.get(doing.move.event)
    if news is None or doing.move.event in DELIVERIES:
        return  # deliveries are told by orders.deliver, which keeps the mail's id
    for role in news.notice:
        if doing.role is not role or role in news.mail:
            inform(
                session,
                doing.order,
                to=role,
                code=doing.move.event.value,
                now=doing.now,
                by_mail=role in news.mail,
                reason=reason,
            )


def inform(
    session: Session,
    order: Order,
    *,
    to: Role,
    code: str,
    now: datetime,
    by_mail: bool,
    reason: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> str | None:
    """One notice and, if wanted, one mail to one side; returns the mail's id."""
    person_id = order.client_id if to is Role.CLIENT else order.engineer_id
    link = f"/orders/{order.id}"
    facts = _facts(session, order, to) | {"reason": reason} | dict(values or {})
    notices.post(session, person_id=person_id, kind=f"mixing.{code}", values=facts, link=link, now=now)
    if not by_mail:
        return None
    contact = contact_of(session, person_id)
    return mailing.queue(
        session,
        to=contact.email,
        template="mixing/news",
        values={**facts, "code": code, "link": link, "time_zone": contact.time_zone, "name": contact.display_name},
        locale=contact.locale,
        now=now,
        person_id=person_id,
    )


def _facts(session: Session, order: Order, to: Role) -> dict[str, Any]:
    """What every text may use; JSON-able."""
    engineer = session.scalar(
        select(EngineerProfile.display_name).where(EngineerProfile.person_id == order.engineer_id)
    )
    client = contact_of(session, order.client_id).display_name
    return {
        "title": order.title,
        "role": to.value,
        "other": (engineer or "") if to is Role.CLIENT else client,
        "price_minor": order.price_minor,
        "currency": order.currency,
        "refund_minor": order.refund_minor,
        "kept_minor": order.kept_minor,
        "state": order.state,
        "deadline_at": order.deadline_at.isoformat() if order.deadline_at else None,
        "due_at": order.due_at.isoformat() if order.due_at else None,
    }
