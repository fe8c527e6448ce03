"""Silence, death and repetition between us and the payment provider: nothing lost, nothing doubled."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from headroom import clock, failpoints
from headroom.db import unit
from headroom.failpoints import FailpointRaised
from headroom.gateways import stripe as gateway
from headroom.gateways.stripe_errors import ProviderSilent
from headroom.ledger import payees
from headroom.ledger.models import PaymentAttempt, Refund
from tests.ledger.desk import IVO, Desk


@pytest.fixture(autouse=True)
def _no_faults_left() -> object:
    yield
    failpoints.arm("")


def checkouts_of(desk: Desk, subject: str) -> list[str]:
    """Every checkout that the provider holds for a subject."""
    listed = desk.provider._api.checkout.sessions.list({"limit": 100}).data
    return [found.id for found in listed if found.client_reference_id == subject]


def refunds_at_provider(desk: Desk) -> int:
    intent = desk.charge().intent_id
    payment = desk.provider.fetch_payment(intent)
    assert payment.charge is not None
    return len(payment.charge.refunds)


def test_thirty_parallel_clicks_on_pay_open_one_attempt_and_one_checkout(desk: Desk) -> None:
    ids: list[str] = []

    def click() -> None:
        attempt = desk.opened("ord_thirty")
        ids.append(desk.started(attempt.id))

    threads = [threading.Thread(target=click) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 30
    assert len(desk.rows(PaymentAttempt)) == 1
    assert set(ids) == set(checkouts_of(desk, "test:ord_thirty"))
    assert len(set(ids)) == 1


def test_a_checkout_whose_answer_was_lost_is_found_again_by_its_key(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "READ_TIMEOUT_S", 1)
    impatient = gateway.Stripe(secret_key="sk_test_rehearsal", api_base=desk.url)
    attempt = desk.opened("ord_lost")
    desk.fault("connection_lost_after_commit", count=2)
    with pytest.raises(ProviderSilent):
        Desk(desk.database, impatient, desk.url, desk.heard).started(attempt.id)
    desk.effects_are_due()
    assert [desk.attempt(attempt.id).checkout_id] == checkouts_of(desk, "test:ord_lost")


def test_a_door_killed_after_asking_for_a_checkout_leaves_it_to_the_worker(desk: Desk) -> None:
    attempt = desk.opened("ord_killed")
    failpoints.arm("ledger.checkout.asked:raise")
    with pytest.raises(FailpointRaised):
        desk.effects_are_due()
    failpoints.arm("")
    desk.effects_are_due()
    assert [desk.attempt(attempt.id).checkout_id] == checkouts_of(desk, "test:ord_killed")


def test_a_transfer_that_was_made_but_not_answered_is_not_made_twice(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.fault("connection_lost_after_commit", count=2)
    desk.work()
    assert desk.leg("per_ivo").state == "sending"
    desk.effects_are_due()
    assert desk.leg("per_ivo").state == "sent"
    assert len(desk.transfers("per_ivo")) == 1


def test_after_a_day_the_key_is_not_trusted_and_the_transfer_is_looked_up(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.fault("error_after_commit", count=2)
    desk.work()
    age_effects(desk)
    desk.effects_are_due()
    assert desk.leg("per_ivo").state == "sent"
    assert len(desk.transfers("per_ivo")) == 1


def test_after_a_day_a_transfer_that_never_arrived_is_made_with_a_new_key(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.fault("error_before", count=2)
    desk.work()
    age_effects(desk)
    for _ in range(2):  # look, then make
        desk.effects_are_due()
    assert desk.leg("per_ivo").state == "sent"
    assert len(desk.transfers("per_ivo")) == 1


def wants_to_be_paid(desk: Desk) -> None:
    """A door wrote down the wish and died before it asked the provider."""
    with unit(IVO) as session:
        payees.start_onboarding(session, person_id="per_ivo", country="DE", by=IVO, now=clock.now())


def accounts_at_provider(desk: Desk) -> list[str]:
    listed = desk.provider._api.accounts.list({"limit": 100}).data
    return [one.id for one in listed if one.metadata is not None and one.metadata["person_id"] == "per_ivo"]


def test_after_a_day_an_account_that_was_made_is_found_and_not_made_twice(own_provider_desk: Desk) -> None:
    desk = own_provider_desk
    wants_to_be_paid(desk)
    desk.fault("error_after_commit", count=2)
    desk.effects_are_due()
    age_effects(desk)
    for _ in range(2):
        desk.effects_are_due()
    assert [desk.payee("per_ivo").account_id] == accounts_at_provider(desk)


def test_after_a_day_an_account_that_never_arrived_is_made_with_a_new_key(own_provider_desk: Desk) -> None:
    desk = own_provider_desk
    wants_to_be_paid(desk)
    desk.fault("error_before", count=2)
    desk.effects_are_due()
    age_effects(desk)
    for _ in range(2):  # look, then make
        desk.effects_are_due()
    assert [desk.payee("per_ivo").account_id] == accounts_at_provider(desk)


def age_effects(desk: Desk) -> None:
    with desk.database.engine.begin() as connection:
        connection.execute(text("UPDATE effect SET first_sent_at = now() - interval '2 days' WHERE settled_at IS NULL"))


@pytest.mark.parametrize(
    "place", ["effects.claimed", "ledger.transfer.sent", "ledger.transfer.booking", "ledger.transfer.booked"]
)
def test_a_worker_killed_around_a_transfer_sends_it_once(desk: Desk, place: str) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    failpoints.arm(f"{place}:raise")
    with pytest.raises(FailpointRaised):
        desk.work()
    failpoints.arm("")
    desk.effects_are_due()
    assert desk.balances()["stripe"] == 33_90
    assert len(desk.transfers("per_ivo")) == 1


def test_after_a_day_a_reversal_is_looked_up_and_not_made_twice(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    failpoints.arm("ledger.reversal.sent:raise")
    desk.refund("ord_1", 50_00)
    with pytest.raises(FailpointRaised):
        desk.work()
    failpoints.arm("")
    age_effects(desk)
    desk.effects_are_due()
    (transfer,) = desk.transfers("per_ivo")
    assert [back.amount_minor for back in transfer.reversals] == [40_00]
    assert desk.leg("per_ivo").reversed_minor == 40_00


@pytest.mark.parametrize("place", ["effects.claimed", "ledger.refund.sent", "ledger.booking", "ledger.booked"])
def test_a_worker_killed_around_a_refund_refunds_once(desk: Desk, place: str) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    failpoints.arm(f"{place}:raise")
    with pytest.raises(FailpointRaised):
        desk.work()
    failpoints.arm("")
    desk.effects_are_due()
    desk.run("ledger.look_at_attempt", attempt_id=desk.charge().attempt_id)
    assert (desk.rows(Refund)[0].state, refunds_at_provider(desk)) == ("settled", 1)
    assert desk.heard.of("ord_1").count("refund_settled") == len(
        [one for one in desk.heard.told if one[0] == "refund_settled"]
    )
    assert desk.balances() == {"stripe": -6_10, "fees": 6_10}


@pytest.mark.parametrize("place", ["ledger.booking", "ledger.booked"])
def test_a_worker_killed_around_the_booking_of_a_payment_books_it_once(desk: Desk, place: str) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id))
    failpoints.arm(f"{place}:raise")
    with pytest.raises(FailpointRaised):
        desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    failpoints.arm("")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.balances() == {"stripe": 193_90, "fees": 6_10, "held": 200_00}


def test_a_provider_that_asks_for_patience_gets_it(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.fault("rate_limit")
    desk.refund("ord_1", 200_00)
    desk.work()
    assert desk.rows(Refund)[0].state == "promised"
    desk.effects_are_due()
    assert desk.rows(Refund)[0].state == "settled"


def test_two_workers_looking_at_one_payment_book_it_once(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id))
    threads = [
        threading.Thread(target=desk.run, args=("ledger.look_at_attempt",), kwargs={"attempt_id": attempt.id})
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.heard.of("ord_1") == ["paid"]
    assert desk.balances()["held"] == 200_00
