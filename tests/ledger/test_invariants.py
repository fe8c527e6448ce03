"""The ledger's promises, over random histories heard badly. I1–I6, I8, I10 and the purity of I9."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

import pytest

from headroom.ledger import facts as f
from headroom.ledger.booking import Deal, Journal, balances, book, book_all
from headroom.ledger.chart import Account, AccountKind
from headroom.ledger.split import split
from tests.ledger.histories import History, heard, in_any_order, random_history

ORDERS = 2_000


@pytest.fixture(scope="module")
def histories() -> list[History]:
    dice = random.Random(20261121)
    return [random_history(dice, number, settled_in="USD" if number % 5 else "EUR") for number in range(ORDERS)]


def totals(journals: Iterable[Journal]) -> dict[Account, int]:
    sums: dict[Account, int] = {}
    for journal in journals:
        for line in journal.postings:
            sums[line.account] = sums.get(line.account, 0) + line.amount_minor
    return {account: amount for account, amount in sums.items() if amount}


def straight(history: History) -> tuple[Deal, list[Journal]]:
    deal, journals = history.deal, []
    for fact in history.facts:
        booking = book(deal, fact)
        deal = booking.deal
        journals.append(booking.journal)
    return deal, journals


def every_step(history: History) -> Iterable[Deal]:
    deal = history.deal
    for fact in history.facts:
        deal = book(deal, fact).deal
        yield deal


def test_i1_each_journal_sums_to_zero_in_each_currency(histories: list[History]) -> None:
    for history in histories:
        for journal in straight(history)[1]:
            sums: dict[str, int] = {}
            for line in journal.postings:
                sums[line.account.currency] = sums.get(line.account.currency, 0) + line.amount_minor
            assert not any(sums.values()), journal


def test_i2_held_is_never_negative_and_is_zero_once_released_or_returned(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            held = -balances(deal).get(Account(AccountKind.HELD, "USD", "", deal.subject), 0)
            assert held >= 0
            assert held == 0 or not (deal.is_released or deal.distributable_minor == 0)


def test_i3_payables_and_receivables_are_never_negative_and_never_both(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            shown = balances(deal)
            for share in deal.shares:
                pay = -shown.get(Account(AccountKind.PAY, "USD", share.party, deal.subject), 0)
                recv = shown.get(Account(AccountKind.RECEIVABLE, "USD", share.party, deal.subject), 0)
                assert pay >= 0
                assert recv >= 0
                assert not (pay and recv)


def test_i4_nothing_is_sent_that_the_payer_got_back_unless_the_party_owes_it(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            sent = sum(deal.sent.values()) - sum(deal.reversed.values())
            owed = sum(a for account, a in balances(deal).items() if account.kind is AccountKind.RECEIVABLE)
            assert sent <= deal.captured_minor - deal.promised_minor - deal.lost_minor + owed


def test_i5_no_more_is_reversed_than_was_sent(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            assert all(back <= deal.sent.get(party, 0) for party, back in deal.reversed.items())


def test_i6_refunds_and_lost_disputes_never_exceed_what_was_captured(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            assert deal.refunded_minor + deal.lost_minor <= deal.captured_minor


def test_i8_after_release_the_parties_positions_sum_to_what_is_distributable(histories: list[History]) -> None:
    for history in histories:
        for deal in every_step(history):
            if deal.is_released:
                assert sum(deal.entitlement().values()) == deal.distributable_minor
                assert deal.entitlement() == split(deal.distributable_minor, deal.shares)


def test_i9_replaying_the_stored_facts_gives_the_same_balances(histories: list[History]) -> None:
    for history in histories:
        stored = [f.to_json(fact) for fact in history.facts]
        deal, _ = book_all(history.deal, [f.from_json(row) for row in stored], frozenset())
        assert balances(deal) == balances(straight(history)[0])


def test_i10_hints_dropped_doubled_and_shuffled_give_equal_balances(histories: list[History]) -> None:
    dice = random.Random(7)
    for history in histories:
        expected = totals(straight(history)[1])
        for _ in range(3):
            assert totals(heard(dice, history)[1]) == expected


def test_i10_single_facts_in_any_order_and_repeated_give_equal_balances(histories: list[History]) -> None:
    dice = random.Random(11)
    for history in histories:
        assert totals(in_any_order(dice, history)[1]) == totals(straight(history)[1])


def test_two_thousand_orders_are_heard_in_under_five_seconds_of_cpu(histories: list[History]) -> None:
    dice, started = random.Random(3), time.process_time()
    for history in histories:
        heard(dice, history)
    assert time.process_time() - started < 5


def test_the_balances_of_the_deal_are_the_sums_of_its_journals(histories: list[History]) -> None:
    for history in histories:
        deal, journals = straight(history)
        outside = (AccountKind.STRIPE, AccountKind.FEES, AccountKind.DISPUTE_FEE, AccountKind.FX)
        booked = {account: a for account, a in totals(journals).items() if account.kind not in outside}
        assert booked == balances(deal)
