"""Who is at the door: the session cookie, the row behind it, the CSRF token, messages that survive a redirect.

An anonymous browser gets a random cookie without a row; signing in gives it a new one whose SHA-256 is a row.
Nothing is kept in this process, and nothing about the session but its random id is kept in the browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from typing import Any

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SessionInterface, SessionMixin

from headroom import clock
from headroom.accounts import sessions
from headroom.accounts.sessions import ABSOLUTE, LiveSession
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.ids import new_secret
from headroom.settings import Settings

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
FLASH_COOKIE = "note"
FLASH_MAX = 2_000  # bytes of the message cookie; longer messages are dropped, not cut
_MASK_BYTES = 32


class Visit(dict[str, Any], SessionMixin):
    """One request's visitor. As Flask's `session` it holds flashed messages only."""

    def __init__(self, settings: Settings, token: str | None, messages: list[Any]) -> None:
        super().__init__({"_flashes": messages} if messages else {})
        self.settings = settings
        self.token = token
        self.new_token: str | None = None  # to be set as cookie
        self.lasts = False  # the new cookie is to outlive the browser's window
        self.forget = False  # the cookie is to be removed
        self.offline = False  # the database is not to be asked (error pages while it is down)
        self.had_messages = bool(messages)
        self._live: LiveSession | None = None
        self._looked = False
        self._form_token: tuple[str, bytes] | None = None  # the cookie's token and what follows from it

    @property
    def live(self) -> LiveSession | None:
        """The session in force, looked up once per request on first use."""
        if not self._looked and not self.offline:
            self._looked = True
            self._live = _look_up(self.token)
        return self._live

    def began(self, token: str) -> None:
        """The person signed in with this response: a new id, so that a planted one is worth nothing."""
        self.token = self.new_token = token
        self.lasts = True
        self.forget = self._looked = False

    def ended(self) -> None:
        """The person signed out with this response."""
        self.token = self.new_token = self._live = None
        self._looked = self.forget = True

    def ensure_token(self) -> str:
        """The cookie's token, made now for a browser that has none."""
        if self.token is None:
            self.token = self.new_token = new_secret()
            self.forget = False
        return self.token

    def form_token(self) -> bytes:
        """What proves a form of this visitor, computed once for all forms of a page."""
        token = self.ensure_token()
        if self._form_token is None or self._form_token[0] != token:
            self._form_token = (token, _csrf_of(token, self.settings.ring("session_keys").current[1]))
        return self._form_token[1]


class VisitInterface(SessionInterface):
    """Flask's door to `Visit`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cookie = "__Host-sid" if settings.is_https else "sid"

    def open_session(self, app: Flask, request: Request) -> Visit:
        token = request.cookies.get(self.cookie, "")
        messages = _read_messages(self.settings, request.cookies.get(FLASH_COOKIE, ""))
        return Visit(self.settings, token if _TOKEN.fullmatch(token) else None, messages)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        visit = session
        if not isinstance(visit, Visit):
            raise TypeError("the session of a request is a Visit")
        if visit.new_token is not None:
            age = int(ABSOLUTE.total_seconds()) if visit.lasts else None
            response.set_cookie(self.cookie, visit.new_token, max_age=age, **self._flags())
        elif visit.forget:
            response.delete_cookie(self.cookie, **self._flags())
        self._save_messages(visit, response)

    def _save_messages(self, visit: Visit, response: Response) -> None:
        messages = visit.get("_flashes", [])
        sealed = _seal_messages(self.settings, messages) if messages else ""
        if sealed and len(sealed) <= FLASH_MAX:
            response.set_cookie(FLASH_COOKIE, sealed, max_age=60, **self._flags())
        elif visit.had_messages:
            response.delete_cookie(FLASH_COOKIE, **self._flags())

    def _flags(self) -> dict[str, Any]:
        return {"httponly": True, "secure": self.settings.is_https, "samesite": "Lax", "path": "/"}


def current_visit() -> Visit:
    """The visitor of the request being served."""
    visit = session._get_current_object()  # type: ignore[attr-defined]
    if not isinstance(visit, Visit):
        raise TypeError("the session of a request is a Visit")
    return visit


def current_actor() -> Actor | None:
    """Who is signed in, or None."""
    live = current_visit().live
    return live.actor if live is not None else None


def csrf_token() -> str:
    """A token for forms of this visitor, masked anew each time so that compression does not leak it."""
    token = current_visit().form_token()
    mask = secrets.token_bytes(_MASK_BYTES)
    mixed = _xor(mask, token)
    return base64.urlsafe_b64encode(mask + mixed).decode("ascii").rstrip("=")


def csrf_is_right(presented: str) -> bool:
    """Whether `presented` came from a form given to this visitor, under any key still in the ring."""
    visit = current_visit()
    try:
        raw = base64.urlsafe_b64decode(presented + "=" * (-len(presented) % 4))
    except ValueError:
        return False
    if visit.token is None or len(raw) != 2 * _MASK_BYTES:
        return False
    token = _xor(raw[:_MASK_BYTES], raw[_MASK_BYTES:])
    ring = current_settings().ring("session_keys")
    return any(hmac.compare_digest(token, _csrf_of(visit.token, ring.get(key_id))) for key_id in ring.ids)


def remote_address() -> str | None:
    """The visitor's address as the trusted proxies tell it."""
    return request.remote_addr


def current_settings() -> Settings:
    """The settings of the application serving this request."""
    settings = current_app.extensions["headroom.settings"]
    assert isinstance(settings, Settings)
    return settings


def _look_up(token: str | None) -> LiveSession | None:
    if token is None:
        return None
    now = clock.now()
    with reading() as database:
        live = sessions.find(database, token, now=now)
    if live is not None and sessions.needs_touch(live, now=now):
        with unit(Actor.system("session")) as database:
            sessions.touch(database, live, now=now)
    return live


def _xor(one: bytes, other: bytes) -> bytes:
    """Two strings of _MASK_BYTES bytes, bit by bit."""
    mixed = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return mixed.to_bytes(_MASK_BYTES, "big")


def _csrf_of(session_token: str, key: bytes) -> bytes:
    return hmac.new(key, b"form\x00" + session_token.encode("ascii"), hashlib.sha256).digest()


def _seal_messages(settings: Settings, messages: list[Any]) -> str:
    body = json.dumps([[str(kind), str(text)] for kind, text in messages], ensure_ascii=False)
    packed = base64.urlsafe_b64encode(body.encode("utf-8")).decode("ascii")
    return f"{packed}.{_message_mac(settings.ring('session_keys').current[1], packed)}"


def _read_messages(settings: Settings, sealed: str) -> list[Any]:
    packed, _, mac = sealed.partition(".")
    if not mac or len(sealed) > FLASH_MAX or not sealed.isascii():
        return []
    ring = settings.ring("session_keys")
    if not any(hmac.compare_digest(mac, _message_mac(ring.get(key_id), packed)) for key_id in ring.ids):
        return []
    return [tuple(pair) for pair in json.loads(base64.urlsafe_b64decode(packed))]


def _message_mac(key: bytes, packed: str) -> str:
    return hmac.new(key, b"note\x00" + packed.encode("ascii"), hashlib.sha256).hexdigest()
