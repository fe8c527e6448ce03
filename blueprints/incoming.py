"""What every request must satisfy before a handler sees it: size, kind and storable text."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, current_app, request
from werkzeug.exceptions import NotFound

from blueprints.bodies import UnreadableBody, is_storable
from blueprints.csrf import SAFE_METHODS
from blueprints.forms import FORM_TYPE, JSON_TYPE, UnsupportedBody, cap_of, form_values, json_value
from blueprints.signed_in import is_machine_route

MAX_QUERY = 4_096  # bytes


def install(app: Flask) -> None:
    app.before_request(refuse_unstorable_address)
    app.before_request(refuse_unreadable_body)


def refuse_unstorable_address() -> None:
    """404 for a path, and UnreadableBody for a query, with characters that no row can hold."""
    if not is_storable(request.path):
        raise NotFound
    query = request.query_string
    if len(query) > MAX_QUERY:
        raise UnreadableBody("query_too_long")
    try:
        text = unquote_to_bytes(query).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableBody("not_utf8") from None
    if not is_storable(text):
        raise UnreadableBody("unstorable_character")


def refuse_unreadable_body() -> None:
    """Cap the body at what its route takes, and parse it once. Machine routes get their raw bytes."""
    if request.endpoint is None:
        return
    request.max_content_length = cap_of(current_app.view_functions[request.endpoint])  # reading more is a 413
    if request.method in SAFE_METHODS or is_machine_route():
        return
    if request.mimetype == FORM_TYPE:
        form_values()
    elif request.mimetype == JSON_TYPE:
        json_value()
    elif request.content_length or "chunked" in request.headers.get("Transfer-Encoding", ""):
        raise UnsupportedBody("form_or_json_expected")
