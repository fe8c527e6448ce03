"""A whole installation for faults: real web processes over one database, the provider's stand-in, a real store.

The web processes are the product's own server with its own settings; one may be armed with failpoints, to die where
a power cut would have it die. People speak to them over sockets, so an answer that never came is a real one.
"""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from headroom import clock
from headroom.accounts import sessions
from headroom.actors import Actor
from headroom.db import unit
from tests.conftest import PrivateDatabase
from tests.mixing.world import Story
from tests.standins.peers import KEY, free_port
from tests.stores import Place
from tests.worker.processes import ROOT, environment, until

TEST = Actor.system("test")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
_numbers = count(1)


class NoAnswer(Exception):
    """The connection ended before the answer was there."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    location: str
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Site:
    """One running web server."""

    port: int
    process: subprocess.Popen[bytes]

    def wait_killed(self) -> None:
        """The server ends with its only worker, which killed itself."""
        assert self.process.wait(15) != 0


@dataclass
class Person:
    """A signed-in person's browser, which may speak to any of the sites."""

    cookie: str
    site: Site
    token: str = ""

    def get(self, path: str, *, at: Site | None = None) -> Answer:
        return self._ask("GET", path, at=at)

    def post(self, path: str, *, key: str, at: Site | None = None, **values: str | int | bool | list[str]) -> Answer:
        """Send a form of the site with the given request key. Raises NoAnswer."""
        hidden = {"csrf_token": self.token or self.fresh_token(), "request_key": key}
        body = urlencode(hidden | values, doseq=True)
        return self._ask("POST", path, body=body, headers=FORM, at=at)

    def post_json(self, path: str, body: object, *, at: Site | None = None, method: str = "POST") -> Answer:
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.token or self.fresh_token()}
        return self._ask(method, path, body=json.dumps(body), headers=headers, at=at)

    def fresh_token(self) -> str:
        found = _TOKEN.search(self.get("/legal/privacy").text)
        assert found is not None
        self.token = found.group(1)
        return self.token

    def _ask(
        self, method: str, path: str, *, body: str | None = None, headers: Mapping[str, str] | None = None,
        at: Site | None = None,
    ) -> Answer:  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", (at or self.site).port, timeout=30)
        sent = {"Host": "localhost:8600", "Cookie": f"sid={self.cookie}", **(headers or {})}
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            given = dict(answer.getheaders())
            self._keep(answer)
            return Answer(
                answer.status, given.get("location", given.get("Location", "")), answer.read().decode(), given
            )
        except (OSError, http.client.HTTPException) as problem:
            raise NoAnswer(str(problem)) from problem
        finally:
            connection.close()

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            if name == "sid":
                self.cookie = value


@dataclass
class House:
    """The installation; `site` is a healthy web server that lives as long as it."""

    database: PrivateDatabase
    provider_url: str
    place: Place
    bucket: str
    site: Site = field(init=False)

    @contextmanager
    def web(self, *, faults: str = "", workers: int = 1, respawn: bool = False, **changes: str) -> Iterator[Site]:
        """A further web server, armed with `faults`."""
        port = free_port()
        command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            *("--workers", str(workers), "--blocking-threads", "16", "--no-ws", "--http", "1"),
            *("--log-level", "critical", *(["--respawn-failed-workers"] if respawn else []), "wsgi:app"),
        ]
        variables = environment(self.database, HEADROOM_FAULTS=faults, **self._outside(), **changes)
        process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.DEVNULL)
        site = Site(port, process)
        try:
            until(lambda: answers(site), within_s=60, what="the web server answers")
            yield site
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _outside(self) -> dict[str, str]:
        return {
            "STRIPE_API_BASE": self.provider_url,
            "STRIPE_SECRET_KEY": KEY,
            "S3_ENDPOINT": self.place.url,
            "S3_PUBLIC_ENDPOINT": self.place.url,
            "S3_ACCESS_KEY": self.place.access_key,
            "S3_SECRET_KEY": self.place.secret_key,
            "S3_BUCKET": self.bucket,
        }

    def person(self, name: str) -> Person:
        """One of the studio's people, signed in."""
        with unit(TEST) as session:
            cookie = sessions.start(session, f"per_{name}", ip=None, user_agent="tests", now=clock.now())
        return Person(cookie, self.site)

    def stranger(self) -> Person:
        """Somebody who is not signed in, with the cookie of a first look."""
        return Person("", self.site)

    def order(self, step: str) -> str:
        """The id of a new order, brought to a step of its life by the product's own verbs."""
        with unit(TEST) as session:
            story = Story(session, now=clock.now())
            getattr(story, step)()
            return story.order.id

    def scalar(self, statement: str, **values: Any) -> Any:
        with self.database.engine.connect() as connection:
            return connection.scalar(text(statement), values)

    def counts(self) -> dict[str, int]:
        """How many rows each table holds, but for the one that counts tries."""
        with self.database.engine.connect() as connection:
            names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            each = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)
            rows = connection.execute(text(each)).all()
        return {str(name): int(number) for name, number in rows if name != "limit_bucket"}


def answers(site: Site) -> bool:
    """Whether the server serves; AssertionError when it ended instead."""
    assert site.process.poll() is None, f"the web server ended with {site.process.returncode}"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost:8600"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def new_key() -> str:
    """A request key that no form had before."""
    return f"a-key-of-the-faults-{next(_numbers)}"


def version_of(house: House, order_id: str) -> int:
    return int(house.scalar("SELECT version FROM mix_order WHERE id = :id", id=order_id))


def cut_off(house: House, place: str, send: Callable[[Site], Answer]) -> None:
    """Send to a server that kills itself at `place`; no answer comes."""
    with house.web(faults=f"{place}:kill") as doomed:
        with pytest.raises(NoAnswer):
            send(doomed)
        doomed.wait_killed()


def until_answered(send: Callable[[], Answer]) -> Answer:
    """Send again until somebody answers, as a person with a browser does."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return send()
        except NoAnswer:
            assert time.monotonic() < deadline, "no answer for 20 s"
            time.sleep(0.1)
