"""What the start page shows, put together from what each domain tells of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from blueprints.notice_words import sentence_of
from headroom.actors import Actor
from headroom.db import reading
from headroom.mixing import lists
from headroom.mixing.access import Side
from headroom.mixing.lists import OrderLine
from headroom.notices import telling

SHOWN_NEWS = 8  # lines; the rest is on the notices page


@dataclass(frozen=True, slots=True)
class News:
    """One notice in words."""

    text: str
    link: str
    at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a person: orders on which they are to act, and the newest news."""

    orders: Sequence[OrderLine]
    news: Sequence[News]


def waiting_for(actor: Actor) -> Waiting:
    """The person's orders as client and as engineer that wait for them, and news, unseen first."""
    assert actor.person_id is not None
    with reading() as session:
        orders = _to_act_on(session, actor.person_id)
    return Waiting(orders, sorted(news_of(actor), key=lambda line: not line.is_new)[:SHOWN_NEWS])


def news_of(actor: Actor) -> list[News]:
    """The person's notices in words, newest first."""
    assert actor.person_id is not None
    with reading() as session:
        rows = telling.latest(session, actor.person_id)
    return [News(sentence_of(row.kind, row.values), row.link, row.posted_at, row.seen_at is None) for row in rows]


def _to_act_on(session: Session, person_id: str) -> list[OrderLine]:
    both = (line for side in (Side.CLIENT, Side.ENGINEER) for line in lists.orders_of(session, person_id, side))
    return [line for line in both if line.is_mine_to_act]
