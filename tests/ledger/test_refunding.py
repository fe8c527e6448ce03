from __future__ import annotations

import pytest

from headroom.db import reading
from headroom.errors import Invalid
from headroom.ledger import statements
from headroom.ledger.errors import NothingHeld, RefundTooLarge
from headroom.ledger.models import Refund
from headroom.mailing.models import OutgoingMail
from tests.ledger.desk import Desk
from tests.standins.peers import ask


def test_a_full_refund_gives_everything_back_but_the_providers_fee(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    desk.work()
    assert desk.balances() == {"stripe": -6_10, "fees": 6_10}
    assert (desk.payment("ord_1").state, desk.heard.of("ord_1")) == ("refunded", ["paid", "refund_settled"])


def test_the_payer_hears_of_the_settled_refund(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    desk.work()
    assert [mail.template for mail in desk.rows(OutgoingMail)] == ["ledger/receipt", "ledger/refunded"]


def test_a_promised_refund_is_the_payers_before_the_provider_knows(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    assert desk.balances()["refunds_in_flight"] == 200_00
    with pytest.raises(NothingHeld):
        desk.release("ord_1")


def test_a_pending_refund_is_said_settled_only_when_it_is(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.fault("refund_pending")
    refund = desk.refund("ord_1", 200_00)
    desk.work()
    assert (desk.rows(Refund)[0].state, desk.heard.of("ord_1")) == ("pending", ["paid"])
    ask(desk.url + "/_faults", {"fault": "refund_settled", "refund": desk.rows(Refund)[0].provider_refund_id})
    desk.run("ledger.look_at_attempt", attempt_id=desk.charge().attempt_id)
    assert (desk.rows(Refund)[0].id, desk.rows(Refund)[0].state) == (refund.id, "settled")


def test_a_failed_refund_is_still_owed_and_alarms(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    desk.work()
    desk.fault("refund_failed", refund=desk.rows(Refund)[0].provider_refund_id)
    desk.run("ledger.look_at_attempt", attempt_id=desk.charge().attempt_id)
    assert desk.balances()["refunds_in_flight"] == 200_00
    assert (desk.heard.of("ord_1")[-1], desk.alarms()) == ("refund_failed", ["refund_failed"])


def test_a_partial_refund_before_release_leaves_the_rest_to_be_shared(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.refund("ord_1", 50_00)
    desk.work()
    desk.release("ord_1")
    desk.work()
    assert desk.leg("per_ivo").sent_minor == 120_00


def test_a_refund_after_the_transfers_takes_back_each_partys_part(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.onboarded("per_lena")
    desk.release("ord_1")
    desk.work()
    desk.refund("ord_1", 50_00)
    desk.work()
    assert {leg: desk.leg(leg).reversed_minor for leg in ("per_ivo", "per_lena")} == {
        "per_ivo": 40_00,
        "per_lena": 4_00,
    }
    assert desk.balances() == {"stripe": 11_90, "fees": 6_10, "rev": 18_00}


def test_what_a_payee_has_spent_stays_owed_and_the_payer_does_not_wait(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    desk.fault("insufficient_payee_balance")
    desk.refund("ord_1", 200_00)
    desk.work()
    assert desk.balances()["recv/per_ivo"] == 160_00
    assert desk.heard.of("ord_1")[-1] == "refund_settled"


def test_what_a_payee_owes_is_taken_back_when_they_have_it_again(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    desk.fault("insufficient_payee_balance")
    desk.refund("ord_1", 200_00)
    desk.work()
    ask(desk.url + "/_faults", method="DELETE")
    desk.effects_are_due()
    assert (desk.leg("per_ivo").state, desk.leg("per_ivo").reversed_minor) == ("reversed", 160_00)


def test_a_refund_made_at_the_provider_itself_is_booked_too(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.provider.refund(intent_id=desk.charge().intent_id, amount_minor=30_00, metadata={}, key="by-hand")
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.balances()["held"] == 170_00
    assert [(row.reason, row.state) for row in desk.rows(Refund)] == [("made_at_provider", "settled")]


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_a_refund_is_positive(desk: Desk, amount_minor: int) -> None:
    desk.paid("ord_1")
    with pytest.raises(Invalid):
        desk.refund("ord_1", amount_minor)


def test_no_more_than_what_is_left_is_refunded(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 150_00)
    with pytest.raises(RefundTooLarge):
        desk.refund("ord_1", 50_01)


def test_a_refund_looked_at_ten_times_is_booked_once(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 60_00)
    desk.work()
    for _ in range(10):
        desk.run("ledger.look_at_attempt", attempt_id=desk.charge().attempt_id)
    assert (desk.charge().refunded_minor, desk.heard.of("ord_1")) == (60_00, ["paid", "refund_settled"])


def test_the_receipt_shows_what_came_back(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 60_00)
    desk.work()
    with reading() as session:
        receipt = statements.receipt(session, desk.payment("ord_1").id, payer_id="per_mara")
    assert (receipt.amount_minor, receipt.refunded_minor, receipt.method) == (200_00, 60_00, "visa ····4242")
