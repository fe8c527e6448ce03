"""The page's own sender in a real browser: dropped, cut, reloaded, changed; by keyboard too."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import render_template_string

from headroom.db import unit
from headroom.files.models import FileUpload, StoredFile
from headroom.files.states import State
from headroom.gateways.s3 import Store
from tests.conftest import PrivateDatabase, make_settings
from tests.files.conftest import Shelf, Visitor, begin, remember_checksum_mode

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SITE = make_settings().base_url
MIB = 1 << 20
PAGE = """{% extends "layout.html" %}{% from "files/_upload.html" import upload_place, upload_script %}
{% block title %}Shelf{% endblock %}
{% block page_css %}<link rel="stylesheet" href="{{ url_for('static', filename='css/files.css') }}">{% endblock %}
{% block page_js %}{{ upload_script() }}{% endblock %}
{% block main %}<h1>Shelf</h1>{{ upload_place("/shelf/uploads", "stem", reload=false) }}{% endblock %}"""


# The line to the store: counts what is sent, and is cut after `cutAfter` parts.
CUTS = """
window.puts = 0; window.cutAfter = Infinity;
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (body) {
  window.puts += 1;
  if (window.puts <= window.cutAfter) return send.call(this, body);
  setTimeout(() => this.dispatchEvent(new ProgressEvent("loadend")));
};"""


# A page that the test answers has no network address of its own, so Chromium would keep it from loopback.
FLAGS = ["--no-sandbox", "--disable-features=LocalNetworkAccessChecks"]


class Browser:
    """Chromium in front of the site: what it asks of the site goes to the application in this process."""

    def __init__(self, page: Any, visitor: Visitor, store: Store) -> None:
        self.page = page
        self.visitor = visitor
        self.store = store
        self.problems: list[str] = []
        self.before_begin: Callable[[], None] = lambda: None
        page.context.add_cookies([{"name": "sid", "value": visitor.cookie, "url": SITE}])
        page.route(f"{SITE}/**", self._answer)
        page.add_init_script(CUTS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._hear)

    def open(self) -> None:
        self.page.goto(f"{SITE}/shelf")

    def choose(self, *paths: Path) -> None:
        self.page.locator("input[type=file]").first.set_input_files([str(path) for path in paths])

    def cut_after(self, parts: int | None) -> None:
        """Let so many more parts through; None: the line is whole again."""
        self.page.evaluate(f"window.cutAfter = {'Infinity' if parts is None else f'window.puts + {parts}'}")

    def wait_until_held(self, size_bytes: int) -> None:
        """Until the store has confirmed so many bytes of the first file."""
        asked = "document.querySelector('[data-upload]').uploadPlace.sender.items[0]?.held ?? 0"
        self.wait_until(lambda: self.page.evaluate(asked) >= size_bytes)

    def wait_until_tried(self) -> None:
        """Until a part has been on its way."""
        self.wait_until(lambda: self.puts > 0)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < until
            self.page.wait_for_timeout(50)

    def remove(self, name: str) -> None:
        """Press the file's button, and see its row say so."""
        self.page.get_by_role("button", name=f"Remove {name}").click()
        self.page.locator("[data-state=stopped]").wait_for()

    @property
    def puts(self) -> int:
        """Parts sent since the page was opened."""
        return int(self.page.evaluate("window.puts"))

    def wait_for(self, text: str) -> None:
        self.page.locator("[data-u=line]", has_text=text).wait_for(timeout=30_000)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)

    def _answer(self, route: Any) -> None:
        request = route.request
        path = request.url.removeprefix(SITE)
        if path == "/shelf":
            self._shelf(route)
        elif path == "/shelf/uploads":
            self._begin(route)
        else:
            answer = self.visitor.ask(
                path,
                method=request.method,
                data=request.post_data_buffer,
                content_type=request.headers.get("content-type"),
            )
            route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.data)

    def _shelf(self, route: Any) -> None:
        app = self.visitor.app
        with app.test_request_context("/shelf", headers={"Cookie": f"sid={self.visitor.cookie}"}):
            app.preprocess_request()
            answer = app.process_response(app.make_response(render_template_string(PAGE)))
        headers = dict(answer.headers)
        policy = headers["Content-Security-Policy"].replace(make_settings().store_public_origin, self.store.endpoint)
        route.fulfill(status=200, headers=headers | {"Content-Security-Policy": policy}, body=answer.get_data())

    def _begin(self, route: Any) -> None:
        from blueprints.files import upload_json

        self.before_begin()
        asked = route.request.post_data_json
        assert asked["role"] == "stem"
        if not asked["size"]:
            route.fulfill(status=422, json={"code": "upload_limit", "title": "No", "detail": "The file is empty."})
            return
        with unit(self.visitor.actor) as session:
            upload = begin(
                session,
                self.visitor.actor,
                name=asked["name"],
                size_bytes=asked["size"],
                fingerprint=asked["fingerprint"],
                now=datetime.now(UTC),
            )
            answer = upload_json(upload)
        # Outside the transaction: answering lets the browser's next request run in this same thread.
        route.fulfill(status=201, json=answer)


@pytest.fixture(scope="module")
def chromium(play: Any) -> Iterator[Any]:
    browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Any, store: Store, mara: Visitor) -> Iterator[Browser]:
    context = chromium.new_context(locale="en")
    opened = Browser(context.new_page(), mara, store)
    opened.open()
    yield opened
    context.close()
    assert opened.problems == []


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[str, int], Path]:
    def make(name: str, size_bytes: int) -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(size_bytes))
        return path

    return make


def files(database: PrivateDatabase) -> dict[str, StoredFile]:
    with database.session() as session:
        rows = session.query(StoredFile).order_by(StoredFile.created_at).all()
        return {row.original_name: row for row in rows}


def test_several_files_go_up_side_by_side(
    browser: Browser,
    store: Store,
    shelf: Shelf,
    make_file: Callable[[str, int], Path],
    private_database: PrivateDatabase,
) -> None:
    paths = [make_file("Бочка.wav", 300_000), make_file("drums.wav", 33 * MIB), make_file("bass.flac", 17 * MIB)]
    browser.choose(*paths)
    browser.wait_for("All 3 files have arrived")
    found = files(private_database)
    for path in paths:
        body = b"".join(store.stream(found[path.name].object_key).chunks)
        assert hashlib.sha256(body).digest() == hashlib.sha256(path.read_bytes()).digest()
        assert found[path.name].state == State.ASSEMBLED


def test_after_a_reload_only_what_is_missing_is_sent(
    browser: Browser, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    path = make_file("drums.wav", 64 * MIB)  # four parts of one size
    browser.cut_after(2)
    browser.choose(path)
    browser.wait_until_held(2 * 16 * MIB)
    browser.page.once("dialog", lambda dialog: dialog.accept())
    browser.page.reload()
    browser.page.locator("[data-u=unfinished-names]", has_text="drums.wav").wait_for()
    browser.choose(path)
    browser.wait_for("All 1 files have arrived")
    assert browser.puts == 2
    assert files(private_database)["drums.wav"].state == State.ASSEMBLED


def test_a_file_that_changed_since_is_sent_anew(
    browser: Browser, store: Store, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    path = make_file("drums.wav", 33 * MIB)
    browser.cut_after(1)
    browser.choose(path)
    browser.wait_until_held(1)
    browser.page.once("dialog", lambda dialog: dialog.accept())
    browser.page.reload()
    with path.open("r+b") as file:  # head and tail stay, so it still looks like the same file
        for position in (5, 20):
            file.seek(position * MIB)
            file.write(b"another take")
    browser.cut_after(None)
    browser.choose(path)
    browser.wait_for("All 1 files have arrived")
    browser.problems.clear()  # the refusal that told it is in the console
    with private_database.session() as session:
        assert sorted(row.state for row in session.query(FileUpload)) == ["aborted", "completed"]
    done = next(row for row in files(private_database).values() if row.state == State.ASSEMBLED)
    body = b"".join(store.stream(done.object_key).chunks)
    assert hashlib.sha256(body).digest() == hashlib.sha256(path.read_bytes()).digest()


def test_a_pause_stops_and_a_press_goes_on_by_keyboard(
    browser: Browser, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    browser.cut_after(0)
    browser.choose(make_file("drums.wav", 33 * MIB))
    button = browser.page.locator("[data-u=pause]")
    button.wait_for()
    button.focus()
    browser.page.keyboard.press("Enter")
    browser.wait_for("Paused at")
    assert button.text_content() == "Continue"
    browser.cut_after(None)
    browser.page.keyboard.press("Enter")
    browser.wait_for("All 1 files have arrived")
    assert files(private_database)["drums.wav"].state == State.ASSEMBLED


def test_a_removed_file_is_given_up(
    browser: Browser, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    browser.cut_after(0)
    browser.choose(make_file("drums.wav", 17 * MIB))
    browser.wait_until_tried()
    browser.remove("drums.wav")
    browser.wait_until(lambda: files(private_database)["drums.wav"].state == State.ABANDONED)


def test_a_file_removed_while_it_is_announced_is_given_up(
    browser: Browser, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    browser.before_begin = lambda: browser.remove("drums.wav")
    browser.choose(make_file("drums.wav", 17 * MIB))
    browser.wait_until(lambda: "drums.wav" in files(private_database))
    browser.wait_until(lambda: files(private_database)["drums.wav"].state == State.ABANDONED)
    assert browser.puts == 0


def test_a_store_that_compares_md5_gets_it_with_every_part(
    browser: Browser, store: Store, make_file: Callable[[str, int], Path], private_database: PrivateDatabase
) -> None:
    remember_checksum_mode(store, "content-md5")
    path = make_file("drums.wav", 16 * MIB + 100_001)
    sent: list[dict[str, str]] = []
    browser.page.on("request", lambda asked: sent.append(asked.headers) if asked.method == "PUT" else None)
    browser.choose(path)
    browser.wait_for("All 1 files have arrived")
    whole = path.read_bytes()
    parts = [hashlib.md5(part, usedforsecurity=False).digest() for part in (whole[: 16 * MIB], whole[16 * MIB :])]
    assert {headers["content-md5"] for headers in sent} == {base64.b64encode(part).decode() for part in parts}
    assert files(private_database)["drums.wav"].state == State.ASSEMBLED


def test_what_is_no_audio_is_left_out_and_said(browser: Browser, make_file: Callable[[str, int], Path]) -> None:
    browser.choose(make_file("notes.txt", 10))
    browser.page.locator("[data-u=live]", has_text="no audio: 1").wait_for(state="attached")
    assert browser.page.locator(".upload-row").count() == 0


def test_a_refused_file_says_why(browser: Browser, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    browser.choose(empty)
    browser.page.locator("[data-state=failed]", has_text="The file is empty.").wait_for()
    browser.problems.clear()  # the refusal itself is told to the console
