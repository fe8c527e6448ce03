"""No unsafe request without proof that it came from a page of ours, given to this very browser.

Three locks, all needed: what the browser says of the request's origin, a token bound to the session cookie,
and SameSite=Lax on that cookie. Forms carry the token in `csrf_token`, scripts in the header X-CSRF-Token (a
header that no foreign page may set). Machine routes are the only ones exempt: they carry no cookie's authority.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from blueprints.forms import form_values
from blueprints.signed_in import is_machine_route
from blueprints.visit import csrf_is_right, current_settings
from headroom.errors import NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HEADER = "X-CSRF-Token"
FIELD = "csrf_token"
_FROM_US = frozenset({"same-origin", "none"})


class ForeignRequest(NotAllowed):
    """The request did not come from a form of ours in this browser, or the form is from an older session."""

    code = "foreign_request"


def refuse_foreign() -> None:
    """Before each request: raise ForeignRequest for an unsafe one that proves nothing."""
    if request.method in SAFE_METHODS or request.endpoint is None or is_machine_route():
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in _FROM_US:
        raise ForeignRequest(reason="site")
    origin = request.headers.get("Origin")
    if origin is not None and not _is_ours(origin):
        raise ForeignRequest(reason="origin")
    presented = request.headers.get(HEADER) or _token_in_form()
    if not presented or not csrf_is_right(presented):
        raise ForeignRequest(reason="token")


def _is_ours(origin: str) -> bool:
    base = urlsplit(current_settings().base_url)
    return origin == f"{base.scheme}://{base.netloc}"


def _token_in_form() -> str:
    if request.mimetype != "application/x-www-form-urlencoded":
        return ""
    return next(iter(form_values().get(FIELD, [])), "")
