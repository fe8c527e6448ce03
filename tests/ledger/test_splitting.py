from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.ledger.split import PLATFORM, Share, freeze, returned_by_party, split
from tests.ledger.histories import SHARES

amounts = st.integers(min_value=0, max_value=10**12)
weights = st.lists(st.integers(1, 9999), min_size=1, max_size=8)


def shares_from(parts: list[int]) -> tuple[Share, ...]:
    """Random parts scaled to one whole; the last party takes what is missing."""
    scaled = [max(part * 9000 // sum(parts) // len(parts), 1) for part in parts]
    return freeze([*(Share(f"per_{i}", bp) for i, bp in enumerate(scaled)), Share(PLATFORM, 10_000 - sum(scaled))])


@given(amounts, weights)
def test_every_amount_is_split_exactly(amount: int, parts: list[int]) -> None:
    assert sum(split(amount, shares_from(parts)).values()) == amount


def test_every_price_up_to_a_thousand_is_conserved_among_four() -> None:
    assert all(sum(split(amount, SHARES).values()) == amount for amount in range(1, 100_000))


@given(amounts, weights)
def test_nobody_is_a_whole_minor_unit_away_from_their_exact_share(amount: int, parts: list[int]) -> None:
    shares = shares_from(parts)
    parted = split(amount, shares)
    assert all(abs(parted[s.party] * 10_000 - amount * s.basis_points) < 10_000 for s in shares)


def test_equal_remainders_go_to_the_smaller_party_key() -> None:
    thirds = freeze([Share("per_c", 3333), Share("per_a", 3333), Share("per_b", 3333), Share(PLATFORM, 1)])
    assert split(2, thirds) == {"per_a": 1, "per_b": 1, "per_c": 0, PLATFORM: 0}


def test_the_order_of_shares_makes_no_difference() -> None:
    assert split(19_999, tuple(reversed(SHARES))) == split(19_999, SHARES)


@given(st.integers(1, 10**6), st.data())
def test_many_small_refunds_return_what_one_large_refund_returns(amount: int, data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.integers(1, max(amount // 4, 1)), max_size=4))
    taken, back = 0, dict.fromkeys((s.party for s in SHARES), 0)
    for piece in pieces:
        piece = min(piece, amount - taken)
        for party, part in returned_by_party(amount - taken, piece, SHARES).items():
            back[party] += part
        taken += piece
    assert back == returned_by_party(amount, taken, SHARES)


@pytest.mark.parametrize(
    "shares",
    [
        [Share("per_a", 9000)],
        [Share("per_a", 10_001), Share("per_b", -1)],
        [Share("per_a", 5000), Share("per_a", 5000)],
        [Share("", 10_000)],
    ],
)
def test_a_split_that_is_not_one_whole_is_refused(shares: list[Share]) -> None:
    with pytest.raises(ValueError):
        freeze(shares)
