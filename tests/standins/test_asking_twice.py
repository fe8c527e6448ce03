"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests"""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.standins.peers import Peer

DAY_S = 86_400


def refund(peer: Peer, charge: stripe.Charge, amount: int, key: str) -> stripe.Refund:
    return peer.client.v1.refunds.create({"charge": charge.id, "amount": amount}, {"idempotency_key": key})


def test_the_same_key_and_parameters_give_the_first_answer_again(peer: Peer) -> None:
    charge = peer.charge()
    first, second = refund(peer, charge, 500, "again-1"), refund(peer, charge, 500, "again-1")
    assert first.id == second.id
    assert second.last_response is not None
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert peer.client.v1.charges.retrieve(charge.id).amount_refunded == 500


def test_the_same_key_with_other_parameters_is_a_conflict(peer: Peer) -> None:
    charge = peer.charge()
    refund(peer, charge, 500, "again-2")
    with pytest.raises(stripe.IdempotencyError):
        refund(peer, charge, 501, "again-2")


def test_a_500_after_the_work_is_kept_and_given_again(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("error_after_commit", path="/v1/refunds")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            refund(peer, charge, 500, "again-3")
    assert [each.amount for each in peer.client.v1.refunds.list({"charge": charge.id}).data] == [500]


def test_after_a_timeout_the_same_key_finds_the_work_done(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("timeout_after_commit", path="/v1/refunds", seconds=3)
    hasty = stripe.StripeClient(
        str(peer.client._requestor.api_key),
        base_addresses={"api": peer.url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=1),
    )
    with pytest.raises(stripe.APIConnectionError):
        hasty.v1.refunds.create({"charge": charge.id, "amount": 500}, {"idempotency_key": "again-4"})
    assert refund(peer, charge, 500, "again-4").amount == 500
    assert len(peer.client.v1.refunds.list({"charge": charge.id}).data) == 1


def test_after_a_lost_connection_the_same_key_finds_the_work_done(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("connection_lost_after_commit", path="/v1/refunds")
    with pytest.raises(stripe.APIConnectionError):
        refund(peer, charge, 500, "again-5")
    refund(peer, charge, 500, "again-5")
    assert len(peer.client.v1.refunds.list({"charge": charge.id}).data) == 1


def test_a_refused_form_uses_no_key_up(peer: Peer) -> None:
    charge = peer.charge()
    wrong: Any = {"charge": charge.id, "amount": 500, "reasn": "x"}
    with pytest.raises(stripe.InvalidRequestError):
        peer.client.v1.refunds.create(wrong, {"idempotency_key": "again-6"})
    assert refund(peer, charge, 500, "again-6").amount == 500


def test_a_refusal_after_work_began_is_kept(peer: Peer) -> None:
    charge = peer.charge(20_000)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            refund(peer, charge, 20_001, "again-7")
    assert caught.value.headers is not None
    assert caught.value.headers["Idempotent-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(peer: Peer) -> None:
    charge = peer.charge()
    first = refund(peer, charge, 500, "again-8")
    peer.do("/_clock", advance_seconds=DAY_S + 1)
    assert refund(peer, charge, 500, "again-8").id != first.id


def test_a_rate_limit_does_nothing_and_says_so(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("rate_limit")
    with pytest.raises(stripe.RateLimitError):
        refund(peer, charge, 500, "again-9")
    assert refund(peer, charge, 500, "again-9").amount == 500


def test_an_error_before_the_work_leaves_nothing_behind(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("error_before", path="/v1/refunds")
    with pytest.raises(stripe.APIError):
        refund(peer, charge, 500, "again-10")
    assert peer.client.v1.refunds.list({"charge": charge.id}).data == []


def test_a_fault_strikes_only_the_calls_it_names(peer: Peer) -> None:
    peer.fault("rate_limit", path="/v1/transfers*", method="POST", count=2)
    peer.client.v1.balance.retrieve()
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            peer.client.v1.transfers.create({"amount": 1, "currency": "usd", "destination": "acct_1"})


def test_what_was_promised_survives_a_kill(peer: Peer) -> None:
    charge = peer.charge()
    first = refund(peer, charge, 500, "again-11")
    peer.restart()
    assert refund(peer, charge, 500, "again-11").id == first.id
    assert peer.client.v1.charges.retrieve(charge.id).amount_refunded == 500
