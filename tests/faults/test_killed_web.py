"""kill -9 of the web process around each commit of a request that creates: the repeat gets the one result.

Every case sends one request to a server that kills itself at a named place, sees no answer, and sends the same
request with the same key to a healthy one, as a browser does when its page is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from headroom import clock
from headroom.db import unit
from headroom.mixing.access import FileRole
from headroom.mixing.models import Order
from headroom.mixing.states import State
from tests.faults.house import TEST, Answer, House, NoAnswer, Site, cut_off, new_key, until_answered, version_of
from tests.mixing.world import Story

BEFORE, AFTER = "unit.before_commit", "unit.committed"
SHORT = ("brief", "approval")


@dataclass
class Click:
    """One request that creates, to be sent twice; `made` counts what it created."""

    send: Callable[[Site], Answer]
    made: Callable[[], int]
    moved: Callable[[], str] = field(default=lambda: "")
    ends_at: str = ""  # the path of the answer


def form(house: House, name: str, path: str, **values: Any) -> Callable[[Site], Answer]:
    person, key = house.person(name), new_key()
    person.fresh_token()
    return lambda site: person.post(path, key=key, at=site, **values)


def counted(house: House, statement: str, **values: Any) -> Callable[[], int]:
    """How many rows there are more than now."""
    before = int(house.scalar(statement, **values))
    return lambda: int(house.scalar(statement, **values)) - before


def state_of(house: House, order_id: str) -> Callable[[], str]:
    return lambda: str(house.scalar("SELECT state FROM mix_order WHERE id = :id", id=order_id))


def brief(house: House) -> Click:
    values = {"title": "Night Bus", "artist": "The Lamps", "brief": "Keep the vocal close."}
    return Click(
        form(house, "mara", "/engineers/ivo/request", **values),
        counted(house, "SELECT count(*) FROM mix_order"),
        ends_at="/orders/",
    )


def event(house: House, order_id: str, name: str) -> Callable[[], int]:
    return counted(house, "SELECT count(*) FROM order_event WHERE order_id = :id AND event = :e", id=order_id, e=name)


def quote_request(house: House) -> Click:
    order_id = house.order("draft")
    path = f"/orders/{order_id}/quote-request"
    send = form(house, "mara", path, version=version_of(house, order_id))
    return Click(send, event(house, order_id, "request_quote"), state_of(house, order_id), f"/orders/{order_id}")


def message(house: House) -> Click:
    order_id = house.order("quoting")
    send = form(house, "mara", f"/orders/{order_id}/messages", message="Is Friday possible?")
    made = counted(house, "SELECT count(*) FROM order_message WHERE order_id = :id", id=order_id)
    return Click(send, made, state_of(house, order_id), f"/orders/{order_id}")


def delivery(house: House) -> Click:
    order_id = house.order("working")
    with unit(TEST) as session:
        story = Story(session, now=clock.now(), files=90)
        story.order = session.get_one(Order, order_id)
        story.add_file(FileRole.DELIVERY, "mix.wav")
    send = form(
        house, "ivo", f"/orders/{order_id}/delivery", version=version_of(house, order_id), delivery_note="Here."
    )
    made = counted(house, "SELECT count(*) FROM order_delivery WHERE order_id = :id", id=order_id)
    return Click(send, made, state_of(house, order_id), f"/orders/{order_id}")


def approval(house: House) -> Click:
    order_id = house.order("delivered")
    send = form(house, "mara", f"/orders/{order_id}/approval", version=version_of(house, order_id))
    return Click(send, event(house, order_id, "approve"), state_of(house, order_id), f"/orders/{order_id}")


CLICKS: dict[str, tuple[Callable[[House], Click], str]] = {
    "brief": (brief, ""),
    "quote request": (quote_request, State.QUOTING),
    "message": (message, State.QUOTING),
    "delivery": (delivery, State.DELIVERED),
    "approval": (approval, State.APPROVED),
}


# Every server that dies costs a start; where nothing is written yet, two kinds of click speak for all.
CASES = [
    pytest.param(name, place, marks=[pytest.mark.slow] if place == BEFORE and name not in SHORT else [])
    for name in CLICKS
    for place in (BEFORE, AFTER)
]


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_click_whose_server_died_is_done_once_when_it_is_repeated(house: House, name: str, place: str) -> None:
    prepare, state = CLICKS[name]
    click = prepare(house)
    cut_off(house, place, click.send)
    assert click.made() == (place == AFTER)
    again = click.send(house.site)
    assert (again.status, click.made(), click.moved()) == (303, 1, state)
    assert again.location.startswith(click.ends_at)


def test_a_dead_server_is_started_again_and_answers_the_repeat_itself(house: House) -> None:
    click = message(house)
    with house.web(faults="unit.committed@1:kill", respawn=True) as site:
        with pytest.raises(NoAnswer):
            click.send(site)
        again = until_answered(lambda: click.send(site))
    assert (again.status, click.made()) == (303, 1)
