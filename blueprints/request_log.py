"""One line of JSON per request, without secrets and without personal data.

The line names the route, not the address: addresses hold ids and, in mailed links, tokens.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from flask import Flask, Response, g, request

from headroom import logs
from headroom.ids import new_id

log = logging.getLogger("headroom.web")


def current_request_id() -> str:
    """The reference of the request being served, as shown on error pages."""
    if "request_id" not in g:
        g.request_id = new_id("req")
    request_id: str = g.request_id
    return request_id


def install(app: Flask, *, quiet: Iterable[str] = ("static", "site.healthz", "site.readyz")) -> None:
    """Number each request and write its line when it is answered."""
    silent = frozenset(quiet)

    def begin() -> None:
        g.began_at = time.perf_counter()
        logs.current_request_id.set(current_request_id())

    def finish(response: Response) -> Response:
        if request.endpoint in silent and response.status_code < 400:
            return response
        began = g.get("began_at", time.perf_counter())
        facts = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule is not None else "(none)",
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
        }
        log.info("request", extra={"facts": facts})
        return response

    app.before_request(begin)
    app.after_request(finish)
