"""A site with its legal documents posted, and a browser that fills in forms as a person would."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from headroom import clock
from headroom.accounts import documents, passwords
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.mailing.models import OutgoingMail
from headroom.operating.legal_figures import figures
from headroom.settings import Settings

PASSWORD = "quiet rooms sound best"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class Browser:
    """A client that sends back the hidden fields of the form it was shown."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers, **more)

    def post(self, path: str, form_of: str, /, **values: str) -> TestResponse:
        """Open `form_of`, keep its hidden fields, and post with `values` to `path`."""
        return self.client.post(path, data=self.hidden_of(form_of) | values, headers=self.headers)

    def hidden_of(self, path: str) -> dict[str, str]:
        page = self.client.get(path, headers=self.headers).text
        main = page.split("<main", 1)[1].split("<footer", 1)[0]
        return {name: html.unescape(value) for name, value in _HIDDEN.findall(main)}

    def csrf(self, path: str = "/sign-in") -> str:
        return self.hidden_of(path)["csrf_token"]

    def sign_up(self, **changes: str) -> TestResponse:
        values = {
            "display_name": "Mara Lind",
            "email": "mara@studio.test",
            "password": PASSWORD,
            "birth_year": "1990",
            "accept_privacy": "yes",
            "accept_terms": "yes",
        }
        sent = {name: value for name, value in (values | changes).items() if value != "LEFT OUT"}
        return self.post("/sign-up", "/sign-up", **sent)

    def open_account(self, **changes: str) -> TestResponse:
        """Sign up and follow the mailed link."""
        self.sign_up(**changes)
        path = mailed_links()[-1]
        return self.post(path, path)

    def sign_in(self, email: str = "mara@studio.test", password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", "/sign-in", email=email, password=password)


def mailed() -> list[OutgoingMail]:
    with reading() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.queued_at)))


def mailed_links() -> list[str]:
    """The paths of all confirmation links, oldest first."""
    letters = [m for m in mailed() if m.template == "accounts/confirm_address"]
    return [str((m.values or {})["link"]).split("8600", 1)[1] for m in letters]


def post_documents(session: Session, settings: Settings) -> None:
    documents.publish_all(session, figures=figures(settings), now=clock.now())


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost 4 instead of 12: these tests are about people, not about how slow a hash is."""
    slow = passwords.make_record
    monkeypatch.setattr(passwords, "make_record", lambda text, ring, cost=4: slow(text, ring, cost=4))
    monkeypatch.setattr(passwords, "is_outdated", lambda record, ring, cost=4: False)


@pytest.fixture
def studio(app: Flask, settings: Settings) -> Flask:
    """The site with its documents posted."""
    with unit(Actor.system("test")) as session:
        post_documents(session, settings)
    return app


@pytest.fixture
def browser(studio: Flask) -> Browser:
    return Browser(studio.test_client())


@pytest.fixture
def other_browser(studio: Flask) -> Browser:
    return Browser(studio.test_client())
