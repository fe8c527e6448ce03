"""Every cent has one owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from headroom.ledger.split import PLATFORM, split
from headroom.mixing.deadlines import Tier
from headroom.mixing.errors import NotNow
from headroom.mixing.pricing import MAX_PRICE_MINOR, MIN_PRICE_MINOR, cancellation, prospect, shares_of
from headroom.mixing.states import STATES, State
from tests.mixing.world import TERMS, Story, people

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(amount=st.integers(0, 10_000_000), fee_bp=st.integers(0, 9_999))
def test_a_split_gives_away_exactly_the_amount(amount: int, fee_bp: int) -> None:
    parts = split(amount, shares_of("per_a", fee_bp=fee_bp))
    assert sum(parts.values()) == amount


def test_without_a_fee_the_engineer_gets_everything() -> None:
    assert split(20_001, shares_of("per_a", fee_bp=0)) == {"per_a": 20_001}


@pytest.mark.parametrize("fee_bp", [-1, 10_000])
def test_a_fee_is_never_negative_and_never_everything(fee_bp: int) -> None:
    with pytest.raises(ValueError):
        shares_of("per_a", fee_bp=fee_bp)


def test_the_engineer_keeps_88_percent_of_a_mix_at_the_usual_fee() -> None:
    assert split(20_000, shares_of("per_a", fee_bp=1_200)) == {"per_a": 17_600, PLATFORM: 2_400}


def test_net_pay_and_transfer_day_stand_before_publishing() -> None:
    seen = prospect(25_000, fee_bp=1_200, turnaround=timedelta(days=7), tier=Tier.NEW, now=NOON)
    assert (seen.net_minor, seen.fee_minor) == (22_000, 3_000)
    assert seen.paid_from == NOON + timedelta(days=7 + 10 + 7)


@pytest.mark.parametrize(
    ("state", "versions", "kept"),
    [
        (State.AWAITING_FILES, 0, 0),
        (State.INTAKE, 0, 0),
        (State.IN_PROGRESS, 0, 25),
        (State.DELIVERED, 1, 50),
        (State.REVISING, 2, 75),
        (State.DELIVERED, 5, 75),
        (State.APPROVED, 1, 100),
    ],
)
def test_the_ladder(state: State, versions: int, kept: int) -> None:
    found = cancellation(10_000, state, versions=versions)
    assert found is not None
    assert (found.kept_minor, found.refund_minor) == (kept * 100, 10_000 - kept * 100)


def test_a_late_engineer_keeps_nothing_at_any_step() -> None:
    for state in STATES:
        found = cancellation(10_000, state, versions=2, engineers_fault=True)
        assert found is None or found.refund_minor == 10_000


def test_before_work_the_client_needs_nobodys_agreement() -> None:
    before = cancellation(10_000, State.INTAKE, versions=0)
    after = cancellation(10_000, State.IN_PROGRESS, versions=0)
    assert before is not None
    assert after is not None
    assert (before.by_agreement, after.by_agreement) == (False, True)


@given(price=st.integers(0, 5_000_000), versions=st.integers(0, 9), state=st.sampled_from(STATES))
def test_a_cancellation_conserves_the_price(price: int, versions: int, state: State) -> None:
    found = cancellation(price, state, versions=versions)
    assert found is None or found.kept_minor + found.refund_minor == price


@pytest.mark.parametrize("price_minor", [MIN_PRICE_MINOR - 1, MAX_PRICE_MINOR + 1])
def test_an_offer_keeps_to_the_bounds_of_a_package(session: Session, price_minor: int) -> None:
    people(session)
    with pytest.raises(NotNow):
        Story(session).offered(replace(TERMS, price_minor=price_minor))
