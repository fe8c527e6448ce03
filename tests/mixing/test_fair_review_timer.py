"""The fair timer F1 to F6, and every other silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from headroom.mixing import deadlines
from headroom.mixing.deadlines import Facts, Review, Tier, deadline, due_reminder, reminders
from headroom.mixing.states import STATES, TERMINAL, Event, Role, State

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_timer_does_not_start_until_the_client_was_told() -> None:
    facts = Facts(State.DELIVERED, NOON, review=Review(passed_at=NOON))
    due = deadline(facts)
    assert due is not None
    assert due.event is Event.DELIVERY_UNSEEN


def test_it_starts_when_the_mail_server_took_the_notice() -> None:
    review = deadlines.told(Review(passed_at=NOON), at=NOON + DAY)
    assert review.deadline_at == NOON + 8 * DAY


def test_seeing_it_in_the_app_starts_it_too_and_later_mail_changes_nothing() -> None:
    review = deadlines.seen(Review(passed_at=NOON), at=NOON + DAY)
    later = deadlines.told(review, at=NOON + 3 * DAY)
    assert later.deadline_at == NOON + 8 * DAY


def test_an_open_question_pauses_it_and_the_answer_gives_the_time_back() -> None:
    review = deadlines.seen(Review(passed_at=NOON), at=NOON)
    waiting = deadlines.paused(review, at=NOON + DAY)
    assert deadline(Facts(State.DELIVERED, NOON, review=waiting)).event is Event.DELIVERY_UNSEEN  # type: ignore[union-attr]
    answered = deadlines.resumed(waiting, at=NOON + 3 * DAY)
    assert answered.deadline_at == NOON + 9 * DAY


def test_a_question_before_the_start_does_not_lose_time() -> None:
    waiting = deadlines.paused(Review(passed_at=NOON), at=NOON)
    told = deadlines.told(waiting, at=NOON + DAY)
    answered = deadlines.resumed(told, at=NOON + 2 * DAY)
    assert answered.deadline_at is not None
    assert answered.deadline_at >= NOON + 8 * DAY


def test_the_client_extends_once() -> None:
    review = deadlines.extended(deadlines.seen(Review(passed_at=NOON), at=NOON), at=NOON + DAY)
    assert review.deadline_at == NOON + 14 * DAY
    with pytest.raises(ValueError):
        deadlines.extended(review, at=NOON + DAY)


def test_reminders_come_three_days_one_day_and_two_hours_before() -> None:
    review = deadlines.seen(Review(passed_at=NOON), at=NOON)
    facts = Facts(State.DELIVERED, NOON, review=review)
    end = NOON + 7 * DAY
    assert [one.at for one in reminders(facts)] == [end - 3 * DAY, end - DAY, end - timedelta(hours=2)]
    assert {one.to for one in reminders(facts)} == {Role.CLIENT}


def test_a_worker_that_slept_sends_the_latest_reminder_only() -> None:
    review = deadlines.seen(Review(passed_at=NOON), at=NOON)
    facts = Facts(State.DELIVERED, NOON, review=review)
    found = due_reminder(facts, now=NOON + 6 * DAY + timedelta(hours=1), sent=frozenset())
    assert found is not None
    assert found.key == "review_d1"
    assert due_reminder(facts, now=NOON + 6 * DAY + timedelta(hours=2), sent=frozenset({"review_d1"})) is None


def test_an_automatic_approval_clears_no_sooner_than_a_defect_claim_may_come() -> None:
    assert deadlines.clears_at(NOON, by_click=False, tier=Tier.TRUSTED) == NOON + timedelta(hours=72)


def test_only_a_click_for_a_trusted_payee_clears_at_once() -> None:
    instant = {tier: deadlines.clears_at(NOON, by_click=True, tier=tier) == NOON for tier in Tier}
    assert instant == {Tier.NEW: False, Tier.KNOWN: False, Tier.TRUSTED: True}


def test_one_lost_dispute_makes_anyone_new_again() -> None:
    assert deadlines.tier_of(500, lost_disputes=1) is Tier.NEW
    assert deadlines.tier_of(500, lost_disputes=0) is Tier.TRUSTED
    assert deadlines.tier_of(3, lost_disputes=0) is Tier.KNOWN


@pytest.mark.parametrize("state", [s for s in STATES if s not in TERMINAL | {State.REFUND_DUE}])
def test_every_live_state_has_an_instant_at_which_silence_ends_it(state: State) -> None:
    facts = Facts(state, NOON, due_at=NOON + DAY, review=Review(passed_at=NOON))
    due = deadline(facts)
    assert due is not None
    assert due.at > NOON


def test_only_the_side_that_was_asked_loses_by_silence() -> None:
    facts = Facts(State.DISPUTED, NOON, awaiting_statement_of=Role.ENGINEER)
    due = deadline(facts)
    assert due == deadlines.Deadline(Event.ENGINEER_SILENT, NOON + 5 * DAY)


def test_the_answering_side_gets_five_days_from_being_asked() -> None:
    facts = Facts(State.DISPUTED, NOON, awaiting_statement_of=Role.CLIENT, statement_since=NOON + 4 * DAY)
    assert deadline(facts) == deadlines.Deadline(Event.CLIENT_SILENT, NOON + 9 * DAY)


def test_overdue_means_more_than_a_day_late() -> None:
    assert not deadlines.may_cancel_overdue(NOON, now=NOON + timedelta(hours=24))
    assert deadlines.may_cancel_overdue(NOON, now=NOON + timedelta(hours=24, seconds=1))


def test_terminal_states_have_no_deadline() -> None:
    assert [deadline(Facts(state, NOON)) for state in TERMINAL] == [None] * len(TERMINAL)


def test_the_worker_looks_again_at_the_next_reminder_or_deadline() -> None:
    facts = Facts(State.AWAITING_FILES, NOON)
    assert deadlines.next_attention(facts, now=NOON) == NOON + 2 * DAY
    assert deadlines.next_attention(facts, now=NOON + 11 * DAY) == NOON + 21 * DAY
