"""Either side may keep an order's files thirty days longer, once for both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.files import retention
from headroom.files.models import StoredFile
from headroom.mixing.settlement import scope_of
from tests.mixing.conftest import Browser
from tests.mixing.world import Story

AnOrder = Callable[[str], Story]
BrowserOf = Callable[..., Browser]


@pytest.fixture
def order_id(an_order: AnOrder) -> str:
    """An order whose stems go in a month."""
    story = an_order("delivered")
    with unit(Actor.system("test")) as session:
        retention.schedule(
            session, scope=scope_of(story.order.id), purposes=["stem"],
            purge_at=story.now + timedelta(days=30), reason="order_ended", now=story.now,
        )  # fmt: skip
    return story.order.id


def next_date(order_id: str) -> object:
    with reading() as session:
        return session.scalar(select(func.min(StoredFile.purge_at)).where(StoredFile.scope_id == order_id))


@pytest.mark.parametrize(("who", "other"), [("mara", "ivo"), ("ivo", "mara")])
def test_one_side_puts_the_date_off_and_the_other_hears_of_it(
    browser_of: BrowserOf, order_id: str, who: str, other: str
) -> None:
    before = next_date(order_id)
    page = browser_of(who).get(f"/orders/{order_id}/deletions").text
    assert "Keep 30 days longer, once" in page
    answer = browser_of(who).post(f"/orders/{order_id}/longer-keeping")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/orders/{order_id}/deletions")
    assert next_date(order_id) == before + timedelta(days=30)  # type: ignore[operator]
    assert "30 days longer" in browser_of(other).get("/notices").text
    assert "Files kept 30 days longer" in browser_of(other).get(f"/orders/{order_id}").text


def test_it_is_done_once_for_both(browser_of: BrowserOf, order_id: str) -> None:
    browser_of("mara").post(f"/orders/{order_id}/longer-keeping")
    after = next_date(order_id)
    ivo = browser_of("ivo")
    page = ivo.get(f"/orders/{order_id}/deletions").text
    assert "put off once already" in page
    assert "longer-keeping" not in page
    assert ivo.post(f"/orders/{order_id}/longer-keeping").status_code == 409
    assert next_date(order_id) == after


def test_a_stranger_puts_nothing_off(browser_of: BrowserOf, order_id: str) -> None:
    before = next_date(order_id)
    assert browser_of("otto").post(f"/orders/{order_id}/longer-keeping").status_code == 404
    assert next_date(order_id) == before


def test_the_door_in_russian(browser_of: BrowserOf, order_id: str) -> None:
    page = browser_of("mara", locale="ru").get(f"/orders/{order_id}/deletions").text
    assert "Хранить на 30 дней дольше, один раз" in page
