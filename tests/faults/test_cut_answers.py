"""A line that breaks after the commit and before the answer, for every route that creates: the repeat is safe."""

from __future__ import annotations

import contextlib
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import make_settings
from tests.faults.house import Answer, House, NoAnswer, Site, new_key
from tests.faults.recipes import RECIPES, WITHOUT_KEY
from wsgi import create_app

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def routes() -> dict[str, Callable[..., object]]:
    """Every endpoint with an unsafe method, from the URL map."""
    app: Flask = create_app(make_settings(database_url="postgresql://127.0.0.1:1/none"))
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if (rule.methods or set()) & UNSAFE}
    return {endpoint: app.view_functions[endpoint] for endpoint in endpoints}


@pytest.fixture
def scissors(house: House) -> Iterator[Site]:
    """A proxy before the healthy server that passes requests on and cuts the line when the answer begins."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
        threading.Thread(target=cut_lines, args=(listening, house.site.port), daemon=True).start()
        yield replace(house.site, port=port)


def cut_lines(listening: socket.socket, target: int) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", target)) as server:
            threading.Thread(target=pass_on, args=(client, server), daemon=True).start()
            server.recv(1)  # the act is committed: its answer has begun
            client.shutdown(socket.SHUT_RDWR)


def pass_on(client: socket.socket, server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while block := client.recv(65536):
            server.sendall(block)


def wears_once(view: Callable[..., object]) -> bool:
    return "once" in inspect.signature(inspect.unwrap(view)).parameters


def test_every_unsafe_route_has_a_key_or_a_reason_why_it_needs_none(routes: dict[str, Callable[..., object]]) -> None:
    keyed = {endpoint for endpoint, view in routes.items() if wears_once(view)}
    assert keyed == set(RECIPES)
    assert set(routes) - keyed == set(WITHOUT_KEY)


@pytest.mark.parametrize("endpoint", RECIPES)
def test_an_answer_that_was_cut_off_is_given_again(house: House, scissors: Site, endpoint: str) -> None:
    ask = RECIPES[endpoint](house)
    ask.person.fresh_token()
    key, before = new_key(), house.counts()

    def send(site: Site) -> Answer:
        return ask.person.post(ask.path, key=key, at=site, **ask.values)

    with pytest.raises(NoAnswer):
        send(scissors)
    done = house.counts()
    again = send(house.site)
    assert again.status == 303, again.text
    assert done["request_record"] == before["request_record"] + 1
    assert house.counts() == done


def test_an_upload_announced_again_after_a_cut_is_the_same(house: House, scissors: Site) -> None:
    mara, order_id = house.person("mara"), house.order("paid")
    mara.fresh_token()
    asked = {"role": "stem", "name": "bass.wav", "size": 1000, "fingerprint": "the print of bass"}
    with pytest.raises(NoAnswer):
        mara.post_json(f"/orders/{order_id}/uploads", asked, at=scissors)
    done = house.counts()
    assert mara.post_json(f"/orders/{order_id}/uploads", asked).status == 201
    assert house.counts() == done
