"""One-click sign-ins and the movable clock: in the rehearsal, with its token, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from headroom import clock, db
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.db import unit
from tests.conftest import PrivateDatabase, make_settings
from wsgi import create_app

TOKEN = "a rehearsal of its own"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def stage(private_database: PrivateDatabase) -> Iterator[Flask]:
    """The site in the rehearsal profile over a private database, with one confirmed person."""
    settings = make_settings(profile="rehearsal", rehearsal_token=TOKEN, database_url=private_database.url)
    app = create_app(settings)
    own = db.current()
    with unit(Actor.system("test")) as session:
        session.add(
            Person(
                email="mara@studio.test",
                email_verified_at=clock.wall_now(),
                display_name="Mara",
                locale="en",
                time_zone="UTC",
                theme="system",
                age_rule="age-16-by-year",
                created_at=clock.wall_now(),
            )
        )
    yield app
    clock.use_offset_from(None)
    own.engine.dispose()


def ask(client: FlaskClient, path: str, body: dict[str, Any], token: str = TOKEN) -> Any:
    return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


def test_a_link_signs_its_person_in_after_one_click(stage: Flask) -> None:
    link = ask(stage.test_client(), "/rehearsal/links", {"email": "mara@studio.test"}).json["url"]
    client = stage.test_client()
    page = client.get(link)
    assert client.get("/account").status_code == 303  # looking at the link is not yet signing in
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    assert client.post(link, data={"csrf_token": token[1]}).location == "/"
    assert client.get("/account").status_code == 200


def test_a_link_is_bound_to_its_person(stage: Flask) -> None:
    client = stage.test_client()
    link = ask(client, "/rehearsal/links", {"email": "mara@studio.test"}).json["url"]
    person, proof = link.rsplit("/", 1)[1].split(".")
    other = person[:-1] + ("a" if person[-1] != "a" else "b")
    assert client.get(f"/rehearsal/sign-in/{other}.{proof}").status_code == 404


@pytest.mark.parametrize("path", ["/rehearsal/links", "/rehearsal/clock", "/rehearsal/capabilities"])
def test_without_the_token_the_doors_stay_shut(stage: Flask, path: str) -> None:
    for token in ("", "another word"):
        assert ask(stage.test_client(), path, {"email": "mara@studio.test"}, token).status_code == 403


def test_the_clock_moves_forward_for_everyone_and_never_back(stage: Flask) -> None:
    client = stage.test_client()
    month = int(timedelta(days=30).total_seconds())
    assert ask(client, "/rehearsal/clock", {"advance_seconds": month}).json["seconds"] == month
    assert clock.now() - clock.wall_now() > timedelta(days=29, hours=23)
    assert ask(client, "/rehearsal/clock", {"advance_seconds": -1}).status_code == 422
    assert client.get("/rehearsal/clock", headers=BEARER).get_json()["seconds"] == month


def test_a_capability_is_granted_for_the_demo_and_no_other_word_is(stage: Flask) -> None:
    client = stage.test_client()
    person = {"email": "mara@studio.test"}
    assert ask(client, "/rehearsal/capabilities", person | {"capability": "staff"}).json["capability"] == "staff"
    assert ask(client, "/rehearsal/capabilities", person | {"capability": "owner"}).status_code == 422


def test_every_page_of_the_rehearsal_says_what_it_is(stage: Flask) -> None:
    assert "Rehearsal" in stage.test_client().get("/").text


def test_other_profiles_have_no_such_doors(app: Flask) -> None:
    assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/rehearsal")]


def test_pages_tell_scripts_the_moved_time(stage: Flask) -> None:
    client = stage.test_client()
    ask(client, "/rehearsal/clock", {"advance_seconds": 30 * 24 * 3600})
    told = re.search(r'data-now="([^"]+)"', client.get("/sign-in").text)
    assert told is not None
    assert datetime.fromisoformat(told[1]) - clock.wall_now() > timedelta(days=29, hours=23)
