"""Transfers, reversals, refunds, balances, payouts, disputes: the rules and the sums."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.standins.peers import SHOP, Peer

DAY_S = 86_400


def send(peer: Peer, amount: int, charge: stripe.Charge, account: stripe.Account, **more: Any) -> stripe.Transfer:
    params: Any = {
        "amount": amount, "currency": charge.currency, "destination": account.id, "source_transaction": charge.id, **more,
    }  # fmt: skip
    return peer.client.v1.transfers.create(params)


def held(peer: Peer, currency: str, *, account: str | None = None) -> tuple[int, int]:
    """(available, pending) in minor units."""
    options: Any = {"stripe_account": account} if account else {}
    balance = peer.client.v1.balance.retrieve(options=options)
    sums = [
        sum(each.amount for each in part if each.currency == currency) for part in (balance.available, balance.pending)
    ]
    return sums[0], sums[1]


def test_a_transfer_takes_its_group_from_the_charge(peer: Peer) -> None:
    charge = peer.charge(payment_intent_data={"transfer_group": "order:8"})
    transfer = send(peer, 5_000, charge, peer.account(), metadata={"leg": "1"})
    listed = peer.client.v1.transfers.list({"transfer_group": "order:8"})
    assert [(each.id, each.metadata["leg"]) for each in listed.data] == [(transfer.id, "1")]


def test_transfers_from_one_charge_never_exceed_it(peer: Peer) -> None:
    charge, account = peer.charge(20_000), peer.account()
    send(peer, 15_000, charge, account)
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed the source amount"):
        send(peer, 5_001, charge, account)


def test_a_transfer_without_source_needs_available_money(peer: Peer) -> None:
    peer.charge(20_000, "sek")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.transfers.create({"amount": 100, "currency": "sek", "destination": peer.account().id})
    assert caught.value.code == "balance_insufficient"


def test_a_transfer_to_an_account_without_the_capability_is_refused(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        send(peer, 100, peer.charge(), peer.account(ready=False))
    assert caught.value.code == "insufficient_capabilities_for_transfer"


def test_a_transfer_in_another_currency_than_its_charge_is_refused(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        send(peer, 100, peer.charge(), peer.account(), currency="eur")
    assert caught.value.param == "source_transaction"


def test_a_transfer_to_nobody_is_refused(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.transfers.create({"amount": 1, "currency": "usd", "destination": "acct_nobody"})
    assert (caught.value.code, caught.value.param) == ("resource_missing", "destination")


def test_a_reversal_never_exceeds_what_is_left_of_its_transfer(peer: Peer) -> None:
    transfer = send(peer, 5_000, peer.charge(), peer.account())
    peer.client.v1.transfers.reversals.create(transfer.id, {"amount": 4_000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed amount"):
        peer.client.v1.transfers.reversals.create(transfer.id, {"amount": 1_001})


def test_a_full_reversal_closes_the_transfer(peer: Peer) -> None:
    transfer = send(peer, 5_000, peer.charge(), peer.account())
    peer.client.v1.transfers.reversals.create(transfer.id)
    after = peer.client.v1.transfers.retrieve(transfer.id)
    assert (after.reversed, after.amount_reversed, len(after.reversals.data)) == (True, 5_000, 1)


def test_a_reversal_fails_when_the_payee_has_spent_the_money(peer: Peer) -> None:
    transfer = send(peer, 5_000, peer.charge(), peer.account())
    peer.do("/_clock", advance_seconds=4 * DAY_S)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.transfers.reversals.create(transfer.id)
    assert caught.value.code == "balance_insufficient"


def test_a_part_can_be_refunded_and_then_no_more_than_the_rest(peer: Peer) -> None:
    charge = peer.charge(20_000)
    assert peer.client.v1.refunds.create({"charge": charge.id, "amount": 5_000}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        peer.client.v1.refunds.create({"charge": charge.id, "amount": 15_001})
    assert peer.client.v1.charges.retrieve(charge.id).amount_refunded == 5_000


def test_a_full_refund_is_the_last(peer: Peer) -> None:
    charge = peer.charge()
    peer.client.v1.refunds.create({"payment_intent": str(charge.payment_intent)})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_already_refunded"
    assert peer.client.v1.charges.retrieve(charge.id).refunded


def test_a_refund_can_wait_and_then_arrive(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("refund_pending")
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    assert refund.status == "pending"
    assert peer.fault("refund_settled", refund=refund.id)["status"] == "succeeded"


def test_a_refund_can_wait_and_then_fail_and_the_money_returns(peer: Peer) -> None:
    charge = peer.charge(20_000, "nok")
    before = sum(held(peer, "nok"))
    peer.fault("refund_failed")
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    peer.fault("refund_settled", refund=refund.id)
    after = peer.client.v1.refunds.retrieve(refund.id)
    assert (refund.status, after.status, after.failure_reason) == ("pending", "failed", "lost_or_stolen_card")
    assert sum(held(peer, "nok")) == before
    assert peer.client.v1.charges.retrieve(charge.id).amount_refunded == 0


def test_balances_are_the_sums_of_their_movements(peer: Peer) -> None:
    charge, account = peer.charge(20_000, "chf"), peer.account()
    transfer = send(peer, 9_000, charge, account)
    peer.client.v1.transfers.reversals.create(transfer.id, {"amount": 1_000})
    peer.client.v1.refunds.create({"charge": charge.id, "amount": 2_000})
    listed = peer.client.v1.balance_transactions.list({"currency": "chf"}).auto_paging_iter()
    assert sum(each.net for each in listed) == sum(held(peer, "chf")) == 20_000 - 610 - 9_000 + 1_000 - 2_000


def test_money_becomes_available_as_the_clock_moves(peer: Peer) -> None:
    peer.charge(20_000, "aud")
    assert held(peer, "aud") == (0, 19_390)
    peer.do("/_clock", advance_seconds=3 * DAY_S)
    assert held(peer, "aud") == (19_390, 0)


def test_a_payee_is_paid_out_on_their_own_schedule(peer: Peer) -> None:
    account = peer.account()
    send(peer, 5_000, peer.charge(), account)
    assert held(peer, "usd", account=account.id) == (0, 5_000)
    peer.do("/_clock", advance_seconds=3 * DAY_S)
    peer.do("/_clock", advance_seconds=2 * DAY_S)
    payouts = peer.client.v1.payouts.list(options={"stripe_account": account.id})
    assert [(each.amount, each.status) for each in payouts.data] == [(5_000, "paid")]
    [told] = peer.shop.wait_for("payout.paid", payouts.data[0].id)
    assert (told.path, told.event["account"]) == ("/connect", account.id)


def test_the_platform_keeps_its_minimum_when_it_is_paid_out(peer: Peer) -> None:
    peer.charge(20_000, "cad")
    rules: Any = {"minimum_balance_by_currency": {"cad": 15_000}, "schedule": {"interval": "daily"}}
    peer.client.v1.balance_settings.update({"payments": {"payouts": rules}})
    peer.do("/_clock", advance_seconds=3 * DAY_S)
    peer.client.v1.balance_settings.update({"payments": {"payouts": {"schedule": {"interval": "manual"}}}})
    assert held(peer, "cad") == (15_000, 0)


def test_a_dispute_takes_amount_and_fee_and_a_won_one_returns_the_amount(peer: Peer) -> None:
    charge = peer.charge(20_000, "dkk")
    before = sum(held(peer, "dkk"))
    dispute = peer.fault("dispute_created", charge=charge.id)
    assert sum(held(peer, "dkk")) == before - 20_000 - 1_500
    assert peer.fault("dispute_won", dispute=dispute["id"])["status"] == "won"
    assert sum(held(peer, "dkk")) == before - 1_500
    assert len(peer.client.v1.disputes.retrieve(dispute["id"]).balance_transactions) == 2


def test_a_lost_dispute_keeps_the_money_and_cannot_be_answered(peer: Peer) -> None:
    charge = peer.charge()
    dispute = peer.fault("dispute_created", charge=charge.id)
    peer.client.v1.disputes.update(dispute["id"], {"evidence": {"uncategorized_text": "Delivered."}, "submit": True})
    assert peer.client.v1.disputes.retrieve(dispute["id"]).status == "under_review"
    assert peer.fault("dispute_lost", charge=charge.id)["status"] == "lost"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.disputes.update(dispute["id"], {"submit": True})
    assert caught.value.code == "dispute_already_closed"


def test_a_disputed_charge_cannot_be_refunded(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("dispute_created", charge=charge.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.refunds.create({"charge": charge.id})
    assert caught.value.code == "charge_disputed"


def test_an_account_link_is_used_once(peer: Peer) -> None:
    from tests.standins.test_paying import click

    account = peer.account(ready=False)
    link = peer.client.v1.account_links.create(
        {"account": account.id, "type": "account_onboarding", "refresh_url": SHOP + "/again", "return_url": SHOP}
    )
    assert click(link.url, "complete") == SHOP
    assert click(link.url, "complete") == SHOP + "/again"
    after = peer.client.v1.accounts.retrieve(account.id)
    assert after.capabilities is not None
    assert (after.details_submitted, after.capabilities.transfers) == (True, "active")


def test_an_account_with_something_missing_stays_restricted(peer: Peer) -> None:
    account = peer.account(ready=False)
    peer.do("/_onboard", account=account.id, act="restrict")
    after = peer.client.v1.accounts.retrieve(account.id)
    assert after.requirements is not None
    assert after.requirements.currently_due == ["individual.verification.document"]


def test_a_login_link_exists_only_after_onboarding(peer: Peer) -> None:
    account = peer.account(ready=False)
    with pytest.raises(stripe.InvalidRequestError):
        peer.client.v1.accounts.login_links.create(account.id)
    peer.do("/_onboard", account=account.id)
    assert account.id in peer.client.v1.accounts.login_links.create(account.id).url


def test_express_accounts_need_the_platform_to_carry_fees_and_losses(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.client.v1.accounts.create({"controller": {"stripe_dashboard": {"type": "express"}}})
    assert caught.value.param == "controller"
