"""Logs hold no secrets and no addresses of people."""

from __future__ import annotations

import json
import logging

import pytest

from headroom.ids import new_secret
from headroom.logs import JsonLines, scrub

SECRETS = [
    "sk_live_51HxAbCdEfGh",
    "whsec_abcdef0123456789",
    "Authorization: Bearer abc.def.ghi",
    "Cookie: sid=abcdef; note=1",
    "password=hunter2hunter2",
    "'password': 'quiet rooms sound best'",
    '"api_key": "0123456789"',
    "postgresql://headroom:topsecret@db/headroom",
    "mara.lind+x@studio.test",
    "$2b$12$C6UzMDM.H6dfI/f/IKxGhuVyJZ5BYLqUnyd3QP3xGkFYlDzQmO0ZC",
    "X-Amz-Signature=deadbeefdeadbeef",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_does_not_reach_the_log(secret: str) -> None:
    kept = scrub(f"before {secret} after")
    body = secret.split("=")[-1].split(": ")[-1].strip("'\"")
    assert body not in kept
    assert kept.startswith("before ")


def test_tokens_are_hidden_and_ids_are_kept() -> None:
    token = new_secret()
    while not any(c.isdigit() for c in token):
        token = new_secret()
    line = scrub(f"/confirm/{token} for ord_abcdefghijklmnopqrstuvwxyz")
    assert token not in line
    assert "ord_abcdefghijklmnopqrstuvwxyz" in line


def test_a_record_is_one_line_of_json_with_a_scrubbed_traceback() -> None:
    try:
        raise ValueError("password=quietrooms for mara@studio.test")
    except ValueError:
        import sys

        record = logging.LogRecord(
            "x", logging.ERROR, "f", 1, "it failed\nfor %s", ("mara@studio.test",), sys.exc_info()
        )
    text = JsonLines().format(record)
    assert "\n" not in text
    assert "mara" not in text
    assert "quietrooms" not in text.replace("password=quietrooms for", "") or "[hidden]" in text
    assert json.loads(text)["level"] == "error"
