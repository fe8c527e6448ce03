"""The studio over its site: people with open sessions, orders at any point of their life, browsers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from headroom import clock
from headroom.accounts import documents, sessions
from headroom.actors import Actor
from headroom.db import unit
from headroom.operating.legal_figures import figures
from headroom.settings import Settings
from tests.mixing.world import Story, people

_HIDDEN = re.compile(r'<input type="hidden" name="csrf_token" value="([^"]*)"')


@dataclass
class Browser:
    """One person's browser without JavaScript."""

    client: FlaskClient
    locale: str = "en"
    keys: int = 0

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **values: str | list[str]) -> TestResponse:
        """Post a form with the visitor's own token and a fresh request key."""
        self.keys += 1
        hidden = {"csrf_token": self.token(), "request_key": f"a-fresh-key-{self.keys}"}
        return self.client.post(path, data={**hidden, **values})

    def post_json(self, path: str, body: dict[str, object]) -> TestResponse:
        return self.client.post(path, json=body, headers={"X-CSRF-Token": self.token()})

    def token(self) -> str:
        found = _HIDDEN.search(self.client.get("/orders").text)
        assert found is not None
        return found.group(1)


@pytest.fixture
def studio(app: Flask, settings: Settings) -> Flask:
    """The site with its people and legal texts."""
    with unit(Actor.system("test")) as session:
        now = clock.now()
        people(session, now=now)
        documents.publish_all(session, figures=figures(settings), now=now)
    return app


@pytest.fixture
def browser_of(studio: Flask) -> Callable[[str], Browser]:
    """A signed-in browser for one of the people, by first name."""

    def opened(name: str, *, locale: str = "en") -> Browser:
        with unit(Actor.system("test")) as session:
            token = sessions.start(session, f"per_{name}", ip=None, user_agent="tests", now=clock.now())
        client = studio.test_client()
        client.set_cookie("sid", token)
        client.set_cookie("locale", locale)
        return Browser(client, locale)

    return opened


@pytest.fixture
def an_order(studio: Flask) -> Callable[[str], Story]:
    """An order brought to a step of its life, committed."""

    def brought(step: str) -> Story:
        with unit(Actor.system("test")) as session:
            story = Story(session, now=clock.now())
            getattr(story, step)()
        return story

    return brought
