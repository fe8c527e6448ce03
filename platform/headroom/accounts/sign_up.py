"""Sign up, and prove that the address is yours.

Whoever signs up gets the same answer whether or not the address is known; only the mail tells. An account is
nobody's until its address is confirmed: several may wait for one address, and confirming one ends the others,
so that signing up with a stranger's address first gains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from headroom import mailing
from headroom.accounts import consent, documents, people
from headroom.accounts.documents import Kind
from headroom.accounts.errors import AddressTaken, LinkSpent
from headroom.accounts.models import MailLink, PasswordRecord, Person
from headroom.accounts.sessions import hash_token
from headroom.actors import Actor
from headroom.audit import Action
from headroom.audit import record as audit
from headroom.ids import new_secret

LINK_LIFE = timedelta(hours=24)
CONFIRM = "confirm_address"
_DOOR = Actor.system("sign-up")


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What a person said of themselves, cleaned."""

    email: str
    display_name: str
    locale: str
    time_zone: str
    age_rule: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """From where and with what the person acted, and the documents they ticked."""

    privacy_id: str
    terms_id: str
    ip: str | None
    user_agent: str
    subject_key_hash: bytes
    browser_hash: bytes


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that can still be used, and whose it is."""

    person_id: str
    display_name: str
    email: str
    browser_hash: bytes | None
    record: bytes | None


def sign_up(
    session: Session, who: NewPerson, *, record: bytes, evidence: Evidence, confirm_url: str, now: datetime
) -> None:
    """Make an unconfirmed account with two acceptances and mail its link; for a known address, mail only.

    `confirm_url` is the address the token is appended to. Raises DocumentMoved when a ticked document is no
    longer the one in force.
    """
    privacy = documents.accepted(session, evidence.privacy_id, Kind.PRIVACY, now=now)
    terms = documents.accepted(session, evidence.terms_id, Kind.TERMS, now=now)
    known = people.find_confirmed(session, who.email)
    if known is not None:
        _mail_known(session, known, confirm_url, now=now)
        return
    person = Person(
        email=who.email,
        display_name=who.display_name,
        locale=who.locale,
        time_zone=who.time_zone,
        theme="system",
        age_rule=who.age_rule,
        created_at=now,
    )
    session.add(person)
    session.flush()
    session.add(PasswordRecord(person_id=person.id, record=record, changed_at=now))
    for document in (privacy, terms):
        consent.record(
            session,
            person_id=person.id,
            kind=document.kind,
            document=document,
            action=consent.ConsentAction.ACCEPT,
            method="sign_up_box",
            locale=document.locale,
            ip=evidence.ip,
            user_agent=evidence.user_agent,
            now=now,
            subject_key_hash=evidence.subject_key_hash,
        )
    audit(session, Action.SIGNED_UP, by=_DOOR, object_kind="person", object_ref=person.id, now=now)
    send_link(session, person, confirm_url, browser_hash=evidence.browser_hash, now=now)


def send_link(session: Session, person: Person, confirm_url: str, *, browser_hash: bytes | None, now: datetime) -> None:
    """Mail a fresh link to confirm the address; earlier ones of the same account stop working."""
    session.execute(
        update(MailLink)
        .where(MailLink.person_id == person.id, MailLink.purpose == CONFIRM, MailLink.used_at.is_(None))
        .values(used_at=now)
    )
    token = new_secret()
    session.add(
        MailLink(
            person_id=person.id,
            purpose=CONFIRM,
            token_hash=hash_token(token),
            browser_hash=browser_hash,
            created_at=now,
            expires_at=now + LINK_LIFE,
        )
    )
    mailing.queue(
        session,
        to=person.email,
        template="accounts/confirm_address",
        values={
            "name": person.display_name,
            "link": confirm_url + token,
            "hours": int(LINK_LIFE.total_seconds() // 3600),
        },
        locale=person.locale,
        now=now,
        person_id=person.id,
    )


def look_at_link(session: Session, token: str, *, now: datetime) -> PendingLink:
    """What a link would do, without using it; LinkSpent if it would do nothing."""
    row = session.execute(
        select(Person, MailLink.browser_hash, PasswordRecord.record)
        .join(MailLink, MailLink.person_id == Person.id)
        .outerjoin(PasswordRecord, PasswordRecord.person_id == Person.id)
        .where(
            MailLink.token_hash == hash_token(token),
            MailLink.purpose == CONFIRM,
            MailLink.used_at.is_(None),
            MailLink.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        raise LinkSpent
    person, browser_hash, record = row
    return PendingLink(person.id, person.display_name, person.email, browser_hash, record)


def confirm_address(session: Session, token: str, *, now: datetime) -> Person:
    """Use the link: the address is this person's. Raises LinkSpent, or AddressTaken if another was first."""
    person_id = session.scalar(
        update(MailLink)
        .where(
            MailLink.token_hash == hash_token(token),
            MailLink.purpose == CONFIRM,
            MailLink.used_at.is_(None),
            MailLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(MailLink.person_id)
    )
    if person_id is None:
        raise LinkSpent
    person = people.get_person(session, person_id)
    _lock_address(session, person.email)
    owner = people.find_confirmed(session, person.email)
    if owner is not None and owner.id != person.id:
        raise AddressTaken
    person.email_verified_at = now
    session.flush()
    session.execute(
        delete(Person).where(
            func.lower(Person.email) == person.email.lower(),
            Person.id != person.id,
            Person.email_verified_at.is_(None),
        )
    )
    audit(session, Action.EMAIL_VERIFIED, by=Actor(person.id), object_kind="person", object_ref=person.id, now=now)
    return person


def _lock_address(session: Session, email: str) -> None:
    """Two confirmations of one address wait for each other instead of meeting at the unique index."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email.lower(), 0))))


def _mail_known(session: Session, person: Person, confirm_url: str, *, now: datetime) -> None:
    mailing.queue(
        session,
        to=person.email,
        template="accounts/already_here",
        values={"name": person.display_name, "site": confirm_url.split("/confirm")[0]},
        locale=person.locale,
        now=now,
        person_id=person.id,
    )
