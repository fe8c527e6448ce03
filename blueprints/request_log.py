"""One line of JSON per request and per message, without secrets and without personal data.

The line names the route, not the address: addresses hold ids and, in mailed links, tokens.
"""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
from collections.abc import Iterable

from flask import Flask, Response, g, has_request_context, request

from headroom import clock
from headroom.audit.recording import current_request_id as audited_request_id
from headroom.ids import new_id

log = logging.getLogger("headroom.web")

# What looks like a secret or a person, and what stands in its place. Order matters: longer shapes first.
_SCRUBS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:sk|rk|pk)_(?:live|test)_\w+"), "[key]"),
    (re.compile(r"\bwhsec_\w+"), "[key]"),
    (re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie)(['\"]?\s*[:=]\s*)[^\r\n]+"), r"\1\2[hidden]"),
    (
        re.compile(
            r"(?i)\b([\w-]*(?:password|passwd|secret|token|signature|pepper|api_key|apikey|sid))"
            r"(['\"]?\s*[:=]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&)}\]]+)"
        ),
        r"\1\2[hidden]",
    ),
    (re.compile(r"://[^/\s:@]+:[^/\s@]+@"), "://[hidden]@"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[address]"),
    (re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"), "[hash]"),
    (re.compile(r"(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[A-Z])[\w-]{40,}(?![\w-])"), "[token]"),
)


def scrub(text: str) -> str:
    """The text with secrets, tokens and mail addresses replaced by what they were."""
    for shape, stand_in in _SCRUBS:
        text = shape.sub(stand_in, text)
    return text


class JsonLines(logging.Formatter):
    """A log record as one scrubbed JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": clock.wall_now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if has_request_context():
            line["request_id"] = current_request_id()
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line |= {k: scrub(v) if isinstance(v, str) else v for k, v in facts.items()}
        if record.exc_info:
            line["error"] = scrub("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging(level: str) -> None:
    """Send every logger's records to standard error as scrubbed JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


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
        audited_request_id.set(current_request_id())

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
