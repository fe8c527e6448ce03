"""What holds for every route there is, found by walking the URL map."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blueprints.headers import fixed_headers
from blueprints.signed_in import Kind, UndeclaredRoute, refuse_undeclared, signed_in
from headroom.settings import Settings
from tests.edges.conftest import routes_of

SAFE = {"GET"}


def test_every_answer_carries_every_header(stranger: FlaskClient, studio: Flask, settings: Settings) -> None:
    wanted = fixed_headers(settings)
    lacking = []
    for route in routes_of(studio):
        answer = stranger.open(route.path, method=route.method)
        lacking += [f"{route}: {n}" for n, v in wanted.items() if answer.headers.get(n) != v]
        lacking += [f"{route}: {n}" for n in ("X-Request-Id", "Cache-Control") if n not in answer.headers]
    assert lacking == []


@pytest.mark.parametrize("path", ["/nowhere", "/static/x/none.css", "/orders/%00", "/" + "x" * 3000])
def test_errors_carry_every_header(stranger: FlaskClient, settings: Settings, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 404
    assert {n: answer.headers.get(n) for n in fixed_headers(settings)} == fixed_headers(settings)


def test_no_unsafe_route_acts_without_a_form_token(otto: FlaskClient, studio: Flask) -> None:
    answers = {
        str(route): otto.open(route.path, method=route.method, data={"x": "1"} if route.method == "POST" else None)
        for route in routes_of(studio)
        if route.method not in SAFE and route.access.kind is not Kind.MACHINE
    }
    assert answers
    assert {name: a.status_code for name, a in answers.items() if a.status_code != 403} == {}


def test_the_exempt_routes_are_these(studio: Flask) -> None:
    exempt = {r.path for r in routes_of(studio) if r.access.kind is Kind.MACHINE and r.method not in SAFE}
    assert exempt <= {"/csp-reports", "/webhooks/stripe", "/webhooks/stripe/connect", "/webhooks/stripe-connect"}


def test_strangers_are_sent_to_the_sign_in_page(stranger: FlaskClient, studio: Flask) -> None:
    for route in routes_of(studio):
        if route.access.kind is Kind.SIGNED_IN and route.method in SAFE:
            answer = stranger.get(route.path, headers={"Accept": "text/html"})
            assert answer.status_code == 303, str(route)
            assert answer.location.startswith("/sign-in?next="), str(route)


def test_programs_without_a_session_get_401_as_a_problem(stranger: FlaskClient, studio: Flask) -> None:
    for route in routes_of(studio):
        if route.access.kind is Kind.SIGNED_IN and route.method in SAFE:
            answer = stranger.get(route.path, headers={"Accept": "application/json"})
            assert answer.status_code == 401, str(route)
            assert answer.content_type == "application/problem+json"
            assert answer.json is not None
            assert answer.json["code"] == "not_signed_in"


def test_members_without_a_capability_are_refused(otto: FlaskClient, studio: Flask) -> None:
    for route in routes_of(studio):
        if route.access.capability is not None and route.method in SAFE:
            assert otto.get(route.path).status_code == 403, str(route)


def test_nobody_else_gets_a_server_error_from_an_address_of_his_own(otto: FlaskClient, studio: Flask) -> None:
    failing = [
        str(route) for route in routes_of(studio) if route.method in SAFE and otto.get(route.path).status_code >= 500
    ]
    assert failing == []


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    app = Flask("bare", static_folder=None)
    app.add_url_rule("/open", view_func=lambda: "", endpoint="open")
    with pytest.raises(UndeclaredRoute, match="/open"):
        refuse_undeclared(app)


def test_a_route_cannot_declare_itself_twice() -> None:
    with pytest.raises(TypeError, match="twice"):
        signed_in(signed_in(lambda _actor: ""))


def test_every_page_links_the_privacy_policy(otto: FlaskClient, studio: Flask) -> None:
    for route in routes_of(studio):
        if route.method in SAFE:
            answer = otto.get(route.path)
            if answer.content_type.startswith("text/html") and answer.status_code != 303:
                assert 'href="/legal/privacy"' in answer.text or answer.status_code == 302, str(route)


def test_html_is_never_cached_and_files_are_cached_for_ever(stranger: FlaskClient, studio: Flask) -> None:
    assert stranger.get("/").headers["Cache-Control"] == "no-store"
    named = stranger.get(f"/static/{studio.config['BUILD']}/css/base.css").headers["Cache-Control"]
    assert named == "public, max-age=31536000, immutable"
    stale = stranger.get("/static/older/css/base.css").headers["Cache-Control"]
    assert stale == "public, max-age=60"


@pytest.mark.parametrize("path", ["/static/x/../wsgi.py", "/static/x/..%2f..%2fwsgi.py", "/static/x//etc/passwd"])
def test_files_outside_the_folder_are_not_served(stranger: FlaskClient, path: str) -> None:
    assert stranger.get(path).status_code in (404, 308)


def test_the_policy_allows_our_own_scripts_only(stranger: FlaskClient) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in stranger.get("/").headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert "unsafe" not in " ".join(policy.values())
    assert policy["connect-src"] == "'self' http://127.0.0.1:8610"
    assert policy["form-action"] == "'self' http://127.0.0.1:8620"


def test_probes_answer_and_tell_readiness_from_life(stranger: FlaskClient) -> None:
    assert stranger.get("/healthz").json == {"status": "ok"}
    assert stranger.get("/readyz").json == {"status": "ready"}
