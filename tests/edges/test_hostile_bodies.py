"""Bodies made to break parsers: each gets a clear refusal, none a server error."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from blueprints.bodies import UnreadableBody, is_storable, parse_form, parse_json
from blueprints.redirects import is_safe_path, safe_path
from headroom import db
from tests.conftest import PrivateDatabase

HOSTILE_JSON = {
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 40 + b"1" + b"}" * 40,
    "not a number": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "huge float": b'{"a": 1e999}',
    "5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "beyond 64 bits": b'{"a": 9223372036854775808}',
    "duplicate keys": b'{"a": 1, "a": 2}',
    "nul": b'{"a": "\\u0000"}',
    "nul in key": b'{"\\u0000": 1}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "bad utf-8": b'{"a": "\xff"}',
    "utf-8 surrogate": b'{"a": "\xed\xa0\x80"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "too many keys": b"{" + b",".join(b'"%d":1' % n for n in range(2001)) + b"}",
    "two values": b"{} {}",
    "empty": b"",
    "open string": b'{"a": "',
}


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_hostile_json_is_refused_quickly(name: str) -> None:
    began = time.process_time()
    with pytest.raises(UnreadableBody):
        parse_json(HOSTILE_JSON[name])
    assert time.process_time() - began < 0.25


def test_ordinary_json_is_read() -> None:
    text = '{"a": [1, -2.5, true, null, "Пе\\u0441ня 🎚 [{"], "b": {"c": 9223372036854775807}}'
    assert parse_json(text.encode()) == {"a": [1, -2.5, True, None, "Песня 🎚 [{"], "b": {"c": 2**63 - 1}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text().filter(is_storable),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text().filter(is_storable), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_whatever_json_can_say_is_read_as_it_was_meant(value: Any) -> None:
    import json

    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for parse in (parse_json, parse_form):
        try:
            parse(raw)
        except UnreadableBody:
            continue


def test_a_form_is_read_with_its_line_ends_made_one() -> None:
    assert parse_form(b"a=1+2%0D%0A3&b=%D1%8F&a=&c") == {"a": ["1 2\n3", ""], "b": ["я"], "c": [""]}


@pytest.mark.parametrize("raw", [b"a=%00", b"a=%FF", b"a=%ED%A0%80", b"&".join(b"k%d=" % n for n in range(100_000))])
def test_hostile_forms_are_refused(raw: bytes) -> None:
    with pytest.raises(UnreadableBody):
        parse_form(raw)


def send(client: FlaskClient, body: bytes, content_type: str) -> int:
    return client.post("/preferences", data=body, content_type=content_type).status_code


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_the_site_answers_hostile_json_with_400(stranger: FlaskClient, name: str) -> None:
    if name != "empty":
        assert send(stranger, HOSTILE_JSON[name], "application/json") == 400


def test_the_site_answers_a_hundred_thousand_keys_with_a_refusal(stranger: FlaskClient) -> None:
    few = b"&".join(b"k%d=" % n for n in range(30_000))
    assert send(stranger, few, "application/x-www-form-urlencoded") == 400
    many = b"&".join(b"k%d=" % n for n in range(100_000))
    assert send(stranger, many, "application/x-www-form-urlencoded") == 413


def test_a_large_body_is_refused_before_it_is_read(stranger: FlaskClient) -> None:
    answer = stranger.post("/preferences", data={"x": "1"}, environ_overrides={"CONTENT_LENGTH": "10000000"})
    assert answer.status_code == 413
    assert "No money was moved" in answer.text


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/xml", "text/plain", ""])
def test_bodies_of_another_kind_are_refused(stranger: FlaskClient, kind: str) -> None:
    assert send(stranger, b"<x/>", kind) == 415


@pytest.mark.parametrize("query", ["a=%00", "a=%FF", "a=%ED%A0%80", "a=" + "x" * 5000])
def test_hostile_queries_are_refused(stranger: FlaskClient, query: str) -> None:
    assert stranger.get(f"/sign-in?{query}").status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "sid=" + "x" * 43},
        {"Cookie": "sid=%00; note=é; locale=xx; theme=;"},
        {"Cookie": "sid=" + "y" * 4000},
        {"Accept": "garbage;q=9, */"},
        {"Accept-Language": "x" * 5000},
        {"Host": "evil.test"},
        {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Host": "evil.test"},
    ],
)
def test_hostile_headers_change_nothing(stranger: FlaskClient, headers: dict[str, str]) -> None:
    answer = stranger.get("/sign-in", headers=headers)
    assert answer.status_code == 200
    assert "evil.test" not in answer.text


UNSAFE_PATHS = [
    "//evil.test", "/\\evil.test", "/\t/evil.test", "/\n/evil.test", "https://evil.test", "evil.test", "",
    "javascript:alert(1)", "/\x00", "\\/evil.test", "/ /evil.test", "/a\u2028b", "http:evil", "/" + "x" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("target", UNSAFE_PATHS)
def test_no_one_is_sent_elsewhere(target: str) -> None:
    assert not is_safe_path(target)
    assert safe_path(target, otherwise="/home") == "/home"


@pytest.mark.parametrize("target", ["/", "/orders/ord_1?tab=files", "/legal/terms#x", "/a?next=//b"])
def test_own_paths_are_kept(target: str) -> None:
    assert safe_path(target, otherwise="/home") == target


def test_an_exhausted_pool_answers_503_with_the_time_to_wait(
    stranger: FlaskClient, private_database: PrivateDatabase
) -> None:
    small = db.Database(private_database.url, pool_size=1)
    db.use(small)
    with small.engine.connect():
        page = stranger.get("/sign-up")
        nowhere = stranger.get("/nowhere")
    small.engine.dispose()
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert "No money was moved" in page.text
    assert nowhere.status_code == 404


def test_a_stopped_database_answers_503_to_people_with_sessions_too(otto: FlaskClient) -> None:
    gone = db.Database("postgresql://127.0.0.1:1/none", pool_size=1)
    db.use(gone)
    assert otto.get("/account").status_code == 503
    assert otto.get("/nowhere").status_code == 404
    assert otto.get("/healthz").status_code == 200
    assert otto.get("/readyz").status_code == 503
    gone.engine.dispose()


def test_an_unexpected_error_says_what_is_known_of_the_money_and_gives_a_reference(
    stranger: FlaskClient, studio: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(**_arguments: object) -> str:
        raise RuntimeError("sk_live_secret of mara@studio.test")

    monkeypatch.setattr(studio, "testing", False)
    monkeypatch.setitem(studio.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(studio.view_functions, "site.home", break_down)
    answer = stranger.get("/")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "No money was moved" in answer.text
    assert "sk_live" not in answer.text
