"""The table of moves, walked as a whole: nothing hangs, nothing is paid twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headroom.mixing import deadlines
from headroom.mixing.states import (
    MOVES,
    SETTLING,
    STATES,
    TERMINAL,
    Event,
    Guard,
    MoneyTag,
    Move,
    NoMove,
    Role,
    State,
    events_open_to,
    moves_from,
    next_move,
)

SILENT = frozenset({Role.TIMER, Role.WORKER, Role.PROVIDER})
PAYING = {Event.PAYMENT_SUCCEEDED, Event.LATE_PAYMENT}


def reachable(start: State, moves: tuple[Move, ...]) -> set[State]:
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for move in moves:
            if move.source is state and move.target not in seen:
                seen.add(move.target)
                todo.append(move.target)
    return seen


def test_there_are_twenty_states_and_each_can_be_reached() -> None:
    assert len(STATES) == 20
    assert reachable(State.DRAFT, MOVES) == set(STATES)


@pytest.mark.parametrize("state", [state for state in STATES if state not in TERMINAL])
def test_a_live_state_ends_when_every_human_is_silent(state: State) -> None:
    """Only timers and the settling of what they began; no hopeful 'the payment will come'."""
    began = {Event.REFUND_SETTLED, Event.REFUND_FAILED, Event.ZERO_REFUND, Event.LEGS_SETTLED}
    silent = tuple(move for move in MOVES if Role.TIMER in move.roles or move.event in began)
    assert reachable(state, silent) & TERMINAL


@pytest.mark.parametrize("state", [state for state in STATES if state not in TERMINAL])
def test_no_choice_of_silent_moves_can_hang(state: State) -> None:
    """Whatever the timers and the provider do first, a terminal stays reachable without a human."""
    silent = tuple(move for move in MOVES if move.roles & SILENT)
    for stop in reachable(state, silent):
        assert reachable(stop, silent) & TERMINAL


@pytest.mark.parametrize("state", [state for state in STATES if state not in TERMINAL])
def test_a_live_state_has_a_timer_or_waits_for_the_provider_with_retries(state: State) -> None:
    has_timer = any(move.timer for move in moves_from(state))
    assert has_timer or (state is State.REFUND_DUE and "refund_retry" in deadlines.RETRIES)


def test_each_timer_in_the_table_has_a_delay_and_each_delay_a_row() -> None:
    assert {move.timer for move in MOVES if move.timer} == set(deadlines.DELAYS)


def test_terminal_states_leave_only_for_a_late_payment() -> None:
    leaving = {move.event for move in MOVES if move.source in TERMINAL}
    assert leaving == {Event.LATE_PAYMENT}


def paths_after_payment(path: tuple[Move, ...], seen: frozenset[State]) -> Iterator[tuple[Move, ...]]:
    here = path[-1].target
    if here in TERMINAL:
        yield path
        return
    for move in moves_from(here):
        if move.target not in seen:
            yield from paths_after_payment((*path, move), seen | {move.target})


def test_each_paid_path_without_loops_settles_exactly_once() -> None:
    count = 0
    for first in (move for move in MOVES if move.event in PAYING):
        for path in paths_after_payment((first,), frozenset({first.source, first.target})):
            count += 1
            settled = [move.money for move in path if move.money in SETTLING]
            assert len(settled) == 1, [move.event.value for move in path]
    assert count > 500


def test_an_event_by_one_role_is_decided_by_its_guards_alone() -> None:
    """Two rows for the same event from the same state must have different guards, or the second is dead."""
    for state in STATES:
        rows = [(move.event, role, move.guard) for move in moves_from(state) for role in move.roles]
        assert len(rows) == len(set(rows))


def test_a_guard_that_fails_is_named() -> None:
    refused = next_move(State.IN_PROGRESS, Event.CANCEL_OVERDUE, Role.CLIENT, lambda guard: False)
    assert refused == NoMove(State.IN_PROGRESS, Event.CANCEL_OVERDUE, Guard.OVERDUE)


def test_the_wrong_role_finds_no_move() -> None:
    refused = next_move(State.DELIVERED, Event.APPROVE, Role.ENGINEER, lambda guard: True)
    assert isinstance(refused, NoMove)
    assert refused.guard is None


def test_a_refund_with_a_kept_part_goes_on_to_release_it() -> None:
    found = next_move(
        State.REFUND_DUE, Event.REFUND_SETTLED, Role.PROVIDER, lambda guard: guard is Guard.SOMETHING_KEPT
    )
    assert isinstance(found, Move)
    assert (found.target, found.money) == (State.RELEASING, MoneyTag.REST)


def test_only_the_client_can_approve() -> None:
    assert Event.APPROVE in events_open_to(State.DELIVERED, Role.CLIENT)
    assert Event.APPROVE not in events_open_to(State.DELIVERED, Role.ENGINEER)
    assert Event.APPROVE not in events_open_to(State.DELIVERED, Role.STAFF)


def as_markdown() -> str:
    """The table of moves as docs/orders.md shows it."""
    rows = ["| from | event | who | to | if | money | after |", "|---|---|---|---|---|---|---|"]
    for move in MOVES:
        who = ", ".join(sorted(move.roles))
        guard = "" if move.guard is Guard.NONE else move.guard.value
        days = deadlines.DELAYS[move.timer] if move.timer else None
        after = "" if days is None else f"{days.total_seconds() / 86_400:g} d"
        money = "" if move.money is MoneyTag.NONE else move.money.value
        rows.append(f"| {move.source} | {move.event} | {who} | {move.target} | {guard} | {money} | {after} |")
    return "\n".join(rows)


def test_the_documented_table_is_the_one_that_runs() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "orders.md"
    assert as_markdown() in page.read_text("utf-8")
