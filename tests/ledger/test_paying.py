from __future__ import annotations

import pytest

from headroom import clock
from headroom.actors import Actor
from headroom.db import unit
from headroom.ledger import payments
from headroom.ledger.errors import AlreadyPaid, PaymentClosed, PriceChanged
from headroom.ledger.models import Charge, Refund
from headroom.mailing.models import OutgoingMail
from headroom.money import Money
from tests.ledger.desk import MARA, Desk

SYSTEM = Actor.system("test")


def close(subject_id: str) -> None:
    with unit(SYSTEM) as session:
        payments.close(session, purpose="test", subject_id=subject_id, by=MARA, now=clock.now())


def test_paid_money_is_held_with_the_providers_fee_beside_it(desk: Desk) -> None:
    desk.paid("ord_1")
    assert desk.balances() == {"stripe": 193_90, "fees": 6_10, "held": 200_00}


def test_the_owner_of_the_purpose_hears_once_that_it_is_paid(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.heard.of("ord_1") == ["paid"]


def test_the_payer_gets_one_receipt_by_mail(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert [mail.template for mail in desk.rows(OutgoingMail)] == ["ledger/receipt"]


def test_a_declined_card_changes_nothing_and_the_same_checkout_stays_open(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    desk.buyer(checkout_id, "decline")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.attempt(attempt.id).state == "open"
    desk.buyer(checkout_id, "pay")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.payment("ord_1").state == "held"


def test_an_abandoned_bank_page_leaves_the_payment_open(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id), "leave")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert (desk.payment("ord_1").state, desk.heard.told) == ("open", [])


def test_a_slow_method_is_processing_until_its_money_arrives(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    desk.buyer(checkout_id, "later")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.payment("ord_1").state == "processing"
    desk.buyer(checkout_id, "settle")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.heard.of("ord_1") == ["processing", "paid"]


def test_a_slow_method_that_fails_lets_the_payer_try_again(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    desk.buyer(checkout_id, "later")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    desk.buyer(checkout_id, "fail")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.heard.of("ord_1") == ["processing", "failed"]
    assert desk.opened("ord_1").id != attempt.id


def test_asking_to_pay_again_gives_the_open_attempt(desk: Desk) -> None:
    assert desk.opened("ord_1").id == desk.opened("ord_1").id


def test_a_paid_subject_opens_no_further_attempt(desk: Desk) -> None:
    desk.paid("ord_1")
    with pytest.raises(AlreadyPaid):
        desk.opened("ord_1")


def test_an_open_attempt_is_not_paid_at_another_price(desk: Desk) -> None:
    desk.opened("ord_1")
    with pytest.raises(PriceChanged):
        desk.opened("ord_1", price=Money(250_00, "USD"))


def test_closing_an_unpaid_payment_expires_its_checkout_at_the_provider(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    close("ord_1")
    desk.work()
    assert desk.provider.fetch_checkout(checkout_id).status == "expired"


def test_a_closed_payment_starts_no_checkout(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    close("ord_1")
    with pytest.raises(PaymentClosed):
        desk.started(attempt.id)


def test_a_late_payment_goes_back_in_full_by_itself(desk: Desk) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    close("ord_1")
    desk.buyer(checkout_id)  # before the worker could close it at the provider
    desk.work()
    assert desk.balances() == {"stripe": -6_10, "fees": 6_10}
    assert (desk.rows(Refund)[0].state, desk.heard.of("ord_1")) == ("settled", [])


def test_a_second_payment_goes_back_in_full_and_the_first_is_held(desk: Desk) -> None:
    first = desk.opened("ord_1")
    first_checkout = desk.started(first.id)
    close("ord_1")
    second = desk.opened("ord_1")
    second_checkout = desk.started(second.id)
    for checkout_id in (first_checkout, second_checkout):
        desk.buyer(checkout_id)
    for attempt_id in (second.id, first.id):
        desk.run("ledger.look_at_attempt", attempt_id=attempt_id)
    desk.work()
    assert desk.balances()["held"] == 200_00
    assert sorted((charge.home, charge.refunded_minor) for charge in desk.rows(Charge)) == [
        ("held", 0),
        ("suspense", 200_00),
    ]
    assert desk.heard.of("ord_1") == ["paid"]


@pytest.mark.parametrize(
    "lie", ["price_minor = 199_99", "currency = 'EUR'", "subject_id = 'ord_other'"], ids=["amount", "currency", "order"]
)
def test_money_that_does_not_match_is_kept_apart_and_alarms(desk: Desk, lie: str) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id))
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE payment SET {lie}")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    desk.work()
    assert desk.balances()["suspense"] == 200_00
    assert (desk.alarms(), desk.heard.told, desk.rows(Refund)) == (["mismatch"], [], [])
