"""A person's own page: name, zone, sessions, acceptances."""

from __future__ import annotations

import pytest

from blueprints.account import browser_name
from tests.accounts.conftest import Browser


def test_name_and_zone_are_kept_and_shown(browser: Browser) -> None:
    browser.open_account()
    answer = browser.post("/account", "/account", display_name="  Мара   Линд ", time_zone="Europe/Riga")
    assert answer.status_code == 303
    page = browser.get("/account").text
    assert "Мара Линд" in page
    assert '<option value="Europe/Riga" selected>' in page


def test_a_name_of_nothing_visible_and_a_zone_of_nowhere_are_refused(browser: Browser) -> None:
    browser.open_account()
    assert browser.post("/account", "/account", display_name="\u200b\u202e", time_zone="UTC").status_code == 422
    assert browser.post("/account", "/account", display_name="Mara", time_zone="Mars/Phobos").status_code == 422


def test_the_other_sessions_can_be_ended_and_this_one_stays(browser: Browser, other_browser: Browser) -> None:
    browser.open_account()
    other_browser.sign_in()
    browser.post("/account/sessions/others/end", "/account")
    assert browser.get("/account").status_code == 200
    assert other_browser.get("/account").status_code == 303


def test_what_was_accepted_is_listed_with_a_link_to_that_version(browser: Browser) -> None:
    browser.open_account()
    page = browser.get("/account").text
    assert 'href="/legal/privacy/1"' in page
    assert 'href="/legal/terms/1"' in page


def test_each_document_shows_its_dates_its_hash_and_which_text_holds(browser: Browser) -> None:
    for kind in ("privacy", "terms", "engineer", "refunds", "rules"):
        english = browser.get(f"/legal/{kind}?in=en").text
        russian = browser.get(f"/legal/{kind}/1?in=ru").text
        assert "authoritative text" in english
        assert "This is a translation" in russian
        assert 'lang="ru"' in russian
        assert "SHA-256" in english
        assert browser.get(f"/legal/{kind}/2").status_code == 404


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
            "Chrome, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) Version/20.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.0", "curl/8.0"),
        (None, "–"),
    ],
)
def test_browsers_are_named_as_people_call_them(user_agent: str | None, name: str) -> None:
    assert browser_name(user_agent) == name
