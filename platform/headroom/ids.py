"""Opaque ids: a short prefix that says the kind, and 128 random bits that say nothing."""

from __future__ import annotations

import base64
import re
import secrets

ID_LENGTH = 40  # column width: prefix (≤ 8) + "_" + 26 characters, with room
_SHAPE = re.compile(r"[a-z]{2,8}_[a-z2-7]{26}")


def new_id(prefix: str) -> str:
    """A new random id such as `ord_q3…`: 128 bits from the operating system, lower-case base32."""
    body = base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()
    return f"{prefix}_{body}"


def new_secret() -> str:
    """A 256-bit URL-safe secret (43 characters) for links, tokens and session ids. Store only its hash."""
    return secrets.token_urlsafe(32)


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the shape of an id of this kind. Says nothing about its existence."""
    return text.startswith(prefix + "_") and _SHAPE.fullmatch(text) is not None
