"""The scenario against the stand-in, always; against Stripe itself, when a test key is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import stripe

from tests.standins import scenario
from tests.standins.peers import Peer

DIFFERENCES = Path(__file__).parent / "differences_from_stripe.txt"

EXPECTED = {
    "open a session": "open unpaid",
    "read it": "20000",
    "expire it": "expired",
    "expire it again": "400 invalid_request_error None None",
    "unknown parameter": "400 invalid_request_error parameter_unknown sucess_url",
    "wrong mode": "400 invalid_request_error None mode",
    "declined card": "402 card_error card_declined None",
    "good card": "succeeded",
    "charge and movement": "succeeded charge",
    "refund a part": "succeeded 1000",
    "same key again": "true",
    "same key, other amount": "400 idempotency_error None None",
    "more than is left": "400 invalid_request_error None amount",
    "charge after refund": "1000",
    "new account": "inactive",
    "transfer before onboarding": "400 invalid_request_error insufficient_capabilities_for_transfer None",
    "by group": "1",
    "reverse a part": "1000",
}


def test_the_scenario_ends_as_expected_at_the_stand_in(peer: Peer) -> None:
    outcomes = {each.name: each.outcome for each in scenario.play(peer.client, payee=peer.account().id)}
    assert {name: outcomes[name] for name in EXPECTED} == EXPECTED


@pytest.mark.skipif("STRIPE_TEST_KEY" not in os.environ, reason="fidelity is proved only with STRIPE_TEST_KEY set")
def test_stripe_itself_answers_as_the_stand_in_does(peer: Peer) -> None:
    """Stores what differs beside this file, so that a known difference is seen in review and a new one fails."""
    real = stripe.StripeClient(os.environ["STRIPE_TEST_KEY"])
    payee = os.environ.get("STRIPE_TEST_ACCOUNT")
    ours = scenario.play(peer.client, payee=peer.account().id if payee else None)
    found = scenario.differences(ours, scenario.play(real, payee=payee))
    known = DIFFERENCES.read_text().splitlines() if DIFFERENCES.exists() else []
    DIFFERENCES.write_text("".join(line + "\n" for line in found))
    assert [line for line in found if line not in known] == []
