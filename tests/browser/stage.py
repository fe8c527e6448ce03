"""A page with sound, and nothing behind it: our templates and scripts, two made-up tracks, a server for files.

Stands in for no part of the site: it shows what the scripts do, with sounds whose every sample is known.
"""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from flask import Flask, render_template_string

from blueprints.headers import content_security_policy
from headroom.settings import Settings

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
RATE_HZ = 8_000
BUCKETS = 500
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
PAGE = """
{% extends "layout.html" %}
{% from "components/track.html" import player, ab, track, range_fields, time_link %}
{% from "components/forms.html" import textarea, submit %}
{% from "components/page.html" import heading %}
{% block title %}Stage{% endblock %}
{% block main %}
{{ heading("Stage") }}
{{ player(tracks[0]) }}
{{ ab(tracks[0], tracks[1], step=step) }}
<h2>Comments</h2>
<ol class="comments" data-comments-of="quiet">
  <li id="c-1" data-start="2.5">{{ time_link(2.5, none, "quiet") }} <p>The first word</p></li>
  <li id="c-2" data-start="6" data-end="9">{{ time_link(6, 9, "quiet") }} <p>The second word</p></li>
</ol>
<form method="post" action="/comments" data-soft>
  {{ range_fields(file_id="quiet") }}{{ textarea("body", "Comment") }}{{ submit("Send") }}
</form>
<form method="post" action="/slow" id="slow">{{ submit("Pay") }}</form>
<form method="post" action="/asked" id="asked" data-confirm="Cancel this order?">{{ submit("Cancel the order") }}</form>
<p><a href="/other">Another page</a></p>
<section id="wait"><p>Checked</p><label>Note <input id="field-note" value=""></label></section>
{{ track(tracks[1]) }}
{% endblock %}
"""


@dataclass(frozen=True)
class Stage:
    """Where the page stands, and what was posted to it: (path, body)."""

    url: str
    posted: list[tuple[str, str]]


class QuietServer(ThreadingHTTPServer):
    """A browser that leaves in the middle of a file is no news."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def stage(app: Flask, settings: Settings, *, length_s: float = 20.0, starts_later_s: float = 0.0) -> Iterator[Stage]:
    """Serve the page with two tracks of `length_s`: "quiet" at −20 LUFS, "loud" at −14 LUFS.

    The tone of "loud" begins `starts_later_s` after silence; a negative number is said of "quiet".
    """
    page = _page(app, length_s, starts_later_s)
    files = _files(length_s, starts_later_s)
    posted: list[tuple[str, str]] = []
    asked: list[str] = []
    policy = content_security_policy(settings)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = re.sub(r"^/static/[^/]+/", "/static/", self.path.partition("?")[0])
            if path in files:
                return self._send_range(files[path])
            if path.startswith("/static/"):
                file = STATIC / path.removeprefix("/static/")
                return self._send(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))
            return self._send(self._page(path), "text/html; charset=utf-8")

        def _page(self, path: str) -> bytes:
            """The page; at /waiting its section says so for the first two visits."""
            asked.append(path)
            if path != "/waiting" or asked.count(path) > 2:
                return page
            return page.replace(b'id="wait"><p>Checked', b'id="wait" data-poll><p>Checking')

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted.append((self.path, body))
            if self.path == "/slow":
                threading.Event().wait(1)
            self._send(page, "text/html; charset=utf-8")

        def _send_range(self, content: bytes) -> None:
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            if not part:
                return self._send(content, "audio/wav")
            first, last = int(part[1]), min(int(part[2] or len(content)), len(content) - 1)
            extra = {"Content-Range": f"bytes {first}-{last}/{len(content)}"}
            return self._send(content[first : last + 1], "audio/wav", 206, extra)

        def _send(self, content: bytes, kind: str, status: int = 200, extra: dict[str, str] | None = None) -> None:
            self.send_response(status)
            headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Accept-Ranges": "bytes"}
            for name, value in (headers | (extra or {}) | {"Content-Security-Policy": policy}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Silent: the tests look at the browser."""

    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Stage(url=f"http://127.0.0.1:{server.server_port}", posted=posted)
    finally:
        server.shutdown()
        server.server_close()


def _page(app: Flask, length_s: float, later_s: float) -> bytes:
    tracks = [
        {"file_id": "quiet", "title": "Quiet mix", "duration_s": length_s, "lufs": -20.0, "true_peak_dbtp": -8.0},
        {"file_id": "loud", "title": "Loud mix", "duration_s": length_s, "lufs": -14.0, "true_peak_dbtp": -1.0},
    ]
    step = {"offset_s": later_s, "words": "B starts later" if later_s else ""}
    with app.test_request_context("/"):
        return render_template_string(PAGE, tracks=tracks, step=step).encode()


def _files(length_s: float, later_s: float) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, level, silent_s in (("quiet", 0.2, max(-later_s, 0)), ("loud", 0.4, max(later_s, 0))):
        found[f"/files/{name}/preview"] = tone(level, length_s=length_s, silent_s=silent_s)
        found[f"/files/{name}/peaks"] = json.dumps(outline()).encode()
    return found


def tone(level: float, *, length_s: float, silent_s: float = 0.0) -> bytes:
    """A WAV file of 220 Hz at `level` of full scale, after `silent_s` of nothing."""
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ - silent_s
    sound = io.BytesIO()
    soundfile.write(
        sound, level * np.sin(2 * np.pi * 220 * time_s) * (time_s >= 0), RATE_HZ, format="WAV", subtype="PCM_16"
    )
    return sound.getvalue()


def outline(seed: int = 1) -> dict[str, object]:
    """Peaks as the site sends them, of a song with an intro, verses, a break and choruses."""
    dice = np.random.default_rng(seed)
    parts = np.array([0.25, 0.55, 0.6, 0.9, 0.58, 0.92, 0.3, 0.95, 0.97, 0.4]) * dice.uniform(0.85, 1, 10)
    beats = np.where(np.arange(BUCKETS) % 4 == 0, 1.0, 0.72) * dice.uniform(0.75, 1, BUCKETS)
    levels = np.repeat(parts, BUCKETS // len(parts)) * beats * 127
    pairs = np.stack((-levels, levels), axis=1).astype(np.int8)
    return {"buckets": BUCKETS, "channels": 1, "pairs": base64.b64encode(pairs.tobytes()).decode()}
