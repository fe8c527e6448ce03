"""Claim a request's key inside the transaction that does the work, and leave the answer there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.errors import Conflict, Invalid
from headroom.idempotency.models import RequestRecord
from headroom.ids import new_id


@dataclass(frozen=True, slots=True)
class RequestKey:
    """One request that creates: who asks (person, session or network), the route, the key, SHA-256 of the body."""

    owner: str
    route: str
    key: str
    body_hash: bytes


class AlreadyAnswered(Conflict):
    """The same request was done before; `location` is where its result is (None: the result has no page)."""

    code = "already_answered"

    def __init__(self, *, location: str | None) -> None:
        self.location = location
        super().__init__(location=location)


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "key_reused"


def claim(session: Session, key: RequestKey, *, now: datetime) -> None:
    """Take the key for this transaction. A parallel twin waits here until the first one commits or rolls back.

    Raises AlreadyAnswered for a repeat, KeyReused when the key came with another body.
    """
    fresh = session.execute(
        insert(RequestRecord)
        .values(id=new_id("req"), owner=key.owner, route=key.route, key=key.key, body_hash=key.body_hash, asked_at=now)
        .on_conflict_do_nothing()
        .returning(RequestRecord.id)
    ).scalar_one_or_none()
    if fresh is not None:
        return
    earlier = session.execute(select(RequestRecord.body_hash, RequestRecord.location).where(*_same(key))).one_or_none()
    if earlier is None:  # swept between the two statements: so old that it cannot be a repeat
        raise Conflict(reason="request_key_expired")
    if bytes(earlier.body_hash) != key.body_hash:
        raise KeyReused({"": "key_reused"})
    raise AlreadyAnswered(location=earlier.location)


def answer(session: Session, key: RequestKey, location: str) -> None:
    """Store where the result is, for repeats. `location` is a path of this site."""
    session.execute(update(RequestRecord).where(*_same(key)).values(location=location))


def _same(key: RequestKey) -> tuple[ColumnElement[bool], ...]:
    return (RequestRecord.owner == key.owner, RequestRecord.route == key.route, RequestRecord.key == key.key)
