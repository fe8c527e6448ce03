"""The whole site over a real database, with a studio's week in it, served to a real browser.

What the object store would send (previews) and what the worker measured (outlines) is sent by the browser's own
router: these tests look at pages, other suites prove the bytes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from playwright.sync_api import Route
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from headroom import clock
from headroom.accounts import capabilities, documents, sign_in
from headroom.actors import Actor
from headroom.db import unit
from headroom.mixing import orders, talk
from headroom.operating.legal_figures import figures
from headroom.settings import Settings
from tests.browser.stage import outline, tone
from tests.browser.visits import Visit
from tests.mixing.world import ADA, IVO, MARA, Story, people

SONGS = [
    ("Kitchen Radio", "Mara Lind"),
    ("Salt", "Mara Lind"),
    ("Half a Mile", "The Lamps"),
    ("Paper Boats", "The Lamps"),
    ("Low Tide", "Mara Lind"),
    ("Tin Roof", "The Lamps"),
    ("North Window", "Mara Lind"),
    ("Night Bus", "The Lamps"),
    ("First Frost", "Mara Lind"),
]
PEOPLE = {"mara": MARA, "ivo": IVO, "ada": ADA}


@dataclass(frozen=True)
class House:
    """Where the site answers; order ids by the state they stand in; session tokens by first name."""

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


@contextmanager
def open_house(app: Flask, settings: Settings) -> Iterator[House]:
    """Fill the current database with the week and serve the site until the end of the block."""
    with unit(Actor.system("test")) as session:
        documents.publish_all(session, figures=figures(settings), now=clock.now())
        people(session, now=clock.now() - timedelta(days=60))
        capabilities.grant(session, "per_ada", capabilities.STAFF, by=ADA, now=clock.now())
        ids = _week(session)
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


def _sign_in(session: Session, actor: Actor) -> str:
    assert actor.person_id is not None
    return sign_in.sign_in(session, actor.person_id, ip="127.0.0.1", user_agent="tests", now=clock.now())


def _week(session: Session) -> dict[str, str]:
    """One order of Mara's with Ivo in each state of the main path."""
    now = clock.now() - timedelta(days=2)
    told = {
        "draft": Story(session, now).draft(),
        "quoting": Story(session, now).quoting(),
        "offered": Story(session, now).offered(),
        "awaiting_payment": Story(session, now).accepted(),
        "awaiting_files": Story(session, now).paid(),
        "intake": Story(session, now).submitted(),
        "in_progress": Story(session, now).working(),
        "delivered": _talked_about(Story(session, now).working()),
        "approved": Story(session, now).delivered(),
    }
    orders.approve(session, told["approved"].order, by=MARA, now=now)
    for story, song in zip(told.values(), SONGS, strict=True):
        story.order.title, story.order.artist = song
    return {state: story.order.id for state, story in told.items()}


def _talked_about(story: Story) -> Story:
    """Two versions, a point, a range, an answer and a message."""
    session, order, now = story.session, story.order, story.now
    first = story.deliver()
    point = talk.comment(
        session, order, first.id, "The snare could be a touch lower.",
        start_ms=12_300, end_ms=None, is_question=False, by=MARA, now=now,
    )  # fmt: skip
    talk.comment(
        session, order, first.id, "Keep this reverb tail.",
        start_ms=40_000, end_ms=55_000, is_question=False, by=MARA, now=now,
    )  # fmt: skip
    talk.reply(session, order, point.id, "One decibel down in the next one.", by=IVO, now=now)
    talk.write(session, order, "Listening tonight on the monitors.", by=MARA, now=now)
    orders.request_revision(
        session, order, wishes="The snare; the rest is right.", comment_ids=[point.id], is_defect=False,
        by=MARA, now=now,
    )  # fmt: skip
    story.later(timedelta(hours=9)).deliver()
    return story


def _send_outline(route: Route) -> None:
    seed = sum(route.request.url.encode())  # each file looks like itself
    route.fulfill(content_type="application/json", body=json.dumps(outline(seed)))


def _send_sound(route: Route) -> None:
    route.fulfill(content_type="audio/wav", body=tone(0.2, length_s=20))
