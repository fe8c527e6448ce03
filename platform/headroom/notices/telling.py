"""Post notices and read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from headroom.notices.models import Notice


def post(session: Session, *, person_id: str, kind: str, values: dict[str, Any], link: str, now: datetime) -> None:
    """Tell a person something. `kind` is a code such as `mixing.delivered`, `link` a path of this site."""
    session.add(Notice(person_id=person_id, kind=kind, values=values, link=link, posted_at=now))


def unseen_count(session: Session, person_id: str) -> int:
    """How many notices the person has not seen."""
    return (
        session.scalar(
            select(func.count()).select_from(Notice).where(Notice.person_id == person_id, Notice.seen_at.is_(None))
        )
        or 0
    )


def latest(session: Session, person_id: str, *, limit: int = 50) -> Sequence[Notice]:
    """The newest notices first."""
    return session.scalars(
        select(Notice).where(Notice.person_id == person_id).order_by(Notice.posted_at.desc()).limit(limit)
    ).all()


def mark_seen(session: Session, person_id: str, *, now: datetime, link: str | None = None) -> None:
    """Mark the person's notices seen: all, or only those that lead to `link`."""
    unseen = update(Notice).where(Notice.person_id == person_id, Notice.seen_at.is_(None))
    session.execute((unseen if link is None else unseen.where(Notice.link == link)).values(seen_at=now))
