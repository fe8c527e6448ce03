"""Silence decides a dispute only against the side that was asked and said nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.mixing import orders, talk, timers
from headroom.mixing.deadlines import DELAYS, REVISION_TIME
from headroom.mixing.models import OrderEvent
from headroom.mixing.states import State
from tests.mixing.world import IVO, MARA, Story, people


@pytest.fixture
def overdue(session: Session) -> Story:
    """An order whose revision is so late that it became disputed by itself."""
    people(session)
    story = Story(session).delivered()
    orders.request_revision(
        session, story.order, wishes="The snare is shy.", comment_ids=(), is_defect=False, by=MARA, now=story.now
    )
    story.later(REVISION_TIME + DELAYS["revision_overdue"] + timedelta(seconds=1))
    look(story)
    assert story.order.state == State.DISPUTED
    return story


def look(story: Story) -> None:
    for order_id, look_at in timers.due(story.session, now=story.now):
        timers.look(story.session, order_id, look_at=look_at, now=story.now)


def say(story: Story, by: Actor) -> None:
    talk.write(story.session, story.order, "I was ill and send it tomorrow.", by=by, now=story.now)


def test_an_engineer_who_stays_silent_leaves_everything_to_the_client(overdue: Story) -> None:
    look(overdue.later(DELAYS["engineer_silent"]))
    assert overdue.order.settled_why == "engineer_silent"


def test_an_engineer_who_writes_is_not_silent(overdue: Story) -> None:
    say(overdue, IVO)
    look(overdue.later(DELAYS["engineer_silent"]))
    assert overdue.order.state == State.DISPUTED
    assert "statement_made" in overdue.session.scalars(select(OrderEvent.event)).all()


def test_the_printed_split_ends_a_dispute_that_was_answered(overdue: Story) -> None:
    say(overdue, IVO)
    look(overdue.later(DELAYS["ruling_overdue"]))
    assert overdue.order.settled_why == "ruling_overdue"


def test_the_other_side_cannot_answer_for_them(overdue: Story) -> None:
    say(overdue, MARA)
    look(overdue.later(DELAYS["engineer_silent"]))
    assert overdue.order.settled_why == "engineer_silent"
