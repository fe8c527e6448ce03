from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from headroom.ledger.forecast import net_pay, transfer_window
from headroom.ledger.split import PLATFORM, Share, freeze, split
from headroom.money import Money

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
WEEK, DAY = timedelta(days=7), timedelta(days=1)


def test_net_pay_is_the_price_less_the_platforms_share() -> None:
    assert net_pay(Money(200_00, "USD"), platform_fee_bp=1200) == Money(176_00, "USD")


@given(st.integers(1, 10**9), st.integers(1, 9_999))
def test_net_pay_is_what_a_real_order_would_split_off(price_minor: int, fee_bp: int) -> None:
    shares = freeze([Share("payee", 10_000 - fee_bp), Share(PLATFORM, fee_bp)])
    expected = split(price_minor, shares)["payee"]
    assert net_pay(Money(price_minor, "JPY"), platform_fee_bp=fee_bp).amount_minor == expected


def test_a_client_who_approves_at_once_lets_the_money_go_after_clearing() -> None:
    window = transfer_window(MONDAY, turnaround=WEEK, review=WEEK, clearing=2 * DAY)
    assert window.earliest == MONDAY + timedelta(days=9)


def test_a_silent_client_delays_by_the_review_and_at_least_three_days() -> None:
    window = transfer_window(MONDAY, turnaround=WEEK, review=WEEK, clearing=timedelta())
    assert window.latest == MONDAY + timedelta(days=17)
