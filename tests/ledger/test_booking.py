from __future__ import annotations

import pytest

from headroom.ledger import facts as f
from headroom.ledger.booking import Deal, balances, book, correcting, refuse_unbalanced
from headroom.ledger.chart import Account, AccountKind, in_natural_sign
from headroom.ledger.errors import Overdrawn, ParentMissing
from tests.ledger.histories import SHARES

ORDER = Deal(subject="order:o1", currency="USD", shares=SHARES)
CHARGED = f.Charged("ch_1", 200_00, f.Movement("txn_1", 200_00, 6_10, "USD"))


def after(*found: f.Fact, deal: Deal = ORDER) -> Deal:
    for fact in found:
        deal = book(deal, fact).deal
    return deal


def natural(deal: Deal) -> dict[str, int]:
    """The deal's accounts as `kind` or `kind/owner`, in the sign people read."""
    return {
        f"{a.kind.value}/{a.owner}".rstrip("/"): in_natural_sign(a.kind, amount) for a, amount in balances(deal).items()
    }


def lines(deal: Deal, fact: f.Fact) -> dict[str, int]:
    return {
        f"{line.account.kind.value}/{line.account.owner}".rstrip("/"): line.amount_minor
        for line in book(deal, fact).journal.postings
    }


def moved(amount: int, fee: int = 0, currency: str = "USD") -> f.Movement:
    return f.Movement("txn_x", amount, fee, currency)


def test_a_charge_is_held_and_its_fee_is_ours() -> None:
    assert lines(ORDER, CHARGED) == {"stripe": 193_90, "fees": 6_10, "held": -200_00}


def test_release_gives_each_party_its_share() -> None:
    released = lines(after(CHARGED), f.Released("order:o1"))
    assert released == {
        "held": 200_00,
        "pay/per_engineer": -160_00,
        "pay/per_plugin": -10_00,
        "pay/per_course": -6_00,
        "rev": -24_00,
    }


def test_a_transfer_pays_the_party() -> None:
    deal = after(CHARGED, f.Released("order:o1"))
    transfer = f.Transferred("tr_1", "per_engineer", 160_00, moved(-160_00))
    assert lines(deal, transfer) == {"pay/per_engineer": 160_00, "stripe": -160_00}


def test_a_refund_before_release_comes_out_of_what_is_held() -> None:
    deal = after(CHARGED, f.Promised("rfd_1", 50_00), f.Refunded("re_1", "rfd_1", 50_00, moved(-50_00)))
    assert natural(deal) == {"held": 150_00}


def test_a_promised_refund_is_owed_until_it_settles() -> None:
    deal = after(CHARGED, f.Promised("rfd_1", 200_00))
    assert natural(deal) == {"refunds_in_flight": 200_00}


def test_a_refund_after_the_transfers_makes_every_party_owe_its_part() -> None:
    sent = [
        f.Transferred(f"tr_{party}", party, amount, moved(-amount))
        for party, amount in (("per_engineer", 160_00), ("per_plugin", 10_00), ("per_course", 6_00))
    ]
    deal = after(CHARGED, f.Released("order:o1"), *sent, f.Promised("rfd_1", 50_00))
    owed = {name: amount for name, amount in natural(deal).items() if name.startswith("recv")}
    assert owed == {"recv/per_engineer": 40_00, "recv/per_plugin": 2_50, "recv/per_course": 1_50}


def test_a_reversal_settles_what_the_party_owed() -> None:
    deal = after(
        CHARGED,
        f.Released("order:o1"),
        f.Transferred("tr_1", "per_engineer", 160_00, moved(-160_00)),
        f.Promised("rfd_1", 50_00),
    )
    reversal = f.Reversed("trr_1", "tr_1", "per_engineer", 40_00, moved(40_00))
    assert lines(deal, reversal) == {"recv/per_engineer": -40_00, "stripe": 40_00}


def test_a_refund_between_release_and_transfer_shrinks_what_is_still_to_be_paid() -> None:
    deal = after(CHARGED, f.Released("order:o1"), f.Promised("rfd_1", 50_00))
    assert natural(deal)["pay/per_engineer"] == 120_00


def test_a_failed_refund_is_still_owed_to_the_payer() -> None:
    deal = after(
        CHARGED,
        f.Promised("rfd_1", 200_00),
        f.Refunded("re_1", "rfd_1", 200_00, moved(-200_00)),
        f.RefundFailed("re_1", "rfd_1", 200_00, moved(200_00)),
    )
    assert natural(deal) == {"refunds_in_flight": 200_00}


def test_a_refund_that_cannot_be_delivered_becomes_the_payers_credit() -> None:
    deal = after(CHARGED, f.Promised("rfd_1", 200_00), f.Credited("rfd_1", "per_client", 200_00))
    assert natural(deal) == {"credit/per_client": 200_00}


def test_an_open_dispute_freezes_what_is_held_and_costs_a_fee() -> None:
    withdrawn = f.DisputeWithdrawn("du_1", 200_00, moved(-200_00, 15_00))
    assert lines(after(CHARGED), withdrawn) == {"disputed": 200_00, "dispute_fee": 15_00, "stripe": -215_00}


def test_a_won_dispute_restores_what_was_held() -> None:
    deal = after(
        CHARGED,
        f.DisputeWithdrawn("du_1", 200_00, moved(-200_00, 15_00)),
        f.DisputeWon("du_1", 200_00, moved(200_00)),
    )
    assert natural(deal) == {"held": 200_00}


def test_a_lost_dispute_before_release_consumes_what_was_held() -> None:
    deal = after(CHARGED, f.DisputeWithdrawn("du_1", 200_00, moved(-200_00, 15_00)), f.DisputeLost("du_1", 200_00))
    assert natural(deal) == {}


def test_a_lost_dispute_after_payout_is_owed_back_by_every_party() -> None:
    deal = after(
        CHARGED,
        f.Released("order:o1"),
        f.Transferred("tr_1", "per_engineer", 160_00, moved(-160_00)),
        f.DisputeWithdrawn("du_1", 200_00, moved(-200_00, 15_00)),
        f.DisputeLost("du_1", 200_00),
    )
    assert natural(deal) == {"recv/per_engineer": 160_00}


def test_money_that_fits_no_order_stands_in_suspense() -> None:
    stray = Deal(subject="attempt:pat_2", currency="USD", shares=SHARES, home=AccountKind.SUSPENSE)
    assert natural(after(CHARGED, deal=stray)) == {"suspense": 200_00}


def test_a_second_payment_is_returned_from_suspense() -> None:
    stray = Deal(subject="attempt:pat_2", currency="USD", shares=SHARES, home=AccountKind.SUSPENSE)
    deal = after(CHARGED, f.Promised("rfd_1", 200_00), f.Refunded("re_1", "rfd_1", 200_00, moved(-200_00)), deal=stray)
    assert natural(deal) == {}


def test_settlement_in_another_currency_balances_in_both() -> None:
    journal = book(ORDER, f.Charged("ch_1", 200_00, moved(185_00, 5_00, "EUR"))).journal
    by_account = {(line.account.kind, line.account.currency): line.amount_minor for line in journal.postings}
    assert by_account == {
        (AccountKind.HELD, "USD"): -200_00,
        (AccountKind.FX, "USD"): 200_00,
        (AccountKind.STRIPE, "EUR"): 180_00,
        (AccountKind.FEES, "EUR"): 5_00,
        (AccountKind.FX, "EUR"): -185_00,
    }


def test_a_fact_without_its_parent_waits() -> None:
    with pytest.raises(ParentMissing):
        book(after(CHARGED), f.Refunded("re_1", "rfd_1", 50_00, moved(-50_00)))


def test_more_than_was_captured_is_never_promised_back() -> None:
    with pytest.raises(Overdrawn):
        book(after(CHARGED), f.Promised("rfd_1", 200_01))


def test_an_order_is_never_charged_twice_in_the_ledger() -> None:
    with pytest.raises(Overdrawn):
        book(after(CHARGED), f.Charged("ch_2", 200_00, moved(200_00)))


def test_a_journal_whose_provider_amount_differs_is_refused() -> None:
    with pytest.raises(AssertionError):
        book(ORDER, f.Charged("ch_1", 200_00, moved(199_99)))


def test_a_correction_undoes_a_journal_line_by_line() -> None:
    wrong = book(ORDER, CHARGED).journal
    undone = correcting("correction:1", wrong)
    sums: dict[Account, int] = {}
    for line in (*wrong.postings, *undone.postings):
        sums[line.account] = sums.get(line.account, 0) + line.amount_minor
    refuse_unbalanced(undone.key, undone.postings)
    assert not any(sums.values())


@pytest.mark.parametrize("fact", [CHARGED, f.Released("order:o1"), f.DisputeLost("du_1", 5)])
def test_a_stored_fact_reads_back_equal(fact: f.Fact) -> None:
    assert f.from_json(f.to_json(fact)) == fact
