"""The whole site over a real database, with a studio's week in it, served to a real browser.

What the object store would send (previews) and what the worker measured (outlines) is sent by the browser's own
router: these tests look at pages, other suites prove the bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Response, Route
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from headroom import clock
from headroom.accounts import capabilities, documents, sign_in
from headroom.actors import Actor
from headroom.db import unit
from headroom.operating.legal_figures import figures
from headroom.settings import Settings
from tests.browser.stage import outline, tone
from tests.browser.visits import Visit
from tests.browser.week import week
from tests.mixing.world import ADA, IVO, MARA, people

PEOPLE = {"mara": MARA, "ivo": IVO, "ada": ADA}


@dataclass(frozen=True)
class Filled:
    """A form on a page and what is written into it."""

    page: str
    fields: dict[str, str]


FORMS = {
    "/staff/people": Filled("/staff", {"who": "per_mara", "reason": "Ticket 114: she asked where her receipt is"}),
}


@dataclass(frozen=True)
class House:
    """Where the site answers; ids by what `week` calls them; session tokens by first name."""

    url: str
    orders: dict[str, str]
    tokens: dict[str, str]

    def enter(self, visit: Visit, *, name: str | None, locale: str, theme: str) -> None:
        """Give the visitor the cookies of a person who has chosen a language and a theme."""
        chosen = {"locale": locale, "theme": theme} | ({"sid": self.tokens[name]} if name else {})
        visit.context.clear_cookies()
        visit.context.add_cookies([{"name": key, "value": value, "url": self.url} for key, value in chosen.items()])
        visit.context.route("**/files/*/peaks", _send_outline)
        visit.context.route("**/files/*/preview*", _send_sound)

    def open(self, visit: Visit, address: str) -> Response:
        """Go there; an address that only takes forms is reached through the page its form stands on."""
        page = visit.page
        if address not in FORMS:
            answer = page.goto(self.url + address.format(**self.orders))
        else:
            page.goto(self.url + FORMS[address].page)
            form = page.locator(f"form[action='{address}']")
            for name, value in FORMS[address].fields.items():
                form.locator(f"[name={name}]").fill(value.format(**self.orders))
            with page.expect_navigation() as sent:
                form.locator("button").click()
            answer = sent.value
        assert answer is not None
        return answer


@contextmanager
def open_house(app: Flask, settings: Settings) -> Iterator[House]:
    """Fill the current database with the week and serve the site until the end of the block."""
    with unit(Actor.system("test")) as session:
        documents.publish_all(session, figures=figures(settings), now=clock.now())
        people(session, now=clock.now() - timedelta(days=60))
        capabilities.grant(session, "per_ada", capabilities.STAFF, by=ADA, now=clock.now())
        ids = week(session) | {"proof": _proof(settings)}
        tokens = {name: _sign_in(session, actor) for name, actor in PEOPLE.items()}
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    url = f"http://localhost:{server.server_port}"
    # Forms are taken from the site's own address only, and that is not known before the port is.
    app.extensions["headroom.settings"] = settings.model_copy(update={"base_url": url})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield House(url=url, orders=ids, tokens=tokens)
    finally:
        server.shutdown()
        app.extensions["headroom.settings"] = settings


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """The site's own log says enough."""


def _proof(settings: Settings) -> str:
    """What a one-click sign-in of the rehearsal carries for Mara."""
    token = settings.rehearsal_token.get_secret_value().encode()
    return hmac.new(token, b"sign-in\x00per_mara", hashlib.sha256).hexdigest()


def _sign_in(session: Session, actor: Actor) -> str:
    assert actor.person_id is not None
    return sign_in.sign_in(session, actor.person_id, ip="127.0.0.1", user_agent="tests", now=clock.now())


def _send_outline(route: Route) -> None:
    seed = sum(route.request.url.encode())  # each file looks like itself
    route.fulfill(content_type="application/json", body=json.dumps(outline(seed)))


def _send_sound(route: Route) -> None:
    route.fulfill(content_type="audio/wav", body=tone(0.2, length_s=20))
