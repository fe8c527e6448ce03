"""What people are told, in both languages, in the app and by mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from blueprints.mixing.news import HEADLINES, TODOS
from headroom import clock
from headroom.actors import Actor
from headroom.db import unit
from headroom.mailing.models import OutgoingMail
from headroom.mailing.sending import Letter
from headroom.mixing.deadlines import DELAYS, Facts, Review, reminders
from headroom.mixing.states import Event, Role, State
from headroom.mixing.told import DELIVERIES, NEWS
from tests.mixing.conftest import Browser
from tests.mixing.world import NOON, Story
from worker.mailing import render

CODES = {code.partition(":")[0] for code in HEADLINES}


def test_every_piece_of_news_has_words() -> None:
    wanted = {event.value for event in NEWS} | {event.value for event in DELIVERIES}
    assert wanted - CODES == set()


def test_every_reminder_has_words() -> None:
    keys = {
        f"remind_{one.key}"
        for state in State
        for one in reminders(
            Facts(
                state, NOON, due_at=NOON + DELAYS["clearing"], awaiting_statement_of=Role.CLIENT,
                review=Review(NOON, deadline_at=NOON + DELAYS["auto_approve"]),
            )
        )
    }  # fmt: skip
    assert len(keys) == 14
    assert keys - CODES == set()


def test_two_sided_news_has_words_for_both() -> None:
    halves = {code for code in HEADLINES if ":" in code} | {code for code in TODOS if ":" in code}
    for code in {half.partition(":")[0] for half in halves & HEADLINES.keys()}:
        readers = NEWS[Event(code)].notice
        assert all(f"{code}:{reader.value}" in HEADLINES for reader in readers)


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_every_mail_of_an_order_can_be_rendered(studio: Flask, an_order: Callable[[str], Story], locale: str) -> None:
    an_order("delivered")
    with unit(Actor.system("test")) as session:
        mails = session.scalars(select(OutgoingMail).where(OutgoingMail.template == "mixing/news")).all()
    assert len(mails) >= 6
    for mail in mails:
        values = {**(mail.values or {}), "reason": "A line\nand <b>another</b>"}
        letter = Letter(mail.id, "mara@example.test", mail.template, values, locale, clock.now())
        message = render(studio, letter, sender="Headroom <studio@example.test>")
        html = message.get_body(("html",))
        assert html is not None
        assert "Night Bus" in message["Subject"]
        assert "<b>another</b>" not in html.get_content()
        assert "%(" not in message.as_string()


def test_notices_are_sentences_in_the_readers_language(
    browser_of: Callable[..., Browser], an_order: Callable[[str], Story]
) -> None:
    an_order("delivered")
    assert "The first version of “Night Bus” is ready to hear" in browser_of("mara").get("/notices").text
    assert "Первую версию «Night Bus» можно слушать" in browser_of("mara", locale="ru").get("/notices").text


def test_the_delivery_mail_says_the_price_and_the_way(an_order: Callable[[str], Story], studio: Flask) -> None:
    story = an_order("delivered")
    with unit(Actor.system("test")) as session:
        mail = session.scalars(select(OutgoingMail).where(OutgoingMail.values["code"].astext == "deliver_first")).one()
    letter = Letter(mail.id, "mara@example.test", mail.template, mail.values or {}, "en", clock.now())
    body = render(studio, letter, sender="Headroom <studio@example.test>").get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "$200.00" in text
    assert f"/orders/{story.order.id}" in text
