"""A browser without a screen: cookies, pages, links and forms. It sends only what a page offered it.

    page = mara.open("/sign-up")
    page = mara.submit(page.form("/sign-up"), email="mara@example.com", accept_terms=True)

A form is filled as a person fills it: its hidden fields go along, a name that it does not have is a mistake of the
story, a box is ticked with True. A page that answers with an error ends the story with the page's own words.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode, urljoin, urlsplit

from rehearsal.pages import Form, Page

Given: TypeAlias = str | int | bool | list[str]

PATIENCE_S = 120
SLICE_BYTES = 1 << 20
PLAIN = urllib.request.build_opener()
AGENT = "Headroom-rehearsal/1 (a browser without a screen)"


class Refused(Exception):
    """A page or door answered with an error; carries the status and what it said."""

    def __init__(self, status: int, url: str, said: str) -> None:
        super().__init__(f"{status} at {url}: {said}")
        self.status = status


@dataclass(frozen=True)
class Fetched:
    """A file that was downloaded: its name as the site gave it, its size and SHA-256."""

    name: str
    size_bytes: int
    sha256: str


class Browser:
    """One person's browser."""

    def __init__(self, base_url: str, *, language: str = "en") -> None:
        self.base_url = base_url.rstrip("/")
        self._jar = CookieJar()
        self._language = language
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._csrf = ""

    def open(self, path: str) -> Page:
        """The page at a path of the site or a full address. Raises Refused."""
        return self._page(self._request(path))

    def submit(self, form: Form, *, press: str = "", **given: Given) -> Page:
        """Fills and sends a form and follows where it leads. `press` names the button's value. Raises Refused."""
        fields = form.filled(given, press=press)
        if form.method == "get":
            return self.open(f"{form.action}?{urlencode(fields)}")
        body = urlencode(fields).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": _origin(form.action)}
        return self._page(self._request(form.action, body, headers))

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a door that speaks it."""
        return self.send("GET", path, None)

    def send(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, Any]:
        """Asks a JSON door as the site's scripts do, with the page's token."""
        headers = {"Accept": "application/json", "X-CSRF-Token": self._csrf, "Origin": _origin(self.base_url)}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            with self._send(self._request(path, data, headers, method=method)) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            raw = error.read()
            return error.code, _json_or_text(raw)

    def download(self, path: str, *, into: Path | None = None) -> Fetched:
        """Reads a file to its end, following grants; `into` keeps it. Raises Refused."""
        digest, size = hashlib.sha256(), 0
        with self._answer(path) as answer:
            name = answer.headers.get_filename() or path.rsplit("/", 1)[-1]
            target = into.open("wb") if into is not None else None
            try:
                while block := answer.read(SLICE_BYTES):
                    digest.update(block)
                    size += len(block)
                    if target is not None:
                        target.write(block)
            finally:
                if target is not None:
                    target.close()
        return Fetched(name, size, digest.hexdigest())

    def _answer(self, path: str) -> Any:
        try:
            return self._send(self._request(path))
        except urllib.error.HTTPError as error:
            raise Refused(
                error.code, path, Page(path, error.code, error.read().decode("utf-8", "replace")).complaint()
            ) from None

    def _page(self, request: urllib.request.Request) -> Page:
        try:
            with self._send(request) as answer:
                page = Page(answer.url, answer.status, answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            page = Page(error.url or request.full_url, error.code, error.read().decode("utf-8", "replace"))
            raise Refused(page.status, page.url, page.complaint()) from None
        self._csrf = page.csrf or self._csrf
        return page

    def _request(
        self,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        method: str | None = None,
    ) -> urllib.request.Request:
        url = urljoin(self.base_url + "/", path)
        own = {"User-Agent": AGENT, "Accept-Language": self._language, "Sec-Fetch-Site": "same-origin"}
        return request_to(url, data, {**own, **(headers or {})}, method=method)

    def _send(self, request: urllib.request.Request) -> Any:
        return self._opener.open(request, timeout=PATIENCE_S)


def wait_for(look: Callable[[], Any], *, within_s: float, every_s: float, what: str) -> Any:
    """What `look` gives as soon as it gives something; TimeoutError naming `what` otherwise."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(every_s)
    raise TimeoutError(f"waited {within_s:.0f} s in vain for {what}")


def ask(url: str, body: Mapping[str, Any] | None = None, *, token: str = "") -> Any:
    """JSON of a machine door; Refused with what it said otherwise."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": AGENT}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    try:
        with PLAIN.open(request_to(url, data, headers), timeout=PATIENCE_S) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, url, str(_json_or_text(error.read()))) from None


def answers(url: str) -> bool:
    """True when something answers at this address."""
    try:
        PLAIN.open(request_to(url), timeout=PATIENCE_S).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


def request_to(
    url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None, *, method: str | None = None
) -> urllib.request.Request:
    """A request to an address of the rehearsal. Raises ValueError for anything but http and https."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"not an address of the web: {url}")
    return urllib.request.Request(url, data, dict(headers or {}), method=method)  # noqa: S310  the scheme is checked


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _json_or_text(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode("utf-8", "replace")[:500]
