"""A week of Mara's with Ivo: one order in each state that a page has a face for, and the papers that come of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import clock
from headroom.accounts import sign_up
from headroom.accounts.models import MailLink, Person
from headroom.accounts.sessions import hash_token
from headroom.admin import pages
from headroom.files.models import FilePurge, StoredFile
from headroom.ids import new_secret
from headroom.ledger.models import Payment
from headroom.mixing import checkout, offers, orders, talk, timers
from headroom.mixing.models import EngineerProfile
from headroom.mixing.moving import move
from headroom.mixing.states import Event, Guard
from tests.mixing.world import ADA, AGREED, DAY, IVO, MARA, Story

CAPACITY = 20  # orders at a time; Ivo has one of each


@dataclass
class Song(Story):
    """An order of a song with a name of its own, so that lists and news can be told apart."""

    title: str = ""
    artist: str = "Mara Lind"

    def draft(self) -> Song:
        brief = offers.Brief(self.title, self.artist, "Keep the vocal close, let the room breathe.", ("drums", "bass"))
        self.order = offers.begin(self.session, "per_ivo", brief, by=MARA, now=self.now)
        return self


def week(session: Session) -> dict[str, str]:
    """Fill the database. Ids of orders by their state, and of an `attempt`, a `payment`, a file `purged`; a `link`."""
    now = clock.now() - timedelta(days=2)
    session.get_one(EngineerProfile, "per_ivo").capacity = CAPACITY
    told = _main_path(session, now) | _turns_and_ends(session, now)
    pages.look_up(session, "mara@example.test", reason="Ticket 114: she asked where her receipt is", by=ADA, now=now)
    return {state: story.order.id for state, story in told.items()} | {
        "attempt": checkout.pay(session, told["paying"].order, witness=AGREED, by=MARA, now=now).id,
        "payment": session.scalars(select(Payment.id).where(Payment.subject_id == told["completed"].order.id)).one(),
        "purged": _purged(session, told["completed"], now=now),
        "link": _newcomer(session, now=now),
    }


def _main_path(session: Session, now: datetime) -> dict[str, Story]:
    """From the brief to the approval."""
    lately = now + timedelta(hours=46)
    approved = Song(session, now, title="First Frost").delivered()
    orders.approve(session, approved.order, by=MARA, now=now)
    return {
        "draft": Song(session, now, title="Kitchen Radio").draft(),
        "quoting": Song(session, now, title="Salt").quoting(),
        "offered": Song(session, now, title="Half a Mile", artist="The Lamps").offered(),
        "awaiting_payment": Song(session, lately, title="Paper Boats", artist="The Lamps").accepted(),
        "paying": Song(session, lately, title="Slow Train", artist="The Lamps").accepted(),
        "awaiting_files": Song(session, now, title="Low Tide").paid(),
        "intake": Song(session, now, title="Tin Roof", artist="The Lamps").submitted(),
        "in_progress": Song(session, now, title="North Window").working(),
        "delivered": _talked_about(Song(session, now, title="Night Bus", artist="The Lamps").working()),
        "approved": approved,
    }


def _turns_and_ends(session: Session, now: datetime) -> dict[str, Story]:
    """A revision under way, a dispute, and three ways in which an order ends."""
    told = {
        "revising": _sent_back(Song(session, now, title="Glass").delivered()),
        "disputed": _sent_back(Song(session, now, title="Harbor Lights", artist="The Lamps").delivered()),
        "completed": Song(session, now - 40 * DAY, title="Small Hours").delivered(),
        "closed_refunded": Song(session, now - 3 * DAY, title="Postcard", artist="The Lamps").paid(),
        "expired": Song(session, now - 8 * DAY, title="Wire").offered(),
    }
    holds = {Guard.EVIDENCE_FROZEN: True}
    move(session, told["disputed"].order, Event.OPEN_DISPUTE, by=MARA, now=now, holds=holds)
    completed = told["completed"]
    orders.approve(session, completed.order, by=MARA, now=completed.now)
    timers.fire(session, completed.order, Event.CLEAR, now=completed.now + 7 * DAY)
    checkout.legs_settled(session, completed.order.id, fact={}, now=completed.now + 8 * DAY)
    refunded = told["closed_refunded"].order
    orders.cancel(session, refunded, reason="The singer fell ill; we record in spring.", by=MARA, now=now - DAY)
    checkout.refund_settled(session, refunded.id, fact={}, now=now)
    timers.fire(session, told["expired"].order, Event.OFFER_LAPSED, now=now)
    return told


def _talked_about(story: Story) -> Story:
    """Two versions, a point, a range, an answer and a message."""
    session, order, now = story.session, story.order, story.now
    first = story.deliver()
    point = talk.comment(
        session, order, first.id, "The snare could be a touch lower.",
        start_ms=12_300, end_ms=None, is_question=False, by=MARA, now=now,
    )  # fmt: skip
    talk.comment(
        session, order, first.id, "Keep this reverb tail.",
        start_ms=40_000, end_ms=55_000, is_question=False, by=MARA, now=now,
    )  # fmt: skip
    talk.reply(session, order, point.id, "One decibel down in the next one.", by=IVO, now=now)
    talk.write(session, order, "Listening tonight on the monitors.", by=MARA, now=now)
    _sent_back(story, about=[point.id]).later(timedelta(hours=9)).deliver()
    return story


def _sent_back(story: Story, *, about: list[str] | None = None) -> Story:
    orders.request_revision(
        story.session, story.order, wishes="The snare; the rest is right.", comment_ids=about or [], is_defect=False,
        by=MARA, now=story.now,
    )  # fmt: skip
    return story


def _purged(session: Session, story: Story, *, now: datetime) -> str:
    """The first stem of a finished order as its deletion leaves it: the record and the tombstone."""
    stem = session.scalars(
        select(StoredFile).where(StoredFile.scope_id == story.order.id, StoredFile.purpose == "stem").limit(1)
    ).one()
    stem.state, stem.state_at = "purged", now
    session.add(
        FilePurge(
            file_id=stem.id, scope_kind=stem.scope_kind, scope_id=stem.scope_id, purpose=stem.purpose,
            sha256=stem.sha256, byte_size=stem.byte_size, reason="sources_after_end", policy_version="1",
            actor="system:sweeper", at=now, objects_deleted=2, versions_deleted=0, objects_left=0, disk_files_left=0,
        )
    )  # fmt: skip
    session.flush()
    return stem.id


def _newcomer(session: Session, *, now: datetime) -> str:
    """Somebody who has signed up and not yet confirmed; the secret of the link they were mailed."""
    nina = Person(
        id="per_nina", email="nina@example.test", display_name="Nina", locale="en", time_zone="Europe/Berlin",
        theme="system", age_rule="16", created_at=now,
    )  # fmt: skip
    session.add(nina)
    session.flush()
    secret = new_secret()
    until = clock.now() + sign_up.LINK_LIFE
    session.add(
        MailLink(
            person_id=nina.id, purpose=sign_up.CONFIRM, token_hash=hash_token(secret), created_at=now, expires_at=until
        )
    )  # fmt: skip
    session.flush()
    return secret
