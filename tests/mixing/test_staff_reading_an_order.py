"""Staff read an order only with a reason that both of its sides see; nothing on the page leads to its bytes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from headroom import clock
from headroom.accounts import capabilities
from headroom.actors import Actor
from headroom.db import unit
from tests.mixing.conftest import Browser
from tests.mixing.world import ADA, Story

WHY = "Ticket 84: asked to settle it"
BrowserOf = Callable[..., Browser]


@pytest.fixture
def ada(browser_of: BrowserOf) -> Browser:
    with unit(Actor.system("test")) as session:
        capabilities.grant(session, "per_ada", capabilities.STAFF, by=ADA, now=clock.now())
    return browser_of("ada")


def test_the_page_shows_state_history_money_and_names_of_files(ada: Browser, an_order: Callable[[str], Story]) -> None:
    order_id = an_order("delivered").order.id
    page = ada.post("/staff/orders", order=order_id, order_reason=WHY)
    assert page.status_code == 200
    for shown in ("Delivered", "First version delivered", "$200.00", "drums.wav", WHY):
        assert shown in page.text
    main = page.text.split("<main", 1)[1].split("<footer", 1)[0]
    assert "/files/" not in main
    assert "<form" not in main


def test_both_sides_read_who_looked_and_why(
    ada: Browser, browser_of: BrowserOf, an_order: Callable[[str], Story]
) -> None:
    ada.post("/staff/orders", order=an_order("delivered").order.id, order_reason=WHY)
    assert WHY in browser_of("mara").get("/account").text
    assert WHY in browser_of("ivo").get("/account").text
    assert WHY not in browser_of("otto").get("/account").text


def test_a_draft_is_its_clients_alone(ada: Browser, an_order: Callable[[str], Story]) -> None:
    assert ada.post("/staff/orders", order=an_order("draft").order.id, order_reason=WHY).status_code == 404


def test_a_member_finds_no_such_door(browser_of: BrowserOf, an_order: Callable[[str], Story]) -> None:
    order_id = an_order("delivered").order.id
    page = browser_of("otto").post("/staff/orders", order=order_id, order_reason=WHY)
    assert page.status_code == 403
    assert "drums.wav" not in page.text


def test_the_page_in_russian(ada: Browser, an_order: Callable[[str], Story]) -> None:
    ada.client.set_cookie("locale", "ru")
    page = ada.post("/staff/orders", order=an_order("delivered").order.id, order_reason=WHY).text
    assert "Удерживается" in page
    assert "Held" not in page
