"""Logs of every process: one scrubbed JSON object a line, on standard error."""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar

from headroom import clock

# The reference of the request being served, as shown on error pages and kept in the audit.
current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)

# Libraries that tell each step of their own work; what goes wrong there is still heard.
CHATTY = ("procrastinate", "stripe", "botocore", "boto3", "urllib3", "alembic.runtime")

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
        if (request_id := current_request_id.get()) is not None:
            line["request_id"] = request_id
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line |= {k: scrub(v) if isinstance(v, str) else v for k, v in facts.items()}
        if record.exc_info:
            line["error"] = scrub("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up(level: str) -> None:
    """Send every logger's records to standard error as scrubbed JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
