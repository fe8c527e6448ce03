"""Pages that change by themselves say so: they are asked for again until a checked file can be heard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, update

from blueprints.mixing.words import finding_words
from headroom import clock
from headroom.actors import Actor
from headroom.db import unit
from headroom.files.models import FilePreview, StoredFile
from headroom.mixing.pages import PREVIEW_WITHIN
from headroom.mixing.quality import Code, Finding, Severity
from tests.mixing.conftest import Browser
from tests.mixing.world import Story

BrowserOf = Callable[..., Browser]
AnOrder = Callable[[str], Story]
WAITS = 'id="{section}" aria-labelledby="{section}-title" data-poll'


@pytest.mark.parametrize(("reader", "section"), [("mara", "files"), ("ivo", "files"), ("mara", "versions")])
def test_a_page_waits_for_the_preview_of_a_checked_file(
    browser_of: BrowserOf, an_order: AnOrder, reader: str, section: str
) -> None:
    order_id = an_order("delivered").order.id
    browser = browser_of(reader)
    before = browser.get(f"/orders/{order_id}").text
    with unit(Actor.system("test")) as session:
        session.execute(delete(FilePreview))
    after = browser.get(f"/orders/{order_id}").text
    assert [WAITS.format(section=section) in page for page in (before, after)] == [False, True]


def test_a_preview_that_never_came_is_not_waited_for(browser_of: BrowserOf, an_order: AnOrder) -> None:
    order_id = an_order("delivered").order.id
    with unit(Actor.system("test")) as session:
        session.execute(delete(FilePreview))
        session.execute(update(StoredFile).values(state_at=clock.now() - PREVIEW_WITHIN - timedelta(seconds=1)))
    assert "data-poll" not in browser_of("mara").get(f"/orders/{order_id}").text


@pytest.mark.parametrize(
    ("value", "unit_", "said"),
    [(-20, "ms", "\u221220\u00a0ms"), (2_400, "ms", "2.4\u00a0s"), (-100_200, "ms", "\u22121:40"), (61.2, "s", "1:01")],
)
def test_a_length_is_said_in_the_unit_people_count_in(studio: Flask, value: float, unit_: str, said: str) -> None:
    finding = Finding(Code.LENGTH_DIFFERS, Severity.ADVICE, value, unit_)
    with studio.test_request_context():
        assert finding_words(finding).startswith(f"Length differs by {said}.")
