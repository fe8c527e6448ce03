"""Queue a mail; claim it; record what the mail server said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.ids import new_id
from headroom.mailing.models import OutgoingMail

RETRY_AFTER = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 3600))  # the last one repeats
GIVE_UP_AFTER = timedelta(days=4)  # as long as mail servers themselves keep trying (RFC 5321, 4.5.4.1)
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed mail, ready to be rendered and sent."""

    mail_id: str
    to_address: str
    template: str
    values: dict[str, Any]
    locale: str
    queued_at: datetime


def queue(
    session: Session,
    *,
    to: str,
    template: str,
    values: dict[str, Any],
    locale: str,
    now: datetime,
    person_id: str | None = None,
) -> str:
    """Queue one mail in this transaction; returns its id.

    `template` names templates/mail/<template>.{subject.txt,txt,html}; `values` are JSON-able. The worker renders
    in `locale`. The address was validated when it was taken.
    """
    mail_id = new_id("mail")
    session.add(
        OutgoingMail(
            id=mail_id,
            person_id=person_id,
            to_address=to,
            template=template,
            values=values,
            locale=locale,
            state="queued",
            attempts=0,
            queued_at=now,
            next_try_at=now,
        )
    )
    session.flush()
    jobs.enqueue(session, "mailing.send", mail_id=mail_id)
    return mail_id


def claim(session: Session, mail_id: str, *, now: datetime) -> Letter | None:
    """Take a mail for one try; None when it is sent, not due, swept, or another worker has it."""
    mail = session.scalars(
        select(OutgoingMail).where(OutgoingMail.id == mail_id).with_for_update(skip_locked=True)
    ).first()
    if mail is None or mail.state != "queued" or mail.next_try_at > now:
        return None
    if mail.to_address is None or mail.values is None:
        mail.state, mail.last_error = "refused", "swept_before_sent"
        return None
    mail.attempts += 1
    mail.next_try_at = now + LEASE
    return Letter(mail.id, mail.to_address, mail.template, mail.values, mail.locale, mail.queued_at)


def accepted(session: Session, mail_id: str, *, now: datetime) -> None:
    """The mail server took responsibility for it. What stood in it goes now: it may hold a link that signs in."""
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.id == mail_id)
        .values(state="sent", accepted_at=now, last_error=None, values=None)
    )


def not_accepted(session: Session, mail_id: str, *, error: str, forever: bool, now: datetime) -> None:
    """The server refused (`forever`) or could not be reached: try again later, or give up after four days."""
    mail = session.scalars(select(OutgoingMail).where(OutgoingMail.id == mail_id).with_for_update()).one()
    mail.last_error = error
    if forever or now - mail.queued_at > GIVE_UP_AFTER:
        mail.state = "refused"
        return
    mail.next_try_at = now + RETRY_AFTER[min(mail.attempts - 1, len(RETRY_AFTER) - 1)]


def due(session: Session, *, now: datetime, limit: int = 200) -> Sequence[str]:
    """Ids of mails whose next try is due."""
    return session.scalars(
        select(OutgoingMail.id)
        .where(OutgoingMail.state == "queued", OutgoingMail.next_try_at <= now)
        .order_by(OutgoingMail.next_try_at)
        .limit(limit)
    ).all()
