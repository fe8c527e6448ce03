"""What the start page shows, put together from what each domain tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from blueprints.notice_words import sentence_of
from headroom.actors import Actor
from headroom.db import reading
from headroom.notices import telling

SHOWN = 8  # lines; the rest is on the notices page


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits for a person."""

    text: str
    link: str
    at: datetime
    is_new: bool


def waiting_for(actor: Actor) -> list[Waiting]:
    """The newest news of the person's orders, unseen first."""
    assert actor.person_id is not None
    with reading() as session:
        rows = telling.latest(session, actor.person_id)
    lines = [Waiting(sentence_of(r.kind, r.values), r.link, r.posted_at, r.seen_at is None) for r in rows]
    return sorted(lines, key=lambda line: not line.is_new)[:SHOWN]
