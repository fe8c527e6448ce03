"""Requests from elsewhere, and forms with fields of their own."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_for(client: FlaskClient) -> str:
    found = TOKEN.search(client.get("/sign-in").text)
    assert found is not None
    return found[1]


def choose_theme(client: FlaskClient, token: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/preferences", data={"csrf_token": token, "theme": "dark"}, headers=named)


def test_a_form_of_ours_is_taken(stranger: FlaskClient) -> None:
    answer = choose_theme(stranger, token_for(stranger), Origin="http://localhost:8600", Sec_Fetch_Site="same-origin")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8601"},
    ],
)
def test_a_form_from_elsewhere_is_refused(stranger: FlaskClient, headers: dict[str, str]) -> None:
    assert choose_theme(stranger, token_for(stranger), **headers).status_code == 403


def test_another_browsers_token_is_refused(studio: Flask) -> None:
    one, other = studio.test_client(), studio.test_client()
    token = token_for(one)
    token_for(other)
    assert choose_theme(other, token).status_code == 403


def test_a_damaged_token_is_refused(stranger: FlaskClient) -> None:
    token = token_for(stranger)
    for damaged in ("", "x", token[:-2], ("A" if token[0] != "A" else "B") + token[1:], "\u00e9" * 86):
        assert choose_theme(stranger, damaged).status_code == 403


def test_two_tokens_of_one_browser_differ_and_both_work(stranger: FlaskClient) -> None:
    first, second = token_for(stranger), token_for(stranger)
    assert first != second
    assert [choose_theme(stranger, token).status_code for token in (first, second)] == [303, 303]


def test_a_field_that_no_form_has_is_refused(stranger: FlaskClient) -> None:
    form = {"csrf_token": token_for(stranger), "theme": "dark", "person_id": "per_x", "capability": "staff"}
    assert stranger.post("/preferences", data=form).status_code == 400


def test_a_field_given_twice_is_refused(stranger: FlaskClient) -> None:
    form = {"csrf_token": token_for(stranger), "theme": ["dark", "light"]}
    assert stranger.post("/preferences", data=form).status_code == 422


def test_the_way_back_stays_on_this_site(stranger: FlaskClient) -> None:
    hostile = ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "\\\\evil.test", "javascript:x"]
    for target in hostile:
        form = {"csrf_token": token_for(stranger), "theme": "dark", "next": target}
        assert stranger.post("/preferences", data=form).location == "/", target


def test_a_preference_is_remembered_by_the_browser(stranger: FlaskClient) -> None:
    form = {"csrf_token": token_for(stranger), "locale": "ru", "theme": "light", "next": "/legal/terms"}
    assert stranger.post("/preferences", data=form).location == "/legal/terms"
    page = stranger.get("/").text
    assert '<html lang="ru" data-theme="light">' in page


def test_the_browsers_language_is_used_until_one_is_chosen(stranger: FlaskClient) -> None:
    assert '<html lang="ru"' in stranger.get("/", headers={"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}).text
    assert '<html lang="en"' in stranger.get("/", headers={"Accept-Language": "de"}).text


def test_a_forged_message_cookie_shows_nothing(stranger: FlaskClient) -> None:
    stranger.set_cookie("note", "W1siZ29vZCIsICJldmlsIl1d." + "0" * 64)
    assert "evil" not in stranger.get("/sign-in").text


def test_a_remember_cookie_of_another_program_changes_nothing(stranger: FlaskClient) -> None:
    stranger.set_cookie("remember_token", "1|" + "0" * 128)
    assert stranger.get("/account").status_code == 303


def test_a_form_that_creates_needs_its_number(stranger: FlaskClient) -> None:
    answer = stranger.post("/sign-up", data={"csrf_token": token_for(stranger), "email": "a@b.test"})
    assert answer.status_code == 422
    assert "hidden number" in answer.text


@pytest.mark.parametrize("number", ["short", "x" * 81, "with space in it", "žluťoučký kůň"])
def test_a_number_of_another_shape_is_refused(stranger: FlaskClient, number: str) -> None:
    form = {"csrf_token": token_for(stranger), "request_key": number}
    assert "hidden number" in stranger.post("/sign-up", data=form).text
