"""Sessions of signed-in people: start, find, keep alive, end.

A session lives 14 days without use and 90 days at most; a staff member's 30 minutes and 12 hours. The limits
follow from the row's two instants and the capabilities held now, so that becoming staff shortens a session at
once. Every write says "only if the row still lives": a revoked session cannot come back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import Text

from headroom.accounts import capabilities
from headroom.accounts.models import CapabilityGrant, Person, SignInSession
from headroom.actors import Actor
from headroom.errors import NotSignedIn
from headroom.ids import new_secret
from headroom.notices.models import Notice

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
STAFF_IDLE = timedelta(minutes=30)
STAFF_ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(seconds=60)  # how often a read page writes `last_seen_at`
MAX_USER_AGENT = 400


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session in force and what pages need to know of its person."""

    session_id: str
    person_id: str
    display_name: str
    locale: str
    time_zone: str
    theme: str
    capabilities: frozenset[str]
    last_seen_at: datetime
    unseen_notices: int

    @property
    def actor(self) -> Actor:
        return Actor(
            person_id=self.person_id,
            session_id=self.session_id,
            capabilities=self.capabilities,
            locale=self.locale,
        )


def hash_token(token: str) -> bytes:
    """What is stored of a token with 256 random bits; a fast hash suffices for so much entropy."""
    return hashlib.sha256(token.encode("utf-8")).digest()


def is_live(*, created_at: datetime, last_seen_at: datetime, held: frozenset[str], now: datetime) -> bool:
    """Whether a session with these instants is within its limits."""
    staff = capabilities.STAFF in held
    idle, absolute = (STAFF_IDLE, STAFF_ABSOLUTE) if staff else (IDLE, ABSOLUTE)
    return now - last_seen_at < idle and now - created_at < absolute


def start(session: Session, person_id: str, *, ip: str | None, user_agent: str, now: datetime) -> str:
    """Open a session and return its token, which is stored nowhere."""
    token = new_secret()
    session.add(
        SignInSession(
            person_id=person_id,
            token_hash=hash_token(token),
            created_at=now,
            last_seen_at=now,
            ip=ip,
            user_agent=user_agent[:MAX_USER_AGENT],
        )
    )
    session.flush()
    return token


def find(session: Session, token: str, *, now: datetime) -> LiveSession | None:
    """The session in force behind a cookie, or None. One statement."""
    return _live(session, SignInSession.token_hash, hash_token(token), now=now)


def require_live(session: Session, actor: Actor, *, now: datetime) -> None:
    """Raise NotSignedIn unless the actor's session is still in force and holds what the actor claims."""
    live = _live(session, SignInSession.id, actor.session_id, now=now)
    if live is None or live.person_id != actor.person_id or not actor.capabilities <= live.capabilities:
        raise NotSignedIn


def touch(session: Session, live: LiveSession, *, now: datetime) -> None:
    """Note that the session is in use, if it still exists."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == live.session_id, SignInSession.ended_at.is_(None))
        .values(last_seen_at=now)
    )


def needs_touch(live: LiveSession, *, now: datetime) -> bool:
    return now - live.last_seen_at >= TOUCH_EVERY


def end(session: Session, session_id: str, *, now: datetime) -> None:
    """End one session; ending it twice changes nothing."""
    session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all(session: Session, person_id: str, *, now: datetime, except_id: str | None = None) -> int:
    """End the person's sessions, except one if given; returns how many ended."""
    ended = session.scalars(
        update(SignInSession)
        .where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.id != (except_id or ""),
        )
        .values(ended_at=now)
        .returning(SignInSession.id)
    )
    return len(ended.all())


def open_ones(session: Session, person_id: str, *, now: datetime) -> list[SignInSession]:
    """The person's sessions that could still be used, last used first."""
    rows = session.scalars(
        select(SignInSession)
        .where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.last_seen_at > now - IDLE,
            SignInSession.created_at > now - ABSOLUTE,
        )
        .order_by(SignInSession.last_seen_at.desc())
    )
    return list(rows)


def _live(session: Session, column: InstrumentedAttribute[Any], value: object, *, now: datetime) -> LiveSession | None:
    row = session.execute(_of_one_session(column), {"value": value}).one_or_none()
    if row is None:
        return None
    session_id, created_at, last_seen_at, person_id, name, locale, zone, theme, granted, unseen_notices = row
    usable = capabilities.usable(frozenset(granted or ()))
    if not is_live(created_at=created_at, last_seen_at=last_seen_at, held=usable, now=now):
        return None
    return LiveSession(session_id, person_id, name, locale, zone, theme, usable, last_seen_at, int(unseen_notices))


@cache
def _of_one_session(column: InstrumentedAttribute[Any]) -> Select[Any]:
    """The statement behind every page, by token or by id. Built once: building it costs more than running it."""
    held = (
        select(func.array_agg(CapabilityGrant.capability, type_=ARRAY(Text)))
        .where(CapabilityGrant.person_id == Person.id, CapabilityGrant.revoked_at.is_(None))
        .scalar_subquery()
    )
    unseen = (
        select(func.count())
        .select_from(Notice)
        .where(Notice.person_id == Person.id, Notice.seen_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            SignInSession.id,
            SignInSession.created_at,
            SignInSession.last_seen_at,
            Person.id,
            Person.display_name,
            Person.locale,
            Person.time_zone,
            Person.theme,
            held,
            unseen,
        )
        .join(Person, Person.id == SignInSession.person_id)
        .where(column == bindparam("value"), SignInSession.ended_at.is_(None))
    )
