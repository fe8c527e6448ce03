"""PURE. Passwords to records and back: bcrypt over a keyed prehash.

bcrypt refuses more than 72 bytes and stops at NUL, so what it gets is base64(HMAC-SHA-384(pepper, NFC password)):
64 bytes, whatever the password. The record names its scheme, pepper and (inside bcrypt's part) cost, so that
all three can change while old records still open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata

import bcrypt

from headroom.settings import KeyRing

MIN_LENGTH = 12  # code points after NFC
MAX_LENGTH = 256
COST = 12  # 0.2 s on the machines this was measured on
_SCHEME = "v1"
# Checked when the address is unknown, so that the answer takes as long as for a known one.
_NOBODY = b"$2b$12$C6UzMDM.H6dfI/f/IKxGhuVyJZ5BYLqUnyd3QP3xGkFYlDzQmO0ZC"


def normalized(password: str) -> str:
    """The password as it is counted and hashed: NFC, nothing else changed."""
    return unicodedata.normalize("NFC", password)


def make_record(password: str, peppers: KeyRing, *, cost: int = COST) -> bytes:
    """A record `v1$<pepper id>$<bcrypt>` of the password. Slow on purpose."""
    key_id, pepper = peppers.current
    hashed = bcrypt.hashpw(_prehash(password, pepper), bcrypt.gensalt(cost))
    return f"{_SCHEME}${key_id}".encode() + hashed


def matches(password: str, record: bytes | None, peppers: KeyRing) -> bool:
    """Whether the password made this record; takes as long for None and is then False.

    KeyError if the ring has lost the record's pepper.
    """
    if record is None:
        bcrypt.checkpw(_prehash(password, peppers.current[1]), _NOBODY)
        return False
    key_id, hashed = _parts(record)
    return bcrypt.checkpw(_prehash(password, peppers.get(key_id)), hashed)


def is_outdated(record: bytes, peppers: KeyRing, *, cost: int = COST) -> bool:
    """Whether the record should be made anew while the password is at hand."""
    key_id, hashed = _parts(record)
    return key_id != peppers.current[0] or int(hashed[4:6]) != cost


def _parts(record: bytes) -> tuple[str, bytes]:
    scheme, key_id, rest = record.split(b"$", 2)
    if scheme.decode() != _SCHEME:
        raise ValueError(f"unknown password scheme {scheme!r}")
    return key_id.decode(), b"$" + rest


def _prehash(password: str, pepper: bytes) -> bytes:
    digest = hmac.new(pepper, normalized(password).encode("utf-8"), hashlib.sha384).digest()
    return base64.b64encode(digest)
