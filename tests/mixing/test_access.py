"""Every cell of side × action, written out by hand beside the table that decides."""

from __future__ import annotations

import pytest

from headroom.actors import Actor
from headroom.mixing.access import (
    Action,
    FileRole,
    Parties,
    Side,
    Want,
    can_move,
    can_view,
    may,
    open_events,
    reading,
    side_of,
)
from headroom.mixing.states import STATES, Event, State

MARA, IVO, OTTO = Actor("per_mara"), Actor("per_ivo"), Actor("per_otto")
ADA = Actor("per_ada", capabilities=frozenset({"staff"}))
NOBODY = Actor(None)
BY_SIDE = {Side.CLIENT: MARA, Side.ENGINEER: IVO, Side.STAFF: ADA, Side.STRANGER: OTTO}

EVERY = "draft quoting offered awaiting_payment payment_pending awaiting_files intake in_progress delivered revising \
settling_terms disputed approved releasing completed refund_due refund_stuck closed_refunded expired declined"
NOT_DRAFT = EVERY.replace("draft ", "")
LIVE = "quoting offered awaiting_payment payment_pending awaiting_files intake in_progress delivered revising \
settling_terms disputed approved releasing refund_due refund_stuck"
PAID = "awaiting_files intake in_progress delivered revising settling_terms disputed approved releasing \
refund_due refund_stuck"
WORK = "in_progress delivered revising settling_terms disputed"
BOUGHT = "approved releasing completed"

EXPECTED = {
    Action.VIEW: (EVERY, NOT_DRAFT, NOT_DRAFT),
    Action.SEE_MONEY: (EVERY, NOT_DRAFT, NOT_DRAFT),
    Action.WRITE_MESSAGE: (NOT_DRAFT, NOT_DRAFT, ""),
    Action.COMMENT: (f"{WORK} {BOUGHT}", f"{WORK} {BOUGHT}", ""),
    Action.ADD_SOURCE: ("draft quoting offered awaiting_files", "", ""),
    Action.ADD_STEM: ("awaiting_files", "", ""),
    Action.ADD_DELIVERY: ("", "in_progress revising", ""),
    Action.HEAR_SOURCE: (EVERY, LIVE, "disputed"),
    Action.READ_STEM: (EVERY, PAID, "disputed"),
    Action.HEAR_DELIVERY: (f"{WORK} {BOUGHT} refund_due refund_stuck", NOT_DRAFT, "disputed"),
    Action.READ_DELIVERY: (BOUGHT, NOT_DRAFT, "disputed"),
}


def parties(state: State) -> Parties:
    return Parties("per_mara", "per_ivo", state)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("side", list(Side))
def test_each_cell(action: Action, side: Side) -> None:
    order = (Side.CLIENT, Side.ENGINEER, Side.STAFF)
    expected = set(EXPECTED[action][order.index(side)].split()) if side in order else set()
    allowed = {state.value for state in STATES if may(parties(state), BY_SIDE[side], action)}
    assert allowed == expected


@pytest.mark.parametrize("state", STATES)
def test_a_stranger_and_a_visitor_see_nothing_and_move_nothing(state: State) -> None:
    for who in (OTTO, NOBODY):
        assert not can_view(parties(state), who)
        assert open_events(parties(state), who) == frozenset()


def test_a_party_who_is_also_staff_acts_as_the_party() -> None:
    both = Actor("per_ivo", capabilities=frozenset({"staff"}))
    assert side_of(parties(State.DISPUTED), both) is Side.ENGINEER
    assert not can_move(parties(State.DISPUTED), both, Event.RULE)


def test_staff_rule_disputes_and_approve_nothing() -> None:
    assert can_move(parties(State.DISPUTED), ADA, Event.RULE)
    assert not can_move(parties(State.DELIVERED), ADA, Event.APPROVE)


def test_a_delivery_plays_before_approval_but_its_bytes_are_locked() -> None:
    delivered = parties(State.DELIVERED)
    assert may(delivered, MARA, reading(FileRole.DELIVERY, Want.HEAR))
    assert not may(delivered, MARA, reading(FileRole.DELIVERY, Want.BYTES))
    assert may(parties(State.COMPLETED), MARA, reading(FileRole.DELIVERY, Want.BYTES))


def test_the_engineer_loses_the_stems_when_the_order_ends() -> None:
    assert may(parties(State.IN_PROGRESS), IVO, reading(FileRole.STEM, Want.BYTES))
    assert not may(parties(State.COMPLETED), IVO, reading(FileRole.STEM, Want.BYTES))
