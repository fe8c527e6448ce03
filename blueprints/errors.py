"""The one table from errors to HTTP, and the answers: a page for people, RFC 9457 for programs."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy.exc
from flask import Flask, Response, current_app, make_response, redirect, render_template, request, url_for
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from blueprints.bodies import UnreadableBody
from blueprints.error_words import Words, field_messages, money_sentence, words_for, words_of
from blueprints.forms import FormInvalid, UnsupportedBody
from blueprints.request_log import current_request_id
from blueprints.visit import current_visit
from headroom import errors
from headroom.idempotency.keys import AlreadyAnswered

log = logging.getLogger("headroom.web")

# The most specific class of an error decides.
STATUS: dict[type[Exception], int] = {
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.Invalid: 422,
    UnreadableBody: 400,
    UnsupportedBody: 415,
    errors.Gone: 410,
    errors.TooMany: 429,
    errors.OutsideDown: 503,
    errors.Busy: 503,
    errors.DomainError: 400,
    # no connection free within the pool's patience; the database restarting; a lock not had in time
    sqlalchemy.exc.TimeoutError: 503,
    sqlalchemy.exc.OperationalError: 503,
}
DATABASE_RETRY_S = 2
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "unreadable_body"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer to an error, before it is a page or JSON."""

    status: int
    code: str
    words: Words
    fields: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    retry_after_s: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


def status_of(error: Exception) -> int:
    """The HTTP status of an error; 500 for one that is in no table."""
    if isinstance(error, FormInvalid) and "extra_forbidden" in error.fields.values():
        return 400
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def install(app: Flask) -> None:
    """Answer every error through this module."""
    app.register_error_handler(errors.DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _database_busy)
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database_busy)
    app.register_error_handler(Exception, _unexpected)


def _draw_without_database_if_it_is_down() -> None:
    """An error page greets its reader by name and language only while the database answers."""
    visit = current_visit()
    try:
        _ = visit.live
    except sqlalchemy.exc.SQLAlchemyError:
        visit.offline = True


def _domain_error(error: errors.DomainError) -> Response:
    _draw_without_database_if_it_is_down()
    if isinstance(error, AlreadyAnswered) and error.location is not None:
        return make_response(redirect(error.location, 303))
    if isinstance(error, errors.NotSignedIn) and not wants_json():
        return make_response(redirect(_sign_in_address(), 303))
    status = status_of(error)
    if status >= 500:
        log.warning("%s", error, exc_info=error)
    return answer(
        Problem(
            status=status,
            code=error.code,
            words=words_of(error),
            fields=field_messages(error) if isinstance(error, errors.Invalid) else {},
            values=dict(error.values),
            retry_after_s=getattr(error, "retry_after_s", None),
            headers={"WWW-Authenticate": "Session"} if status == 401 else {},
        )
    )


def _sign_in_address() -> str:
    """The sign-in page, with the way back for a page; a form is not repeated after signing in."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return url_for("accounts.sign_in_page", next=back)


def _http_error(error: HTTPException) -> Response:
    _draw_without_database_if_it_is_down()
    if error.response is not None or error.code is None or error.code < 400:
        return make_response(error.get_response())
    code = _HTTP_CODES.get(error.code, "error" if error.code < 500 else "unexpected")
    words = words_for(code)
    assert words is not None
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    return answer(Problem(status=error.code, code=code, words=words, headers=kept))


def _database_busy(error: sqlalchemy.exc.SQLAlchemyError) -> Response:
    log.error("the database did not answer in time", exc_info=error)
    current_visit().offline = True
    words = words_for("busy")
    assert words is not None
    return answer(Problem(status=503, code="busy", words=words, retry_after_s=DATABASE_RETRY_S))


def _unexpected(error: Exception) -> Response:
    _draw_without_database_if_it_is_down()
    log.error("unexpected error", exc_info=error)
    words = words_for("unexpected")
    assert words is not None
    return answer(Problem(status=500, code="unexpected", words=words))


def answer(problem: Problem) -> Response:
    """The response: JSON for programs, else a page; a bare page when even the template cannot be drawn."""
    response = _as_json(problem) if wants_json() else _as_page(problem)
    response.status_code = problem.status
    for name, value in problem.headers.items():
        response.headers[name] = value
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response


def wants_json() -> bool:
    """Whether the answer is for a program: it sent JSON, prefers JSON, or is a script of ours."""
    if request.mimetype == "application/json":
        return True
    if "X-CSRF-Token" in request.headers and "HX-Request" not in request.headers:
        return True
    accepted = request.accept_mimetypes
    json_quality = max(accepted.quality("application/json"), accepted.quality("application/problem+json"))
    return json_quality > accepted.quality("text/html")


def _as_json(problem: Problem) -> Response:
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": str(problem.words.title),
        "status": problem.status,
        "detail": str(problem.words.happened),
        "instance": current_request_id(),
        "code": problem.code,
        "money": money_sentence(problem.status),
        "next": str(problem.words.todo),
    }
    if problem.values:
        body["values"] = problem.values
    if problem.fields:
        body["errors"] = [{"field": name, "message": text} for name, text in problem.fields.items()]
    if problem.retry_after_s is not None:
        body["retry_after_s"] = problem.retry_after_s
    return make_response(current_app.json.dumps(body), {"Content-Type": "application/problem+json"})


def _as_page(problem: Problem) -> Response:
    facts = {"problem": problem, "money": money_sentence(problem.status), "reference": current_request_id()}
    try:
        return make_response(render_template("errors/problem.html", **facts))
    except Exception as error:
        log.error("the error page itself failed", exc_info=error)
        return _bare_page(problem)


def _bare_page(problem: Problem) -> Response:
    lines = (problem.words.happened, money_sentence(problem.status), problem.words.todo, current_request_id())
    body = "".join(f"<p>{escape(str(line))}</p>" for line in lines)
    title = escape(str(problem.words.title))
    return Response(
        f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}", mimetype="text/html"
    )
