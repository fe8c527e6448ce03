"""The two webhook endpoints over HTTP: what is stored, what is refused, and what comes of it."""

from __future__ import annotations

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from headroom.accounts.limits import REFUSED_WEBHOOKS
from headroom.audit import Action
from headroom.audit.models import AuditEntry
from headroom.ledger.models import StripeEvent
from tests.ledger.desk import Desk, event_body, signature


@pytest.fixture
def site(desk: Desk, app: Flask) -> Flask:
    return app


def deliver(site: Flask, raw: bytes, signed: str | None, *, path: str = "/webhooks/stripe") -> int:
    headers = {"Stripe-Signature": signed} if signed is not None else {}
    answer = site.test_client().post(path, data=raw, headers=headers, content_type="application/json")
    return answer.status_code


def about(kind: str, desk: Desk, **subject: Any) -> bytes:
    return event_body(kind, {"object": kind.rsplit(".", 1)[0], **subject})


def paid_at_provider(desk: Desk, subject_id: str = "ord_1") -> tuple[str, str, str]:
    """(attempt, checkout, payment) of money that arrived at the provider and that we have not heard of."""
    attempt = desk.opened(subject_id)
    checkout_id = desk.started(attempt.id)
    desk.buyer(checkout_id)
    intent_id = desk.provider.fetch_checkout(checkout_id).intent_id
    assert intent_id is not None
    return attempt.id, checkout_id, intent_id


def test_a_genuine_webhook_is_stored_acknowledged_and_leads_to_a_look(desk: Desk, site: Flask) -> None:
    _, checkout_id, _ = paid_at_provider(desk)
    raw = about("checkout.session.completed", desk, id=checkout_id)
    assert deliver(site, raw, signature(raw)) == 200
    assert desk.rows(StripeEvent)[0].payload == raw
    desk.work()
    assert (desk.payment("ord_1").state, desk.rows(StripeEvent)[0].state) == ("held", "handled")


def test_an_event_about_a_payment_whose_checkout_event_is_late_finds_it(desk: Desk, site: Flask) -> None:
    *_, intent_id = paid_at_provider(desk)
    raw = about("charge.succeeded", desk, id="ch_x", payment_intent=intent_id)
    deliver(site, raw, signature(raw))
    desk.work()
    assert desk.payment("ord_1").state == "held"


def test_ten_parallel_deliveries_are_acknowledged_and_book_once(desk: Desk, site: Flask) -> None:
    _, checkout_id, _ = paid_at_provider(desk)
    raw = about("checkout.session.completed", desk, id=checkout_id)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(deliver(site, raw, signature(raw)))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.work()
    assert answers == [200] * 10
    assert len(desk.rows(StripeEvent)) == 1
    assert desk.heard.of("ord_1") == ["paid"]


def test_two_different_events_about_one_fact_book_it_once(desk: Desk, site: Flask) -> None:
    _, checkout_id, intent_id = paid_at_provider(desk)
    for raw in (
        about("checkout.session.completed", desk, id=checkout_id),
        about("payment_intent.succeeded", desk, id=intent_id),
    ):
        deliver(site, raw, signature(raw))
    desk.work()
    assert desk.balances()["held"] == 200_00


def test_events_in_any_order_lead_to_the_same_balances(desk: Desk, site: Flask) -> None:
    dice = random.Random(5)
    for number in range(6):
        subject = f"ord_{number}"
        attempt_id, checkout_id, intent_id = paid_at_provider(desk, subject)
        desk.run("ledger.look_at_attempt", attempt_id=attempt_id)
        desk.refund(subject, 50_00)
        desk.work()
        kinds = [
            ("refund.updated", {"id": "re_x", "payment_intent": intent_id}),
            ("charge.refunded", {"id": "ch_x", "payment_intent": intent_id}),
            ("checkout.session.completed", {"id": checkout_id}),
            ("payment_intent.succeeded", {"id": intent_id}),
            ("charge.succeeded", {"id": "ch_x", "payment_intent": intent_id}),
        ]
        dice.shuffle(kinds)
        for kind, subject_of_event in kinds:
            raw = about(kind, desk, **subject_of_event)
            deliver(site, raw, signature(raw))
            if dice.random() < 0.5:
                desk.work()
        desk.work()
    assert desk.balances()["held"] == 6 * 150_00
    assert all(desk.heard.of(f"ord_{n}") == ["paid", "refund_settled"] for n in range(6))


def test_a_payload_that_lies_about_money_is_not_believed(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    checkout_id = desk.started(attempt.id)
    raw = about("checkout.session.completed", desk, id=checkout_id, payment_status="paid", amount_total=20000)
    deliver(site, raw, signature(raw))
    desk.work()
    assert (desk.payment("ord_1").state, desk.balances()) == ("open", {})


def test_lost_webhooks_are_replaced_by_the_sweep(desk: Desk) -> None:
    attempt_id, *_ = paid_at_provider(desk)
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payment_attempt SET looked_at = now() - interval '11 minutes'")
    desk.run("ledger.sweep_attempts", timestamp=0)
    desk.work()
    assert desk.attempt(attempt_id).state == "paid"


def test_events_that_never_came_are_read_from_the_providers_list(desk: Desk) -> None:
    paid_at_provider(desk)
    desk.run("ledger.sweep_events", timestamp=0)
    desk.work()
    assert desk.payment("ord_1").state == "held"


def test_an_event_whose_job_was_lost_is_taken_up_again(desk: Desk, site: Flask) -> None:
    _, checkout_id, _ = paid_at_provider(desk)
    raw = about("checkout.session.completed", desk, id=checkout_id)
    deliver(site, raw, signature(raw))
    with desk.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
        connection.exec_driver_sql("UPDATE stripe_event SET received_at = now() - interval '3 minutes'")
    desk.run("ledger.sweep_attempts", timestamp=0)
    desk.work()
    assert desk.payment("ord_1").state == "held"


def test_a_type_we_do_not_use_is_stored_and_left(desk: Desk, site: Flask) -> None:
    raw = about("invoice.finalized", desk, id="in_1")
    assert deliver(site, raw, signature(raw)) == 200
    desk.work()
    assert desk.rows(StripeEvent)[0].state == "unknown"


def test_an_event_about_money_that_is_not_ours_is_kept_and_alarms(desk: Desk, site: Flask) -> None:
    raw = about("checkout.session.completed", desk, id="cs_test_nobody")
    assert deliver(site, raw, signature(raw)) == 200
    desk.work()
    assert (desk.rows(StripeEvent)[0].state, desk.alarms()) == ("orphan", ["orphan_event"])


@pytest.mark.parametrize("offset", [timedelta(seconds=-301), timedelta(hours=1)], ids=["old", "from the future"])
def test_a_delivery_outside_five_minutes_is_refused_and_leaves_a_security_event(
    desk: Desk, site: Flask, offset: timedelta
) -> None:
    raw = about("charge.succeeded", desk, id="ch_1")
    assert deliver(site, raw, signature(raw, at=datetime.now(UTC) + offset)) == 400
    assert desk.rows(StripeEvent) == []
    assert [entry.action for entry in desk.rows(AuditEntry)] == ["ledger.webhook_refused"]


def test_an_event_three_days_late_with_a_fresh_signature_is_taken(desk: Desk, site: Flask) -> None:
    _, checkout_id, _ = paid_at_provider(desk)
    body = json.loads(about("checkout.session.completed", desk, id=checkout_id))
    raw = json.dumps(body | {"created": body["created"] - 3 * 86_400}).encode()
    assert deliver(site, raw, signature(raw)) == 200
    desk.work()
    assert desk.payment("ord_1").state == "held"


def test_a_forged_delivery_is_refused_and_changes_nothing(desk: Desk, site: Flask) -> None:
    _, checkout_id, _ = paid_at_provider(desk)
    raw = about("checkout.session.completed", desk, id=checkout_id)
    for signed in (None, "", signature(raw, secret="whsec_other"), signature(raw).replace("v1=", "v0=")):
        assert deliver(site, raw, signed) == 400
    assert deliver(site, raw.replace(b"completed", b"complexed"), signature(raw)) == 400
    desk.work()
    assert desk.payment("ord_1").state == "open"


def test_a_flood_of_forged_deliveries_is_recorded_only_so_often(desk: Desk, site: Flask) -> None:
    raw = about("charge.succeeded", desk, id="ch_x")
    answers = [deliver(site, raw, signature(raw, secret="whsec_wrong")) for _ in range(REFUSED_WEBHOOKS.count + 1)]
    assert answers == [400] * REFUSED_WEBHOOKS.count + [429]
    assert len([entry for entry in desk.rows(AuditEntry) if entry.action == Action.WEBHOOK_REFUSED]) == len(answers) - 1


def test_the_endpoints_do_not_share_a_secret(desk: Desk, site: Flask) -> None:
    raw = about("account.updated", desk, id="acct_1")
    assert deliver(site, raw, signature(raw, secret="whsec_platform"), path="/webhooks/stripe-connect") == 400


def test_a_payees_account_is_read_again_when_the_provider_says_it_changed(desk: Desk, site: Flask) -> None:
    account = desk.onboarded("per_ivo")
    desk.fault("capability_revoked", account=account)
    raw = event_body("account.updated", {"id": account, "object": "account"}, account=account)
    assert deliver(site, raw, signature(raw, secret="whsec_connect"), path="/webhooks/stripe-connect") == 200
    desk.work()
    assert desk.payee("per_ivo").transfers == "inactive"


def test_an_account_that_is_nobodys_is_kept_as_an_orphan(desk: Desk, site: Flask) -> None:
    raw = event_body("account.updated", {"id": "acct_nobody", "object": "account"}, account="acct_nobody")
    deliver(site, raw, signature(raw, secret="whsec_connect"), path="/webhooks/stripe-connect")
    desk.work()
    assert desk.rows(StripeEvent)[0].state == "orphan"
