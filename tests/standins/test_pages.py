"""What people see and click beside the checkout: dashboard, receipts, the payee's own page."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request

import pytest

from tests.standins.peers import Peer

DAY_S = 86_400


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        html: str = answer.read().decode()
        return html


def press(peer: Peer, **fields: str) -> str:
    """Presses a fault button of the dashboard; the dashboard that follows."""
    with urllib.request.urlopen(peer.url + "/faults", urllib.parse.urlencode(fields).encode(), timeout=10) as answer:
        html: str = answer.read().decode()
        return html


def test_the_dashboard_shows_balances_payments_and_deliveries(peer: Peer) -> None:
    charge = peer.charge()
    peer.shop.wait_for("charge.succeeded", charge.id)
    html = page(peer.url + "/")
    assert "Rehearsal stand-in" in html
    assert all(words in html for words in (charge.id, "$200.00", "charge.succeeded", "Payouts to banks"))


def test_a_dispute_is_made_and_won_by_buttons(peer: Peer) -> None:
    charge = peer.charge()
    press(peer, fault="dispute_created", charge=charge.id)
    [dispute] = peer.client.v1.disputes.list({"charge": charge.id}).data
    press(peer, fault="dispute_won", dispute=dispute.id)
    assert peer.client.v1.disputes.retrieve(dispute.id).status == "won"


def test_a_fault_is_armed_and_forgotten_by_buttons(peer: Peer) -> None:
    assert "None is waiting." not in press(peer, fault="refund_failed", count="3")
    assert "None is waiting." in press(peer, fault="none")


def test_a_payout_can_come_back_from_the_bank(peer: Peer) -> None:
    account = peer.account()
    peer.client.v1.transfers.create(
        {"amount": 5_000, "currency": "usd", "destination": account.id, "source_transaction": peer.charge().id}
    )
    peer.do("/_clock", advance_seconds=5 * DAY_S)
    options = {"stripe_account": account.id}
    [payout] = peer.client.v1.payouts.list(options=options).data  # type: ignore[arg-type]
    press(peer, fault="payout_returned", payout=payout.id)
    peer.shop.wait_for("payout.failed", payout.id)
    after = peer.client.v1.payouts.retrieve(payout.id, options=options)  # type: ignore[arg-type]
    assert (after.status, after.failure_code) == ("failed", "account_closed")


def test_a_payee_sees_their_own_balance(peer: Peer) -> None:
    account = peer.account()
    peer.client.v1.transfers.create(
        {"amount": 7_700, "currency": "usd", "destination": account.id, "source_transaction": peer.charge().id}
    )
    assert "$77.00" in page(peer.client.v1.accounts.login_links.create(account.id).url)


def test_a_receipt_says_what_was_paid_and_refunded(peer: Peer) -> None:
    charge = peer.charge(20_000)
    peer.client.v1.refunds.create({"charge": charge.id, "amount": 500})
    html = page(str(charge.receipt_url))
    assert "$200.00" in html
    assert "$5.00" in html


def test_a_page_that_leads_nowhere_says_so_in_words(peer: Peer) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        page(peer.url + "/c/pay/cs_test_nothing")
    assert "That is not possible now" in caught.value.read().decode()
