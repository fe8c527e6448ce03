"""All routes of the site, and a way to call each without knowing what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints.signed_in import Access, access_of
from headroom import clock
from headroom.accounts import documents, sessions
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.db import unit
from headroom.operating.legal_figures import figures
from headroom.settings import Settings

NUMBERS = {"int": "1"}


@dataclass(frozen=True)
class Route:
    """One method of one rule, with some address that fits it."""

    endpoint: str
    method: str
    path: str
    access: Access

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: Flask) -> Iterator[Route]:
    """Every rule with every method but those Flask adds by itself."""
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        values = dict.fromkeys(rule.arguments, "1")
        if rule.endpoint == "static":
            values |= {"filename": "css/base.css"}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, path, access)


@pytest.fixture
def studio(app: Flask, settings: Settings) -> Flask:
    """The site with its documents posted."""
    with unit(Actor.system("test")) as session:
        documents.publish_all(session, figures=figures(settings), now=clock.now())
    return app


@pytest.fixture
def stranger(studio: Flask) -> FlaskClient:
    return studio.test_client()


@pytest.fixture
def otto(studio: Flask) -> FlaskClient:
    """A browser with Otto signed in: a member without orders or capabilities."""
    now = clock.now()
    with unit(Actor.system("test")) as session:
        person = Person(
            email="otto@studio.test",
            email_verified_at=now,
            display_name="Otto",
            locale="en",
            time_zone="UTC",
            theme="system",
            age_rule="age-16-by-year",
            created_at=now,
        )
        session.add(person)
        session.flush()
        token = sessions.start(session, person.id, ip="127.0.0.1", user_agent="", now=now)
    client = studio.test_client()
    client.set_cookie("sid", token)
    return client
