"""The file region, walked: nothing is stuck, nothing comes back from the dead."""

from __future__ import annotations

import pytest

from headroom.files.states import FINAL, MOVES, RESTING, Event, Forbidden, State, after


def reachable(start: State) -> set[State]:
    found, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for (source, _), target in MOVES.items():
            if source is state and target not in found:
                found.add(target)
                todo.append(target)
    return found


def test_every_state_can_be_reached() -> None:
    assert reachable(State.DECLARED) == set(State)


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_every_state_comes_to_an_end(state: State) -> None:
    assert reachable(state) & FINAL


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_has_ended_never_moves(state: State) -> None:
    assert reachable(state) == {state}


def test_purging_can_only_end_in_proof() -> None:
    assert {target for (source, _), target in MOVES.items() if source is State.PURGING} == {State.PURGED}


@pytest.mark.parametrize("rested", sorted(RESTING))
def test_what_is_kept_goes_back_to_where_it_rested(rested: State) -> None:
    assert after(State.EXPIRING, Event.KEEP, rested_in=rested) is rested


@pytest.mark.parametrize("state", sorted(set(State) - {State.EXPIRING}))
def test_only_an_expiring_file_can_be_kept(state: State) -> None:
    with pytest.raises(Forbidden):
        after(state, Event.KEEP, rested_in=State.READY)
