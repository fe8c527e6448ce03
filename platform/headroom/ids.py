"""Opaque ids: a short prefix that says the kind, and 128 random bits that say nothing."""

from __future__ import annotations

import base64
import secrets

ID_LENGTH = 40  # column width: prefix (≤ 8) + "_" + 26 characters, with room


def new_id(prefix: str) -> str:
    """A new random id such as `ord_q3…`: 128 bits from the operating system, lower-case base32."""
    body = base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()
    return f"{prefix}_{body}"


def new_secret() -> str:
    """A 256-bit URL-safe secret (43 characters) for links, tokens and session ids. Store only its hash."""
    return secrets.token_urlsafe(32)
