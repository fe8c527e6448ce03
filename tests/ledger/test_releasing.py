from __future__ import annotations

import pytest

from headroom.db import reading
from headroom.files.models import FileHold
from headroom.ledger import journals, pages
from headroom.ledger.errors import MoneyFrozen, NothingHeld
from headroom.mailing.models import OutgoingMail
from tests.ledger.desk import Desk


def test_release_sends_each_party_its_share_and_keeps_the_platforms(desk: Desk) -> None:
    desk.paid("ord_1")
    accounts = {name: desk.onboarded(f"per_{name}") for name in ("ivo", "lena")}
    desk.release("ord_1")
    desk.work()
    assert desk.balances() == {"stripe": 17_90, "fees": 6_10, "rev": 24_00}
    sent = {
        found.destination: found.amount_minor for party in ("per_ivo", "per_lena") for found in desk.transfers(party)
    }
    assert sent == {accounts["ivo"]: 160_00, accounts["lena"]: 16_00}


def test_a_transfer_never_exceeds_what_its_own_charge_brought(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE effect SET params = params || '{\"settled_minor\": 20001}' WHERE kind = 'stripe.transfer'"
        )
    desk.work()
    assert desk.leg("per_ivo").state == "parked"
    assert "transfer_refused" in desk.alarms()


def test_the_subject_hears_once_when_all_legs_are_sent(desk: Desk) -> None:
    desk.paid("ord_1")
    for name in ("ivo", "lena"):
        desk.onboarded(f"per_{name}")
    desk.release("ord_1")
    desk.work()
    assert desk.heard.of("ord_1") == ["paid", "legs_settled"]


def test_a_leg_whose_payee_has_no_account_is_parked_and_the_subject_goes_on(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    assert (desk.leg("per_lena").state, desk.leg("per_lena").reason) == ("parked", "no_account")
    assert desk.heard.of("ord_1") == ["paid", "legs_settled"]
    assert desk.balances()["pay/per_lena"] == 16_00


def test_all_legs_parked_at_once_still_end_the_waiting(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.release("ord_1")
    desk.work()
    assert desk.heard.of("ord_1") == ["paid", "legs_settled"]


def test_a_parked_leg_is_sent_as_soon_as_its_payee_can_receive(desk: Desk) -> None:
    desk.paid("ord_1")
    account = desk.onboarded("per_ivo", is_finished=False)
    desk.release("ord_1")
    desk.work()
    assert desk.leg("per_ivo").reason == "onboarding_unfinished"
    desk.finish_onboarding(account)
    desk.work()
    assert desk.leg("per_ivo").state == "sent"
    assert desk.heard.of("ord_1") == ["paid", "legs_settled"]


def test_a_payee_is_told_that_money_waits_and_later_that_it_left(desk: Desk) -> None:
    desk.paid("ord_1")
    account = desk.onboarded("per_ivo", is_finished=False)
    desk.release("ord_1")
    desk.finish_onboarding(account)
    desk.work()
    to_ivo = [mail.template for mail in desk.rows(OutgoingMail) if mail.person_id == "per_ivo"]
    assert to_ivo == ["ledger/parked", "ledger/transferred"]


def test_a_capability_lost_after_release_parks_the_leg_and_tells_staff(desk: Desk) -> None:
    desk.paid("ord_1")
    account = desk.onboarded("per_ivo")
    desk.fault("capability_revoked", account=account)
    desk.release("ord_1")  # we had not heard of it yet
    desk.work()
    assert desk.leg("per_ivo").state == "parked"
    assert "transfer_refused" in desk.alarms()


def test_a_capability_restored_wakes_the_leg_with_a_new_transfer(desk: Desk) -> None:
    desk.paid("ord_1")
    account = desk.onboarded("per_ivo")
    desk.fault("capability_revoked", account=account)
    desk.release("ord_1")
    desk.work()
    desk.fault("capability_restored", account=account)
    desk.finish_onboarding(account)
    desk.work()
    assert desk.leg("per_ivo").state == "sent"


def test_nothing_is_released_twice(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.release("ord_1")
    with pytest.raises(NothingHeld):
        desk.release("ord_1")


def test_nothing_unpaid_is_released(desk: Desk) -> None:
    desk.opened("ord_1")
    with pytest.raises(NothingHeld):
        desk.release("ord_1")


def test_an_open_dispute_freezes_the_release(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.fault("dispute_created", charge=desk.charge().id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    with pytest.raises(MoneyFrozen):
        desk.release("ord_1")
    assert desk.balances()["disputed"] == 200_00


def test_a_won_dispute_lets_the_release_go_on(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.fault("dispute_created", charge=desk.charge().id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    desk.fault("dispute_won", charge=desk.charge().id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    desk.release("ord_1")
    assert desk.payment("ord_1").state == "released"


def test_while_a_bank_disputes_no_file_of_the_subject_is_deleted(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.fault("dispute_created", charge=desk.charge().id)
    for _ in range(2):
        desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert [(hold.scope_id, hold.reason, hold.lifted_at) for hold in desk.rows(FileHold)] == [
        ("ord_1", "chargeback", None)
    ]
    desk.fault("dispute_won", charge=desk.charge().id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert all(hold.lifted_at is not None for hold in desk.rows(FileHold))


def test_a_lost_dispute_consumes_what_was_held(desk: Desk) -> None:
    attempt = desk.paid("ord_1")
    desk.fault("dispute_created", charge=desk.charge().id)
    desk.fault("dispute_lost", charge=desk.charge().id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert "held" not in desk.balances()
    assert "disputed" not in desk.balances()


def test_the_order_page_shows_where_every_cent_is(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    with reading() as session:
        view = pages.money_of(session, "test", "ord_1")
        timeline = pages.timeline_of(session, "test", "ord_1")
    assert (view.state, view.held_minor, view.platform_minor) == ("released", 0, 24_00)
    assert [(leg.name, leg.amount_minor, leg.sent_minor, leg.state) for leg in view.legs] == [
        ("Ivo", 160_00, 160_00, "sent"),
        ("Lena", 16_00, 0, "parked"),
    ]
    assert [(step.what, step.amount_minor) for step in timeline] == [
        ("charge", 200_00),
        ("release", 0),
        ("tr", 160_00),
    ]


def test_the_trial_balance_sums_to_zero(desk: Desk) -> None:
    desk.paid("ord_1")
    desk.release("ord_1")
    with reading() as session:
        assert sum(line.amount_minor for line in journals.trial_balance(session)) == 0
