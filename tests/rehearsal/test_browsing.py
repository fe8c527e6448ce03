"""Cookies, redirects, tokens and refusals, against a small site over the wire."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rehearsal.browsing import Browser, Refused, request_to, wait_for

FORM = '<form action="/in" method="post"><input type="hidden" name="csrf_token" value="t1"><input name="name"><button>In</button></form>'
MUSIC = b"RIFF" + bytes(range(256)) * 5000


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/":
            self._say(200, FORM)
        elif self.path == "/room":
            self._say(200 if "sid=abc" in self.headers.get("Cookie", "") else 401, "<h1>Room</h1>")
        elif self.path == "/music":
            self.send_response(302)
            self.send_header("Location", "/store/music.wav")
            self.end_headers()
        elif self.path == "/store/music.wav":
            self._say(
                200, MUSIC, **{"Content-Disposition": "attachment; filename*=UTF-8''%D0%B7%D0%B2%D1%83%D0%BA.wav"}
            )
        else:
            self._say(409, "<h1>The order moved</h1>")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/json":
            said = {"token": self.headers["X-CSRF-Token"], "origin": self.headers["Origin"], "body": json.loads(body)}
            self._say(201, json.dumps(said))
            return
        assert "csrf_token=t1" in body
        self.send_response(303)
        self.send_header("Set-Cookie", "sid=abc; HttpOnly; SameSite=Lax; Path=/")
        self.send_header("Location", "/room")
        self.end_headers()

    def _say(self, status: int, body: str | bytes, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def test_a_form_is_followed_to_the_page_behind_it_with_its_cookie(url: str) -> None:
    mara = Browser(url)
    page = mara.submit(mara.open("/").form("/in"), name="Mara")
    assert (page.path, page.text) == ("/room", "Room")
    assert mara.open("/room").status == 200


def test_two_browsers_share_nothing(url: str) -> None:
    mara = Browser(url)
    mara.submit(mara.open("/").form("/in"), name="Mara")
    with pytest.raises(Refused) as caught:
        Browser(url).open("/room")
    assert caught.value.status == 401


def test_a_json_door_gets_the_page_s_token_and_origin(url: str) -> None:
    mara = Browser(url)
    mara.open("/")
    assert mara.send("POST", "/json", {"n": 1}) == (201, {"token": "t1", "origin": url, "body": {"n": 1}})


def test_a_refusal_ends_with_the_page_s_own_words(url: str) -> None:
    with pytest.raises(Refused, match=r"409 .* The order moved"):
        Browser(url).open("/moved")


def test_a_download_follows_its_grant_and_is_hashed_under_its_own_name(url: str, tmp_path: Path) -> None:
    got = Browser(url).download("/music", into=tmp_path / "here.wav")
    assert (got.name, got.size_bytes, got.sha256) == ("звук.wav", len(MUSIC), hashlib.sha256(MUSIC).hexdigest())
    assert (tmp_path / "here.wav").read_bytes() == MUSIC


def test_only_addresses_of_the_web_are_asked() -> None:
    with pytest.raises(ValueError, match="not an address"):
        request_to("file:///etc/passwd")


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(TimeoutError, match="the transfer"):
        wait_for(lambda: None, within_s=0.05, every_s=0.01, what="the transfer")
