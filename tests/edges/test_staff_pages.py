"""Staff see numbers freely and people only with a reason, which is recorded before anything is shown."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from headroom import clock
from headroom.accounts import capabilities, people
from headroom.actors import Actor
from headroom.audit import Action
from headroom.audit.models import AuditEntry
from headroom.db import reading, unit


@pytest.fixture
def ada(otto: FlaskClient) -> FlaskClient:
    """Otto's browser, with Otto made staff."""
    with unit(Actor.system("test")) as session:
        person = people.find_confirmed(session, "otto@studio.test")
        assert person is not None
        capabilities.grant(session, person.id, capabilities.STAFF, by=Actor.system("test"), now=clock.now())
    return otto


def look_up(client: FlaskClient, reason: str, who: str = "otto@studio.test") -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/staff").text)
    assert token is not None
    answer = client.post("/staff/people", data={"csrf_token": token[1], "who": who, "reason": reason})
    return answer.status_code, answer.text


def looks() -> list[AuditEntry]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == Action.STAFF_READ.value)))


def test_a_look_without_a_reason_shows_nothing(ada: FlaskClient) -> None:
    status, text = look_up(ada, "because")
    assert status == 422
    assert "Account since" not in text
    assert looks() == []


def test_a_look_with_a_reason_is_recorded_about_the_person(ada: FlaskClient) -> None:
    status, text = look_up(ada, "Ticket 81: the receipt did not come")
    assert status == 200
    assert "otto@studio.test" in text
    (entry,) = looks()
    assert entry.reason == "Ticket 81: the receipt did not come"
    assert entry.subject_id == entry.object_ref


def test_the_person_reads_why_their_data_was_looked_at(ada: FlaskClient) -> None:
    assert "No staff member has looked at it." in ada.get("/account").text
    look_up(ada, "Ticket 81: the receipt did not come")
    assert "Ticket 81: the receipt did not come" in ada.get("/account").text


def test_the_overview_holds_no_names_and_no_addresses(ada: FlaskClient) -> None:
    main = ada.get("/staff").text.split("<main", 1)[1].split("<footer", 1)[0]
    assert "otto@studio.test" not in main
    assert "Otto" not in main


def test_nobody_is_found_politely(ada: FlaskClient) -> None:
    assert look_up(ada, "Ticket 82: who is this", "nobody@studio.test")[0] == 404
    assert looks() == []


def test_the_page_in_russian_has_no_english_left(studio: Flask, ada: FlaskClient) -> None:
    ada.set_cookie("locale", "ru")
    assert "Открытых тревог нет" in ada.get("/staff").text


def test_no_order_is_read_without_a_reason(ada: FlaskClient) -> None:
    assert read_order(ada, "ord_nothing", "because")[0] == 422
    assert read_order(ada, "ord_nothing", "Ticket 83: a disputed order")[0] == 404
    assert looks() == []


def read_order(client: FlaskClient, order_id: str, reason: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/staff").text)
    assert token is not None
    answer = client.post("/staff/orders", data={"csrf_token": token[1], "order": order_id, "order_reason": reason})
    return answer.status_code, answer.text
