"""Checkout: what a buyer can do on the hosted page, and what the platform sees of it."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest
import stripe

from tests.standins.peers import SHOP, Peer

DAY_S = 86_400


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def click(url: str, act: str) -> str:
    """Presses a button of a hosted page; the address the browser is sent to."""
    data = urllib.parse.urlencode({"act": act, "email": "mara@example.com"}).encode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.build_opener(NoRedirect).open(url, data, timeout=10)
    assert caught.value.code == 303
    return str(caught.value.headers["Location"])


def test_a_new_session_has_a_page_that_says_it_is_a_rehearsal(peer: Peer) -> None:
    session = peer.session()
    with urllib.request.urlopen(str(session.url), timeout=10) as page:
        html = page.read().decode()
    assert "Rehearsal stand-in" in html
    assert "$200.00" in html


def test_paying_by_card_leads_back_to_the_shop_with_the_session_id(peer: Peer) -> None:
    session = peer.session()
    assert click(str(session.url), "pay") == f"{SHOP}?session={session.id}"


def test_a_paid_session_leads_to_its_charge_and_fee(peer: Peer) -> None:
    session = peer.session(20_000, payment_intent_data={"transfer_group": "order:7", "metadata": {"order": "7"}})
    peer.do("/_pay", session=session.id)
    paid = peer.client.v1.checkout.sessions.retrieve(session.id)
    intent = peer.client.v1.payment_intents.retrieve(
        str(paid.payment_intent), {"expand": ["latest_charge.balance_transaction"]}
    )
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (paid.status, paid.payment_status, paid.client_reference_id) == ("complete", "paid", "ord_1")
    assert (intent.status, intent.amount_received, charge.transfer_group) == ("succeeded", 20_000, "order:7")
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (610, 19_390)


def test_a_declined_card_leaves_the_session_open(peer: Peer) -> None:
    session = peer.session()
    click(str(session.url), "decline")
    after = peer.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent = after.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (after.status, intent.status, intent.latest_charge.status) == ("open", "requires_payment_method", "failed")


def test_a_declined_card_can_be_followed_by_a_good_one(peer: Peer) -> None:
    session = peer.session()
    click(str(session.url), "decline")
    click(str(session.url), "pay")
    assert peer.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_leaving_3d_secure_charges_nothing(peer: Peer) -> None:
    session = peer.session()
    click(str(session.url), "leave")
    after = peer.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(after.payment_intent, stripe.PaymentIntent)
    assert (after.status, after.payment_intent.latest_charge) == ("open", None)


@pytest.mark.parametrize(("act", "status", "paid"), [("settle", "succeeded", "paid"), ("fail", "failed", "unpaid")])
def test_a_bank_debit_is_answered_later(peer: Peer, act: str, status: str, paid: str) -> None:
    session = peer.session()
    assert click(str(session.url), "later") == f"{SHOP}?session={session.id}"
    between = peer.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(between.payment_intent, stripe.PaymentIntent)
    assert (between.status, between.payment_status) == ("complete", "unpaid")
    assert between.payment_intent.status == "processing"
    after = peer.do("/_pay", session=session.id, act=act)
    charge = peer.client.v1.charges.list({"payment_intent": after["payment_intent"]}).data[0]
    assert (after["payment_status"], charge.status) == (paid, status)


def test_a_paid_session_cannot_be_paid_again(peer: Peer) -> None:
    session = peer.session()
    peer.do("/_pay", session=session.id)
    assert "can no longer be paid" in peer.do("/_pay", session=session.id)["error"]["message"]


def test_an_open_session_can_be_expired_and_then_not_paid(peer: Peer) -> None:
    session = peer.session()
    assert peer.client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert "can no longer be paid" in peer.do("/_pay", session=session.id)["error"]["message"]


def test_a_paid_session_cannot_be_expired(peer: Peer) -> None:
    session = peer.session()
    peer.do("/_pay", session=session.id)
    with pytest.raises(stripe.InvalidRequestError, match="Only Checkout Sessions with a status"):
        peer.client.v1.checkout.sessions.expire(session.id)


@pytest.mark.parametrize("left_s", [60, 2 * DAY_S])
def test_an_expiry_outside_half_an_hour_and_a_day_is_refused(peer: Peer, left_s: int) -> None:
    now = peer.do("/_clock", advance_seconds=0)["now"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.session(expires_at=now + left_s)
    assert caught.value.param == "expires_at"


def test_less_than_the_smallest_charge_is_refused(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        peer.session(49)
    assert caught.value.code == "amount_too_small"


def test_line_items_can_be_listed_and_expanded(peer: Peer) -> None:
    session = peer.session()
    listed = peer.client.v1.checkout.sessions.line_items.list(session.id)
    expanded = peer.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]}).line_items
    assert listed.data[0].amount_total == 20_000
    assert expanded is not None
    assert expanded.data[0].description == "Mix & master"


def test_a_property_that_holds_no_id_cannot_be_expanded(peer: Peer) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        peer.client.v1.checkout.sessions.retrieve(peer.session().id, {"expand": ["status"]})


def test_a_declined_test_card_is_a_card_error_whose_charge_stays(peer: Peer) -> None:
    with pytest.raises(stripe.CardError) as caught:
        peer.client.v1.payment_intents.create(
            {"amount": 900, "currency": "usd", "confirm": True, "payment_method": "pm_card_chargeDeclined"}
        )
    assert caught.value.code == "card_declined"
    assert caught.value.error is not None
    assert peer.client.v1.charges.retrieve(str(caught.value.error.charge)).status == "failed"


def test_cursors_walk_a_list_without_a_gap(peer: Peer) -> None:
    made = [peer.session().id for _ in range(5)]
    walked = [each.id for each in peer.client.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()]
    assert walked[:5] == made[::-1]


def test_lists_can_be_cut_by_creation_time(peer: Peer) -> None:
    peer.session()
    assert peer.client.v1.checkout.sessions.list({"created": {"gt": int(time.time()) + 400 * DAY_S}}).data == []
