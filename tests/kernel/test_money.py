"""Money is conserved to the last minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.money import Money, allocate

WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(lambda weights: sum(weights) > 0)


@given(st.integers(0, 10**15), WEIGHTS)
def test_shares_always_sum_to_the_total(total: int, weights: list[int]) -> None:
    assert sum(allocate(total, weights)) == total


@given(st.integers(0, 10**12), WEIGHTS)
def test_no_share_is_more_than_one_unit_from_its_exact_value(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    for share, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(share * whole - total * weight) < whole


@given(st.integers(0, 10**12), WEIGHTS)
def test_who_has_no_weight_gets_nothing(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_the_odd_cent_goes_to_the_largest_remainder() -> None:
    assert allocate(100, [3333, 3333, 3334]) == [33, 33, 34]


def test_equal_remainders_favor_the_earlier_party() -> None:
    assert allocate(1, [1, 1]) == [1, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (5, []), (5, [0, 0]), (5, [2, -1])])
def test_a_split_that_cannot_be_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError):
        allocate(total, weights)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize("amount", [1.0, True, "1"])
def test_money_is_an_integer(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "USD")  # type: ignore[arg-type]
