"""What the worker does when nobody says anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.files.models import FileHold
from headroom.ledger.models import Refund
from headroom.mailing import sending
from headroom.mailing.models import OutgoingMail
from headroom.mixing import orders, talk, timers
from headroom.mixing.models import EngineerProfile, Order, OrderEvent
from headroom.mixing.moving import move
from headroom.mixing.states import Event, Guard, State
from tests.mixing.world import DAY, IVO, MARA, NOON, Story, money_is_disputed, people


@pytest.fixture
def story(session: Session) -> Story:
    people(session)
    return Story(session)


def let_time_pass(story: Story, delta: timedelta, *, step: timedelta = timedelta(hours=6)) -> None:
    """The worker's periodic job, run through the time."""
    end = story.now + delta
    while story.now < end:
        story.now = min(story.now + step, end)
        for order_id in timers.reviews_to_start(story.session):
            timers.start_review(story.session, order_id, now=story.now)
        for order_id, look_at in timers.due(story.session, now=story.now):
            timers.look(story.session, order_id, look_at=look_at, now=story.now)


def mail_accepted(story: Story) -> None:
    """The mail server took everything that is queued."""
    for mail_id in story.session.scalars(select(OutgoingMail.id).where(OutgoingMail.accepted_at.is_(None))).all():
        sending.accepted(story.session, mail_id, now=story.now)


def codes(story: Story, person: str) -> list[str]:
    rows = story.session.scalars(
        select(OutgoingMail).where(OutgoingMail.person_id == person).order_by(OutgoingMail.queued_at)
    )
    return [str((mail.values or {}).get("code")) for mail in rows]


@pytest.mark.parametrize(
    ("begin", "days", "end"),
    [
        ("draft", 30, State.EXPIRED),
        ("quoting", 7, State.EXPIRED),
        ("offered", 7, State.EXPIRED),
        ("accepted", 1, State.EXPIRED),
        ("paid", 21, State.REFUND_DUE),
        ("submitted", 3, State.REFUND_DUE),
        ("working", 14, State.REFUND_DUE),
    ],
)
def test_silence_ends_each_state_and_not_before_its_time(story: Story, begin: str, days: int, end: State) -> None:
    getattr(story, begin)()
    before = story.order.state
    let_time_pass(story, days * DAY - timedelta(hours=1))
    assert story.order.state == before
    let_time_pass(story, timedelta(hours=2))
    assert story.order.state == end


def test_everything_goes_back_when_the_engineer_never_starts(story: Story) -> None:
    story.submitted()
    let_time_pass(story, 3 * DAY + timedelta(hours=1))
    assert [row.amount_minor for row in story.session.scalars(select(Refund))] == [20_000]


def test_an_unheard_delivery_counts_as_approved_seven_days_after_the_mail_server_took_the_news(
    story: Story,
) -> None:
    story.delivered()
    let_time_pass(story, 2 * DAY)
    assert story.order.deadline_event == "delivery_unseen"
    mail_accepted(story)
    let_time_pass(story, timedelta(hours=6))
    assert story.order.deadline_at == NOON + 9 * DAY
    let_time_pass(story, 7 * DAY)
    assert (story.order.state, story.order.approved_by_click) == (State.APPROVED, False)


def test_reminders_go_out_three_days_one_day_and_two_hours_before(story: Story) -> None:
    story.delivered()
    mail_accepted(story)
    let_time_pass(story, 7 * DAY - timedelta(minutes=30), step=timedelta(minutes=30))
    reminders = [code for code in codes(story, "per_mara") if code.startswith("remind_review")]
    assert reminders == ["remind_review_d3", "remind_review_d1", "remind_review_h2"]


def test_a_question_stops_the_clock_until_the_engineer_answers(story: Story) -> None:
    story.working()
    delivery = story.deliver()
    orders.mark_seen(story.session, story.order, by=MARA, now=story.now)
    question = talk.comment(
        story.session, story.order, delivery.id, "Is that a click?", start_ms=9_000, end_ms=None,
        is_question=True, by=MARA, now=story.now,
    )  # fmt: skip
    let_time_pass(story, 10 * DAY)
    assert story.order.state == State.DELIVERED
    talk.reply(story.session, story.order, question.id, "A fader. Gone in v2.", by=IVO, now=story.now)
    assert story.order.deadline_at == NOON + 17 * DAY


def test_the_client_may_ask_for_seven_days_more(story: Story) -> None:
    story.delivered()
    orders.mark_seen(story.session, story.order, by=MARA, now=story.now)
    orders.extend_review(story.session, story.order, by=MARA, now=story.now)
    assert story.order.deadline_at == NOON + 14 * DAY


def test_a_forgotten_revision_asks_the_engineer_and_then_returns_everything(story: Story) -> None:
    story.delivered()
    orders.request_revision(
        story.session, story.order, wishes="Louder.", comment_ids=(), is_defect=False, by=MARA, now=story.now
    )
    let_time_pass(story, 12 * DAY + timedelta(hours=1))
    assert (story.order.state, story.order.awaiting_statement_of) == (State.DISPUTED, "engineer")
    assert story.session.scalars(select(FileHold.reason).where(FileHold.lifted_at.is_(None))).all() == ["dispute"]
    let_time_pass(story, 5 * DAY + timedelta(hours=1))
    assert (story.order.state, story.order.refund_minor) == (State.REFUND_DUE, 20_000)
    assert story.session.scalars(select(FileHold).where(FileHold.lifted_at.is_(None))).all() == []


def test_a_job_that_runs_twice_moves_once(story: Story) -> None:
    story.quoting()
    look_at = NOON + 7 * DAY
    story.session.execute(update(Order).values(look_at=look_at))
    story.session.expire_all()
    for _ in range(2):
        timers.look(story.session, story.order.id, look_at=look_at, now=look_at)
    events = story.session.scalars(
        select(OrderEvent.event).where(OrderEvent.order_id == story.order.id, OrderEvent.to_state == "expired")
    ).all()
    assert events == ["quote_unanswered"]


def test_a_reminder_is_sent_once_however_often_the_worker_looks(story: Story) -> None:
    story.paid()
    let_time_pass(story, 3 * DAY, step=timedelta(minutes=30))
    assert codes(story, "per_mara").count("remind_files_d2") == 1


def test_a_dispute_nobody_rules_ends_with_the_split_printed_on_its_first_day(story: Story) -> None:
    story.delivered()
    let_time_pass(story, 30 * DAY + timedelta(hours=1))  # no mail was accepted, no page opened
    assert (story.order.state, story.order.awaiting_statement_of) == (State.DISPUTED, None)
    let_time_pass(story, 21 * DAY + timedelta(hours=1))
    assert (story.order.state, story.order.kept_minor, story.order.refund_minor) == (
        State.REFUND_DUE,
        10_000,
        10_000,
    )


@pytest.mark.parametrize(("by", "asked"), [(MARA, "engineer"), (IVO, "client")])
def test_a_dispute_asks_the_side_that_did_not_open_it(story: Story, by: Actor, asked: str) -> None:
    story.delivered()
    orders.request_revision(
        story.session, story.order, wishes="x", comment_ids=(), is_defect=False, by=MARA, now=story.now
    )
    move(story.session, story.order, Event.OPEN_DISPUTE, by=by, now=story.now, holds={Guard.EVIDENCE_FROZEN: True})
    assert (story.order.awaiting_statement_of, story.order.deadline_at) == (asked, NOON + 5 * DAY)


def test_clearing_waits_while_a_bank_disputes_the_payment(story: Story) -> None:
    story.delivered()
    orders.approve(story.session, story.order, by=MARA, now=story.now)
    money_is_disputed(story.session, story.order, now=story.now)
    let_time_pass(story, 8 * DAY)
    assert story.order.state == State.APPROVED
    assert story.order.look_at is not None
    assert story.order.look_at > story.now


def test_an_engineer_who_vanishes_twice_takes_no_new_orders(story: Story) -> None:
    first, second = Story(story.session).submitted(), Story(story.session).submitted()
    paused = []
    for one in (first, second):
        timers.fire(one.session, one.order, Event.INTAKE_UNANSWERED, now=NOON + 3 * DAY)
        paused.append(story.session.get_one(EngineerProfile, "per_ivo").paused_why)
    assert paused == [None, "vanished"]
