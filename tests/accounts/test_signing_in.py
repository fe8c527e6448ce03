"""Signing in and out: sessions, fixation, limits, and what an attacker learns."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from headroom import clock
from headroom.accounts import capabilities, hashing, passwords, people, sessions
from headroom.accounts.models import PasswordRecord, SignInSession
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.errors import NotSignedIn
from headroom.settings import KeyRing
from tests.accounts.conftest import PASSWORD, Browser, mailed_links

SYSTEM = Actor.system("test")


def mara() -> str:
    with reading() as session:
        person = people.find_confirmed(session, "mara@studio.test")
    assert person is not None
    return person.id


def is_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def test_address_and_password_open_a_session_and_signing_out_ends_it(browser: Browser) -> None:
    browser.open_account()
    assert is_in(browser)
    browser.client.post("/sign-out", data={"csrf_token": browser.hidden_of("/account")["csrf_token"]})
    assert not is_in(browser)


def test_signing_out_takes_what_the_browser_remembered_of_unfinished_uploads(browser: Browser) -> None:
    browser.open_account()
    answer = browser.client.post("/sign-out", data={"csrf_token": browser.hidden_of("/account")["csrf_token"]})
    assert set(answer.headers["Clear-Site-Data"].split(", ")) == {'"cache"', '"storage"'}


def test_the_address_may_be_written_in_other_case(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    assert other_browser.sign_in(email=" MARA@Studio.Test ").status_code == 303


def test_wrong_password_and_unknown_address_read_the_same(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    wrong = other_browser.sign_in(password="not the password")
    unknown = other_browser.sign_in(email="nobody@studio.test", password="not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert len(wrong.data) - len("mara") == len(unknown.data) - len("nobody")


def test_an_unknown_address_costs_a_hash_too(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bytes | None] = []

    def watched(text: str, record: bytes | None, ring: KeyRing) -> bool:
        checked.append(record)
        return real(text, record, ring)

    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", watched)
    browser.sign_in(email="nobody@studio.test")
    assert checked == [None]


def test_a_session_cookie_planted_before_signing_in_is_worth_nothing(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    other_browser.get("/sign-in")
    planted = other_browser.client.get_cookie("sid")
    other_browser.sign_in()
    now_held = other_browser.client.get_cookie("sid")
    assert planted is not None
    assert now_held is not None
    assert planted.value != now_held.value
    assert now_held.http_only
    assert now_held.same_site == "Lax"


def test_the_row_holds_a_hash_of_the_cookie(browser: Browser) -> None:
    browser.open_account()
    cookie = browser.client.get_cookie("sid")
    assert cookie is not None
    with reading() as session:
        stored = session.scalars(select(SignInSession.token_hash)).one()
    assert bytes(stored) == sessions.hash_token(cookie.value)
    assert len(cookie.value) == 43


def test_a_revoked_session_is_dead_at_its_next_request_and_in_its_next_unit(browser: Browser) -> None:
    browser.open_account()
    person_id = mara()
    with reading() as session:
        session_id = session.scalars(select(SignInSession.id)).one()
    actor = Actor(person_id, session_id, frozenset({capabilities.MEMBER}))
    with unit(SYSTEM) as session:
        sessions.end_all(session, person_id, now=clock.now())
    assert not is_in(browser)
    with pytest.raises(NotSignedIn), unit(actor):
        pass


def test_a_capability_taken_back_stops_the_unit_that_claims_it(browser: Browser) -> None:
    browser.open_account()
    with reading() as session:
        session_id = session.scalars(select(SignInSession.id)).one()
    claims = Actor(mara(), session_id, frozenset({capabilities.MEMBER, capabilities.STAFF}))
    with pytest.raises(NotSignedIn), unit(claims):
        pass


@pytest.mark.parametrize(
    ("idle", "age", "staff", "alive"),
    [
        (timedelta(days=13, hours=23), timedelta(days=60), False, True),
        (timedelta(days=14), timedelta(days=60), False, False),
        (timedelta(minutes=1), timedelta(days=90), False, False),
        (timedelta(minutes=29), timedelta(hours=11), True, True),
        (timedelta(minutes=30), timedelta(hours=1), True, False),
        (timedelta(minutes=1), timedelta(hours=12), True, False),
    ],
)
def test_sessions_end_by_disuse_and_by_age(idle: timedelta, age: timedelta, staff: bool, alive: bool) -> None:
    now = clock.wall_now()
    held = frozenset({capabilities.STAFF}) if staff else frozenset()
    assert sessions.is_live(created_at=now - age, last_seen_at=now - idle, held=held, now=now) is alive


def test_an_unused_session_is_refused_by_the_site(browser: Browser) -> None:
    browser.open_account()
    with unit(SYSTEM) as session:
        session.execute(update(SignInSession).values(last_seen_at=clock.now() - timedelta(days=15)))
    assert not is_in(browser)


def test_signing_in_before_confirming_mails_a_fresh_link_and_opens_nothing(
    browser: Browser, other_browser: Browser
) -> None:
    browser.sign_up()
    answer = other_browser.sign_in()
    assert (answer.status_code, answer.location) == (303, "/sign-up/sent")
    assert not is_in(other_browser)
    first, second = mailed_links()
    assert other_browser.get(first).status_code == 410
    assert other_browser.post(second, second).status_code == 303


def test_the_eleventh_try_in_five_minutes_waits(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    for _ in range(10):
        assert other_browser.sign_in(password="guess after guess").status_code == 422
    answer = other_browser.sign_in(password=PASSWORD)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 301


def test_the_right_password_gives_the_tries_back(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    for _ in range(9):
        other_browser.sign_in(password="guess after guess")
    assert other_browser.sign_in().status_code == 303
    other_browser.client.delete_cookie("sid")
    assert other_browser.sign_in(password="guess after guess").status_code == 422
    assert other_browser.sign_in().status_code == 303


def test_one_hash_runs_four_wait_and_the_sixth_is_turned_away() -> None:
    slots = hashing.Slots()
    gate = threading.Event()
    running: list[int] = []

    def work(number: int) -> None:
        with slots.one():
            running.append(number)
            gate.wait(10)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    wait_until(lambda: slots.inside == 5)
    with pytest.raises(hashing.HashingFull) as full, slots.one():
        pass
    assert (len(running), full.value.retry_after_s) == (1, 2)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sorted(running) == [0, 1, 2, 3, 4]


def wait_until(is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def test_a_full_house_answers_429_with_the_time_to_wait(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blueprints.accounts.slots", hashing.Slots(running=0, waiting=0))
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")


def ring(*ids: str) -> KeyRing:
    return KeyRing({key_id: key_id.encode().ljust(32, b".") for key_id in ids}, name="peppers")


def test_an_old_pepper_still_opens_and_the_record_says_it_is_old() -> None:
    record = passwords.make_record(PASSWORD, ring("a"))
    assert passwords.matches(PASSWORD, record, ring("b", "a"))
    assert not passwords.matches(PASSWORD, record, KeyRing({"a": b"x" * 32}, name="peppers"))


def test_composed_and_decomposed_letters_are_one_password() -> None:
    record = passwords.make_record("Ängström å la carte", ring("a"))
    assert passwords.matches("A\u0308ngstro\u0308m a\u030a la carte", record, ring("a"))


def test_a_record_is_versioned_and_readable_only_with_its_pepper(browser: Browser) -> None:
    browser.open_account()
    with reading() as session:
        record = bytes(session.scalars(select(PasswordRecord.record)).one())
    assert record.startswith(b"v1$test$2b$")


def test_a_foreign_next_address_is_not_followed(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    form = other_browser.hidden_of("/sign-in") | {"email": "mara@studio.test", "password": PASSWORD}
    answer = other_browser.client.post("/sign-in", data=form | {"next": "/\t/evil.test"})
    assert answer.location == "/"
