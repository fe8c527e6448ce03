"""Sign in with an address and a password, and sign out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, nulls_last, select, update
from sqlalchemy.orm import Session

from headroom.accounts import sessions
from headroom.accounts.limits import network_of
from headroom.accounts.models import PasswordRecord, Person
from headroom.actors import Actor
from headroom.audit import Action
from headroom.audit import record as audit


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom an address may mean, and the record their password must make."""

    person_id: str
    record: bytes
    confirmed: bool


def candidate_for(session: Session, email: str) -> Candidate | None:
    """The person who confirmed the address, else the newest who waits to; None for an unknown address."""
    row = session.execute(
        select(Person.id, PasswordRecord.record, Person.email_verified_at)
        .join(PasswordRecord, PasswordRecord.person_id == Person.id)
        .where(func.lower(Person.email) == email.lower())
        .order_by(nulls_last(Person.email_verified_at.asc()), Person.created_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    person_id, record, verified_at = row
    return Candidate(person_id, bytes(record), verified_at is not None)


def sign_in(
    session: Session,
    person_id: str,
    *,
    ip: str | None,
    user_agent: str,
    now: datetime,
    new_record: bytes | None = None,
    instead_of: str | None = None,
) -> str:
    """Open a session for a person who proved themselves and return its token.

    `new_record` replaces an outdated password record; `instead_of` is the session this browser had until now.
    """
    if new_record is not None:
        session.execute(update(PasswordRecord).where(PasswordRecord.person_id == person_id).values(record=new_record))
    if instead_of is not None:
        sessions.end(session, instead_of, now=now)
    token = sessions.start(session, person_id, ip=ip, user_agent=user_agent, now=now)
    _note(session, Action.SIGNED_IN, person_id, now=now, ip=ip)
    return token


def note_failure(session: Session, person_id: str, *, ip: str | None, now: datetime) -> None:
    """Record that somebody tried a wrong password on a known account.

    The audit outlives the days for which an address may be whole, and cannot be cut later: it gets the network.
    """
    audit(
        session,
        Action.SIGN_IN_FAILED,
        by=Actor.system("sign-in"),
        object_kind="person",
        object_ref=person_id,
        subject_id=person_id,
        now=now,
        payload={"network": network_of(ip)},
    )


def sign_out(session: Session, *, by: Actor, now: datetime) -> None:
    """End the actor's own session."""
    if by.session_id is None or by.person_id is None:
        return
    sessions.end(session, by.session_id, now=now)
    _note(session, Action.SIGNED_OUT, by.person_id, now=now, ip=None)


def _note(session: Session, action: Action, person_id: str, *, now: datetime, ip: str | None) -> None:
    audit(
        session,
        action,
        by=Actor(person_id),
        object_kind="person",
        object_ref=person_id,
        now=now,
        payload={"network": network_of(ip)} if ip is not None else None,
    )
