"""The doors of money as people meet them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints import ledger as doors
from headroom import clock
from headroom.accounts import sessions
from headroom.actors import Actor
from headroom.db import unit
from headroom.gateways.stripe_errors import ProviderSilent
from headroom.ledger.errors import AlreadyPaid
from headroom.ledger.models import Payee, PaymentAttempt
from headroom.mailing.sending import Letter
from tests.ledger.desk import Desk
from worker import mailing

ROOT = Path(__file__).resolve().parents[2]
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def site(desk: Desk, app: Flask) -> Flask:
    return app


def browser_of(site: Flask, person_id: str) -> FlaskClient:
    """A browser in which this person is signed in."""
    with unit(Actor.system("test")) as session:
        token = sessions.start(session, person_id, ip="192.0.2.1", user_agent="tests", now=clock.now())
    browser = site.test_client()
    browser.set_cookie("sid", token)
    return browser


def post(browser: FlaskClient, path: str, page: str, **values: str) -> tuple[int, str]:
    """Post a form as the page offers it: (status, where it leads)."""
    found = _TOKEN.search(browser.get(page).text)
    assert found is not None
    answer = browser.post(path, data={"csrf_token": found[1], **values})
    return answer.status_code, answer.headers.get("Location", "")


def test_starting_a_checkout_leads_to_the_provider_and_again_to_the_same_page(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    with site.test_request_context():
        first, second = doors.start_checkout(attempt.id), doors.start_checkout(attempt.id)
    assert first == second
    assert first.startswith(desk.url + "/c/pay/")


def test_a_provider_that_is_silent_is_said_and_the_attempt_stays(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    desk.fault("error_before", count=2)
    with site.test_request_context(), pytest.raises(ProviderSilent):
        doors.start_checkout(attempt.id)
    assert [row.state for row in desk.rows(PaymentAttempt)] == ["open"]


def test_coming_back_before_the_webhook_asks_for_a_look_and_says_confirming(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id))
    mara = browser_of(site, "per_mara")
    page = mara.get(f"/payments/{attempt.id}/return")
    assert "Confirming your payment" in page.text
    assert f"url=/payments/{attempt.id}/return?n=1" in page.text
    assert "ledger.look_at_attempt" in desk.waiting()
    desk.work()
    assert mara.get(f"/payments/{attempt.id}/return?n=1").headers["Location"] == "/orders/1"


def test_after_fifteen_seconds_the_page_promises_a_mail_and_stops_asking(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    page = browser_of(site, "per_mara").get(f"/payments/{attempt.id}/return?n={doors.POLLS}")
    assert "not confirmed yet" in page.text
    assert "http-equiv" not in page.text
    assert desk.waiting() == []


def test_nobody_else_comes_back_from_somebodys_checkout(desk: Desk, site: Flask) -> None:
    attempt = desk.opened("ord_1")
    assert browser_of(site, "per_otto").get(f"/payments/{attempt.id}/return").status_code == 404


def test_the_receipt_says_what_was_paid_to_whom_in_both_languages(desk: Desk, site: Flask) -> None:
    desk.paid("ord_1")
    mara, path = browser_of(site, "per_mara"), f"/receipts/{desk.payment('ord_1').id}"
    english = mara.get(path).text
    assert all(words in english for words in ("$200.00", "visa ····4242", "Ivo", "Mix of Night Bus", desk.charge().id))
    russian = mara.get(path, headers={"Accept-Language": "ru"}).text
    assert "Квитанция" in russian or "Receipt" in russian


@pytest.mark.parametrize("person_id", ["per_otto", "per_ivo"])
def test_a_receipt_is_its_payers_alone(desk: Desk, site: Flask, person_id: str) -> None:
    desk.paid("ord_1")
    assert browser_of(site, person_id).get(f"/receipts/{desk.payment('ord_1').id}").status_code == 404


def test_an_unpaid_payment_has_no_receipt(desk: Desk, site: Flask) -> None:
    desk.opened("ord_1")
    assert browser_of(site, "per_mara").get(f"/receipts/{desk.payment('ord_1').id}").status_code == 404


def test_onboarding_leads_to_the_provider_and_the_account_is_read_on_the_way_back(desk: Desk, site: Flask) -> None:
    ivo = browser_of(site, "per_ivo")
    status, link = post(ivo, "/payouts/onboarding", "/payouts", country="DE")
    assert (status, link.startswith(desk.url)) == (303, True)
    assert "not finished" in ivo.get("/payouts").text
    desk.finish_onboarding(str(desk.payee("per_ivo").account_id))
    back = ivo.get("/payouts/onboarding/return", follow_redirects=True)
    assert "Your account can receive payouts." in back.text


def test_coming_back_without_finishing_is_not_believed(desk: Desk, site: Flask) -> None:
    ivo = browser_of(site, "per_ivo")
    post(ivo, "/payouts/onboarding", "/payouts", country="DE")
    ivo.get("/payouts/onboarding/return")
    assert desk.payee("per_ivo").details_submitted is False


def test_a_used_up_link_is_replaced_by_a_new_one(desk: Desk, site: Flask) -> None:
    ivo = browser_of(site, "per_ivo")
    _, first = post(ivo, "/payouts/onboarding", "/payouts", country="DE")
    again = ivo.get("/payouts/onboarding").headers["Location"]
    assert again != first
    assert len(desk.rows(Payee)) == 1


@pytest.mark.parametrize(("country", "says"), [("ZZ", "not possible yet"), ("", "Fill this in.")])
def test_a_country_that_cannot_be_taken_is_said_at_its_field(desk: Desk, site: Flask, country: str, says: str) -> None:
    ivo = browser_of(site, "per_ivo")
    found = _TOKEN.search(ivo.get("/payouts").text)
    assert found is not None
    answer = ivo.post("/payouts/onboarding", data={"csrf_token": found[1], "country": country})
    assert (answer.status_code, desk.rows(Payee)) == (422, [])
    assert says in answer.text


def test_the_statement_shows_each_share_and_why_it_waits(desk: Desk, site: Flask) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    desk.work()
    sent, waiting = browser_of(site, "per_ivo").get("/payouts").text, browser_of(site, "per_lena").get("/payouts").text
    assert all(words in sent for words in ("$160.00", "Sent", str(desk.leg("per_ivo").transfer_id)))
    assert all(words in waiting for words in ("$16.00", "Waits for your payout account."))


def test_a_paid_order_does_not_reach_the_provider_again(desk: Desk, site: Flask) -> None:
    desk.paid("ord_1")
    with pytest.raises(AlreadyPaid):
        desk.opened("ord_1")


MAILS = sorted(
    path.name.removesuffix(".subject.txt") for path in (ROOT / "templates/mail/ledger").glob("*.subject.txt")
)


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("name", MAILS)
def test_every_mail_about_money_says_the_amount_and_what_for(site: Flask, name: str, locale: str) -> None:
    values = {"title": "Night Bus", "amount_minor": 20000, "currency": "USD", "path": "/receipts/pay_1"}
    letter = Letter("mail_1", "mara@studio.test", f"ledger/{name}", values, locale, clock.now())
    message = mailing.render(site, letter, sender="Headroom <studio@headroom.test>")
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "200" in text
    assert "Night Bus" in text
    assert ("Плат" in text or "Деньги" in text or "банк" in text or "счёт" in text) == (locale == "ru")
