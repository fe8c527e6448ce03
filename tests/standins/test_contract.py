"""The stand-in accepts and refuses what the installed SDK's contract says, whatever our own client sends."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass

import pytest
import stripe

from standins.stripe import contract, resources, schema
from standins.stripe.behavior import BEHAVIORS
from tests.standins.peers import KEY, Peer


@dataclass(frozen=True)
class Refusal:
    message: str
    param: str | None
    code: str | None


def refusal(peer: Peer, path: str, form: str) -> Refusal:
    """The answer to a form sent as it stands, past the SDK's own types."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(peer.url + path, form.encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    error = json.load(caught.value)["error"]
    assert error["type"] == "invalid_request_error"
    return Refusal(error["message"], error.get("param"), error.get("code"))


def test_every_route_of_the_sdk_is_known_with_its_request_schema() -> None:
    assert len(contract.routes()) > 500
    for route in contract.routes():
        if route.params is not None:
            schema.fields(*route.params)


def test_every_behavior_belongs_to_a_route_and_names_the_page_it_follows() -> None:
    for behavior in BEHAVIORS.values():
        assert "https://docs.stripe.com/" in (behavior.act.__doc__ or ""), behavior.act.__name__


def test_event_types_are_those_of_the_sdk() -> None:
    assert {"checkout.session.completed", "transfer.reversed", "refund.failed"} <= resources.event_types()
    assert "transfer.failed" not in resources.event_types()


def test_an_unknown_parameter_is_refused_by_name(peer: Peer) -> None:
    error = refusal(peer, "/v1/transfers", "amount=1&currency=usd&destination=acct_1&transfer_gruop=x")
    assert (error.param, error.code) == ("transfer_gruop", "parameter_unknown")


def test_an_unknown_nested_parameter_is_refused_by_its_path(peer: Peer) -> None:
    error = refusal(peer, "/v1/checkout/sessions", "mode=payment&payment_intent_data[transfer_gruop]=x")
    assert error.param == "payment_intent_data[transfer_gruop]"


def test_a_missing_required_parameter_is_refused_by_name(peer: Peer) -> None:
    error = refusal(peer, "/v1/transfers", "amount=1&currency=usd")
    assert (error.param, error.code) == ("destination", "parameter_missing")


@pytest.mark.parametrize("amount", ["10.5", "1e3", "ten", "0x10"])
def test_an_amount_that_is_not_an_integer_is_refused(peer: Peer, amount: str) -> None:
    error = refusal(peer, "/v1/transfers", f"amount={amount}&currency=usd&destination=acct_1")
    assert (error.param, error.code) == ("amount", "parameter_invalid_integer")


def test_a_value_outside_a_closed_list_is_refused(peer: Peer) -> None:
    error = refusal(peer, "/v1/checkout/sessions", "mode=payments")
    assert error.param == "mode"
    assert "must be one of payment, setup, or subscription" in error.message


def test_a_wrong_refund_reason_is_refused(peer: Peer) -> None:
    assert refusal(peer, "/v1/refunds", "charge=ch_1&reason=unhappy").param == "reason"


def test_an_empty_value_that_cannot_unset_is_refused(peer: Peer) -> None:
    error = refusal(peer, "/v1/transfers", "amount=1&currency=usd&destination=")
    assert error.code == "parameter_invalid_empty"


def test_a_call_without_behavior_is_answered_501_and_not_retried(peer: Peer) -> None:
    with pytest.raises(stripe.APIError) as caught:
        peer.client.v1.coupons.create({"percent_off": 10, "duration": "once"})
    assert caught.value.http_status == 501


def test_a_parameter_without_behavior_is_answered_501(peer: Peer) -> None:
    with pytest.raises(stripe.APIError) as caught:
        peer.session(automatic_tax={"enabled": True})
    assert caught.value.http_status == 501


def test_a_path_stripe_does_not_have_is_answered_404(peer: Peer) -> None:
    assert "Unrecognized request URL" in refusal(peer, "/v1/mixes", "a=b").message


def test_a_wrong_key_is_refused(peer: Peer) -> None:
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": peer.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.balance.retrieve()


def test_an_account_that_is_not_connected_is_refused(peer: Peer) -> None:
    with pytest.raises(stripe.PermissionError):
        peer.client.v1.balance.retrieve(options={"stripe_account": "acct_nobody"})


def test_every_kind_of_object_has_the_shape_of_its_resource_class(peer: Peer) -> None:
    charge, account = peer.charge(), peer.account()
    transfer = peer.client.v1.transfers.create(
        {"amount": 9_000, "currency": "usd", "destination": account.id, "source_transaction": charge.id}
    )
    reversal = peer.client.v1.transfers.reversals.create(transfer.id, {"amount": 1_000})
    refund = peer.client.v1.refunds.create({"charge": charge.id, "amount": 500})
    dispute = peer.fault("dispute_created", charge=charge.id)
    warning = peer.fault("early_fraud_warning", charge=charge.id)
    intent = peer.client.v1.payment_intents.retrieve(str(charge.payment_intent))
    session = peer.client.v1.checkout.sessions.list({"payment_intent": intent.id}).data[0]
    movement = peer.client.v1.balance_transactions.retrieve(str(charge.balance_transaction))
    found: list[stripe.StripeObject] = [
        charge, intent, session, movement, transfer, reversal, refund, peer.session(),
        peer.client.v1.accounts.retrieve(account.id), peer.client.v1.balance.retrieve(),
        peer.client.v1.balance_settings.retrieve(), peer.client.v1.events.list().data[0],
        peer.client.v1.customers.create({"email": "mara@example.com"}),
        peer.client.v1.accounts.capabilities.retrieve(account.id, "transfers"),
    ]  # fmt: skip
    documents = [each.to_dict() for each in found] + [dispute, warning]
    assert [line for each in documents for line in resources.problems(each)] == []
