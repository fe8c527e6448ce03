"""The start page and the notices: what waits, in the reader's words, and the count in the frame."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from headroom import clock, notices
from headroom.accounts import people
from headroom.actors import Actor
from headroom.db import reading, unit


def tell_otto(title: str, link: str = "/orders/ord_x") -> None:
    with reading() as session:
        otto = people.find_confirmed(session, "otto@studio.test")
    assert otto is not None
    with unit(Actor.system("test")) as session:
        notices.post(
            session, person_id=otto.id, kind="rest.unknown", values={"title": title}, link=link, now=clock.now()
        )


def test_a_stranger_is_told_what_the_site_is(stranger: FlaskClient) -> None:
    page = stranger.get("/").text
    assert "mixed by someone who listens" in page
    assert 'href="/sign-up"' in page


def test_somebody_without_orders_is_shown_the_next_step(otto: FlaskClient) -> None:
    page = otto.get("/").text
    assert "Nothing waits for you" in page
    assert 'href="/engineers"' in page


def test_news_stand_on_the_start_page_and_are_counted_until_seen(otto: FlaskClient) -> None:
    tell_otto("Night <Drive>")
    page = otto.get("/").text
    assert "Night &lt;Drive&gt;" in page
    assert "1 new notice" in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    otto.post("/notices/seen", data={"csrf_token": token[1]})
    assert "1 new notice" not in otto.get("/notices").text


def test_a_signed_in_page_reads_the_session_in_one_statement(otto: FlaskClient, studio: Flask) -> None:
    from sqlalchemy import event

    from headroom import db

    asked: list[str] = []
    otto.get("/notices")

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = db.current().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        otto.get("/notices")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 2  # the session with its person, capabilities and count; the notices


def test_only_the_cookies_that_the_privacy_policy_names_are_set(otto: FlaskClient) -> None:
    policy = otto.get("/legal/privacy?in=en").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', otto.get("/").text)
    assert token is not None
    otto.post("/preferences", data={"csrf_token": token[1], "theme": "dark", "locale": "en"})
    otto.post("/account", data={"csrf_token": token[1], "display_name": "Otto", "time_zone": "UTC"})
    names = {cookie.key for cookie in (otto._cookies or {}).values()}
    assert names == {"sid", "theme", "locale", "note"}
    assert {name for name in names if f"<code>{name}</code>" not in policy} == set()
