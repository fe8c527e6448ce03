"""Deliveries: signed, for the right endpoint, retried, and broken on demand."""

from __future__ import annotations

import time

import pytest
import stripe

from tests.standins.peers import CONNECT_SECRET, PLATFORM_SECRET, Peer

DAY_S = 86_400


def test_a_delivery_is_signed_as_the_sdk_verifies_it(peer: Peer) -> None:
    session = peer.session()
    peer.do("/_pay", session=session.id)
    [told] = peer.shop.wait_for("checkout.session.completed", session.id)
    event = stripe.Webhook.construct_event(told.body, told.signature, PLATFORM_SECRET)
    assert (event.type, event.data.object["payment_status"]) == ("checkout.session.completed", "paid")
    assert (told.path, event.livemode, event.api_version) == ("/platform", False, stripe.api_version)


def test_a_changed_body_fails_the_signature(peer: Peer) -> None:
    charge = peer.charge()
    [told] = peer.shop.wait_for("charge.succeeded", charge.id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(told.body.replace(b"20000", b"10000"), told.signature, PLATFORM_SECRET)


def test_signatures_use_wall_time_however_far_the_clock_moved(peer: Peer) -> None:
    peer.do("/_clock", advance_seconds=DAY_S)
    charge = peer.charge()
    [told] = peer.shop.wait_for("charge.succeeded", charge.id)
    signed_at = int(told.signature.partition(",")[0].removeprefix("t="))
    assert abs(signed_at - time.time()) < 60
    assert told.event["created"] > time.time() + DAY_S / 2


def test_facts_of_a_payee_go_to_the_connect_endpoint(peer: Peer) -> None:
    account = peer.account()
    [told] = peer.shop.wait_for("account.updated", account.id)
    assert told.path == "/connect"
    assert told.event["account"] == account.id
    stripe.Webhook.construct_event(told.body, told.signature, CONNECT_SECRET)


def test_a_revoked_capability_is_told(peer: Peer) -> None:
    account = peer.account()
    peer.fault("capability_revoked", account=account.id)
    told = [each.event["data"] for each in peer.shop.wait_for("account.updated", account.id, times=2)]
    assert ({"transfers": "active"}, {"transfers": "inactive"}) in [
        (each["previous_attributes"]["capabilities"], each["object"]["capabilities"]) for each in told
    ]


def test_a_payment_tells_its_facts_in_snapshots(peer: Peer) -> None:
    charge = peer.charge()
    [first] = peer.shop.wait_for("charge.succeeded", charge.id)
    [second] = peer.shop.wait_for("charge.updated", charge.id)
    assert first.event["data"]["object"]["balance_transaction"] is None
    assert second.event["data"]["object"]["balance_transaction"] == charge.balance_transaction


def test_a_refused_delivery_is_tried_again_until_taken(peer: Peer) -> None:
    peer.shop.refusals = 1_000
    refund = peer.client.v1.refunds.create({"charge": peer.charge().id})
    deadline = time.monotonic() + 5
    while not peer.shop.events("refund.created", refund.id) and time.monotonic() < deadline:
        time.sleep(0.02)
    peer.shop.refusals = 0
    [taken] = peer.shop.wait_for("refund.created", refund.id)
    assert taken is not peer.shop.events("refund.created", refund.id)[0]


def test_a_dropped_event_stays_in_the_list_of_events(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("webhook_drop", types=["refund.*"])
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    peer.shop.wait_for("charge.refunded", charge.id)
    time.sleep(0.3)
    assert peer.shop.events("refund.created", refund.id) == []
    listed = peer.client.v1.events.list({"types": ["refund.created"], "limit": 5}).data
    assert refund.id in [each.data.object["id"] for each in listed]


def test_an_event_can_come_twice_with_one_id(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("webhook_dup", types=["refund.created"])
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    told = peer.shop.wait_for("refund.created", refund.id, times=2)
    assert len({each.event["id"] for each in told}) == 1


def test_an_event_can_come_late(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("webhook_delay", types=["refund.created"], seconds=1)
    started = time.monotonic()
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    [told] = peer.shop.wait_for("refund.created", refund.id)
    assert told.at - started >= 1


def test_events_can_come_in_the_wrong_order(peer: Peer) -> None:
    charge = peer.charge()
    peer.fault("webhook_reorder", types=["charge.refunded", "refund.created"], count=2)
    refund = peer.client.v1.refunds.create({"charge": charge.id})
    [first] = peer.shop.wait_for("refund.created", refund.id)
    [second] = peer.shop.wait_for("charge.refunded", charge.id)
    assert first.at < second.at


def test_a_dispute_and_a_fraud_warning_are_told(peer: Peer) -> None:
    charge = peer.charge()
    warning = peer.fault("early_fraud_warning", charge=charge.id)
    dispute = peer.fault("dispute_created", charge=charge.id)
    peer.fault("dispute_lost", dispute=dispute["id"])
    peer.shop.wait_for("radar.early_fraud_warning.created", warning["id"])
    peer.shop.wait_for("charge.dispute.funds_withdrawn", dispute["id"])
    [closed] = peer.shop.wait_for("charge.dispute.closed", dispute["id"])
    assert closed.event["data"]["object"]["status"] == "lost"


def test_a_failed_refund_is_told(peer: Peer) -> None:
    refund = peer.client.v1.refunds.create({"charge": peer.charge().id})
    peer.fault("refund_failed", refund=refund.id)
    [told] = peer.shop.wait_for("refund.failed", refund.id)
    assert told.event["data"]["object"]["failure_reason"] == "lost_or_stolen_card"


def test_an_expired_session_is_told_when_its_time_is_over(peer: Peer) -> None:
    session = peer.session()
    peer.do("/_clock", advance_seconds=DAY_S + 60)
    peer.shop.wait_for("checkout.session.expired", session.id)


def test_events_older_than_thirty_days_are_no_longer_listed(peer: Peer) -> None:
    charge = peer.charge()
    [told] = peer.shop.wait_for("charge.succeeded", charge.id)
    peer.do("/_clock", advance_seconds=31 * DAY_S)
    listed = peer.client.v1.events.list({"type": "charge.succeeded", "limit": 100}).auto_paging_iter()
    assert told.event["id"] not in [each.id for each in listed]


def test_what_was_not_delivered_before_a_kill_is_delivered_after_it(peer: Peer) -> None:
    peer.shop.refusals = 1_000
    refund = peer.client.v1.refunds.create({"charge": peer.charge().id})
    peer.restart()
    peer.shop.refusals = 0
    peer.shop.wait_for("refund.created", refund.id)


def test_an_unknown_fault_is_refused_with_the_list_of_known_ones(peer: Peer) -> None:
    assert "webhook_drop" in peer.fault("meteor")["error"]["message"]
