"""Signing up: what is recorded, what is answered, and what a stranger learns."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import func, select

from headroom.accounts.models import ConsentEvent, ConsentEvidence, LegalDocument, Person
from headroom.db import reading
from tests.accounts.conftest import PASSWORD, Browser, mailed, mailed_links


def people() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_signing_up_records_two_acceptances_with_their_evidence(browser: Browser) -> None:
    browser.headers["User-Agent"] = "Listening/1.0"
    browser.sign_up()
    with reading() as session:
        rows = session.execute(
            select(ConsentEvent, ConsentEvidence, LegalDocument)
            .join(ConsentEvidence, ConsentEvidence.seq == ConsentEvent.seq)
            .join(LegalDocument, LegalDocument.id == ConsentEvent.document_id)
            .order_by(ConsentEvent.seq)
        ).all()
    assert [event.kind for event, _, _ in rows] == ["privacy", "terms"]
    for event, evidence, document in rows:
        assert event.document_sha256 == document.body_sha256
        assert (event.action, event.method, event.locale, document.version) == ("accept", "sign_up_box", "en", 1)
        assert (evidence.ip, evidence.user_agent) == ("127.0.0.1", "Listening/1.0")
        assert event.at.tzinfo is UTC


def test_without_a_ticked_box_there_is_no_account(browser: Browser) -> None:
    for box in ("accept_privacy", "accept_terms"):
        assert browser.sign_up(**{box: "LEFT OUT"}).status_code == 400
    assert people() == 0


def test_a_known_address_gets_the_same_answer_and_an_honest_mail(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    unknown = other_browser.sign_up(email="new@studio.test")
    known = other_browser.sign_up()
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert mailed()[-1].template == "accounts/already_here"
    assert people() == 2


def test_the_year_of_birth_is_not_kept(browser: Browser) -> None:
    browser.sign_up(birth_year="1987")
    with reading() as session:
        person = session.scalars(select(Person)).one()
    assert person.age_rule == "age-16-by-year"
    assert "1987" not in " ".join(str(value) for value in vars(person).values())


def test_somebody_too_young_is_refused_and_a_second_year_does_not_help(browser: Browser) -> None:
    assert browser.sign_up(birth_year="2015").status_code == 403
    assert browser.sign_up(birth_year="1980").status_code == 403
    assert people() == 0


def test_a_repeated_click_opens_one_account(browser: Browser) -> None:
    form = browser.hidden_of("/sign-up") | {
        "display_name": "Mara",
        "email": "mara@studio.test",
        "password": PASSWORD,
        "birth_year": "1990",
        "accept_privacy": "yes",
        "accept_terms": "yes",
    }
    answers = [browser.client.post("/sign-up", data=form) for _ in range(2)]
    assert [a.location for a in answers] == ["/sign-up/sent", "/sign-up/sent"]
    assert people() == 1


def test_the_link_confirms_and_signs_in_where_it_was_asked_for(browser: Browser) -> None:
    answer = browser.open_account()
    assert (answer.status_code, answer.location) == (303, "/")
    assert "What waits for you" in browser.get("/").text


def test_looking_at_the_link_does_not_use_it(browser: Browser) -> None:
    browser.sign_up()
    path = mailed_links()[0]
    browser.get(path)
    assert browser.post(path, path).status_code == 303


def test_the_link_works_once(browser: Browser) -> None:
    browser.open_account()
    assert browser.get(mailed_links()[0]).status_code == 410


def test_another_browser_needs_the_password_for_the_link(browser: Browser, other_browser: Browser) -> None:
    browser.sign_up()
    path = mailed_links()[0]
    assert other_browser.post(path, path, password="some other words").status_code == 422
    assert other_browser.post(path, path, password=PASSWORD).status_code == 303


def test_whoever_signed_up_first_with_a_strangers_address_gains_nothing(
    browser: Browser, other_browser: Browser
) -> None:
    other_browser.sign_up(password="the thief's own words")
    browser.open_account()
    assert people() == 1
    assert other_browser.sign_in(password="the thief's own words").status_code == 422
    assert other_browser.get(mailed_links()[0]).status_code == 410


def test_a_password_needs_twelve_characters_of_any_kind(browser: Browser) -> None:
    assert "12 characters" in browser.sign_up(password="elevenchars").text
    assert browser.sign_up(password="тише едешь дальше будешь, сказал пастор своей дочери").status_code == 303


def test_long_passwords_of_any_script_sign_in(browser: Browser, other_browser: Browser) -> None:
    browser.open_account(password="🎚" * 256)
    assert other_browser.sign_in(password="🎚" * 256).status_code == 303


def test_a_password_beyond_256_characters_is_refused_with_a_sentence(browser: Browser) -> None:
    assert browser.sign_up(email="b@studio.test", password="🎚" * 257).status_code == 400
