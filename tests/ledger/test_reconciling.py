"""I7, I9 and I11 against a real provider's list; a planted difference of one cent is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from headroom import clock
from headroom.db import reading, unit
from headroom.ledger import booking, deals, journals, reconciling
from headroom.ledger.chart import Account, AccountKind
from headroom.ledger.deals import replayed
from headroom.ledger.models import LedgerAlarm, ProviderMovement
from headroom.ledger.reconciling import Reconciliation
from tests.ledger.desk import Desk
from worker import ledger as jobs_of_ledger
from worker.app import TIMER


@pytest.fixture
def busy(own_provider_desk: Desk) -> Desk:
    """A day's work: paid, released, transferred, refunded, late, failed."""
    desk = own_provider_desk
    for name in ("ivo", "lena"):
        desk.onboarded(f"per_{name}")
    desk.paid("ord_held")
    desk.paid("ord_released")
    desk.release("ord_released")
    desk.work()
    desk.refund("ord_released", 33_33)
    desk.work()
    desk.paid("ord_refunded")
    desk.refund("ord_refunded", 200_00)
    desk.work()
    return desk


def plant(session: Session, *, cents: int) -> None:
    """A hand-written journal that balances and that no movement of the provider explains."""
    lines = (
        booking.Posting(Account(AccountKind.STRIPE, "USD"), cents),
        booking.Posting(Account(AccountKind.FEES, "USD"), -cents),
    )
    by_hand = booking.Journal("by-hand:1", "correction", "platform:own", lines)
    journals.write(session, [journals.Entry(by_hand, None, clock.now())], after=0, now=clock.now())


def test_i11_after_a_days_work_the_books_agree_to_the_cent(busy: Desk) -> None:
    found = jobs_of_ledger.reconcile()
    assert (found.agrees, busy.alarms()) == (True, [])
    assert found.movements >= 9


def test_i11_our_stripe_account_is_the_sum_of_the_providers_movements(busy: Desk) -> None:
    jobs_of_ledger.reconcile()
    theirs = sum(moved.net_minor for moved in busy.rows(ProviderMovement))
    assert theirs == busy.balances()["stripe"] == busy.provider.balance()["USD"]


def test_a_planted_cent_is_found(busy: Desk) -> None:
    with unit(TIMER) as session:
        plant(session, cents=1)
    found = jobs_of_ledger.reconcile()
    assert (found.unexplained, busy.alarms()) == ({"USD": 1}, ["difference"])


def test_a_movement_booked_with_another_amount_is_found(busy: Desk) -> None:
    jobs_of_ledger.reconcile()
    with busy.database.engine.begin() as connection:
        connection.execute(text("UPDATE provider_movement SET net_minor = net_minor + 1 WHERE kind = 'charge'"))
    assert len(jobs_of_ledger.reconcile().different) == 3


def test_a_movement_without_a_journal_is_found_after_an_hour(own_provider_desk: Desk) -> None:
    desk = own_provider_desk
    desk.buyer(desk.started(desk.opened("ord_1").id))  # nobody looks
    assert jobs_of_ledger.reconcile().unbooked == ()
    later = clock.now() + timedelta(hours=2)
    with unit(TIMER) as session:
        found = reconciling.reconcile(
            session, movements=1, provider_holds={"USD": 0}, float_minor=0, now=later, wall_now=later
        )
    assert len(found.unbooked) == 1
    assert desk.alarms() == ["unmatched"]


def test_a_materialized_balance_that_drifted_is_found_and_rebuilt(busy: Desk) -> None:
    with busy.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE ledger_balance SET amount_minor = amount_minor + 1 WHERE account_id = 'rev:::USD'")
        )
    assert jobs_of_ledger.reconcile().drifted == ("rev:::USD",)
    with unit(TIMER) as session:
        journals.rebuild(session)
    with reading() as session:
        assert journals.drifted(session) == []


def test_i9_replaying_the_stored_facts_from_zero_gives_the_kept_totals(busy: Desk) -> None:
    with unit(TIMER) as session:
        for subject_id in ("ord_held", "ord_released", "ord_refunded"):
            held = deals.accepted(session, deals.locked_payment(session, "test", subject_id))
            assert booking.balances(replayed(session, held)) == booking.balances(held.deal)


def solvency(desk: Desk, *, holds_minor: int, float_minor: int) -> Reconciliation:
    with unit(TIMER) as session:
        return reconciling.reconcile(
            session,
            movements=0,
            provider_holds={"USD": holds_minor},
            float_minor=float_minor,
            now=clock.now(),
            wall_now=clock.wall_now(),
        )


def test_i7_the_provider_may_hold_less_than_we_owe_by_the_float_and_no_more(own_provider_desk: Desk) -> None:
    desk = own_provider_desk
    desk.paid("ord_1")
    assert solvency(desk, holds_minor=193_90, float_minor=6_10).shortage == {}
    assert solvency(desk, holds_minor=193_89, float_minor=6_10).shortage == {"USD": 6_11}
    assert "solvency" in desk.alarms()


def test_i7_a_float_below_the_fees_of_unreleased_money_alarms(own_provider_desk: Desk) -> None:
    own_provider_desk.paid("ord_1")
    solvency(own_provider_desk, holds_minor=193_90, float_minor=6_09)
    assert "float_too_small" in own_provider_desk.alarms()


def test_the_same_alarm_is_not_raised_twice(busy: Desk) -> None:
    with unit(TIMER) as session:
        plant(session, cents=1)
    for _ in range(3):
        jobs_of_ledger.reconcile()
    assert len(busy.rows(LedgerAlarm)) == 1
