"""The whole product as separate processes for people in browsers: web, worker, store, payments and mail stand-ins.

The shared store lets only the tests' own address in (its CORS rules), so the site keeps that address, and the browser
is told where it stands: `browser_flags`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from headroom import clock, db
from headroom.accounts import documents
from headroom.actors import Actor
from headroom.db import Database, unit
from headroom.gateways.s3 import Store
from headroom.operating.legal_figures import figures
from headroom.settings import Settings
from rehearsal.people import Doors
from tests.conftest import PrivateDatabase
from tests.databases import TestServer
from tests.standins.peers import CONNECT_SECRET, KEY, PLATFORM_SECRET, ask, end, free_port
from tests.standins.peers import start as start_standin
from tests.stores import Place, fresh_bucket, settings_for
from tests.worker.processes import ROOT, environment, until, worker

TOKEN = "a token of the tests"
STARTED_WITHIN_S = 40
MAILED_WITHIN_S = 20.0


@dataclass(frozen=True)
class RunningSite:
    """Where the parts answer. `url` is the address people know; the web process listens on `port`."""

    url: str
    port: int
    stripe_url: str
    inbox_url: str
    store: Store
    database: Database
    doors: Doors

    @property
    def browser_flags(self) -> list[str]:
        """What makes a browser find the site under its address."""
        return [f"--host-resolver-rules=MAP localhost 127.0.0.1:{self.port}"]

    @property
    def origins(self) -> tuple[str, ...]:
        """Addresses that belong to the walk."""
        return self.url, self.stripe_url, self.store.endpoint

    def mailed_link(self, address: str, part: str) -> str:
        """The first link with `part` in the newest mails to an address; waits for it."""
        found: list[str] = []

        def look() -> bool:
            listed = ask(f"{self.inbox_url}/messages?to={quote(address)}&wait=1")["messages"]
            links = [link for each in listed for link in ask(f"{self.inbox_url}/messages/{each['id']}")["links"]]
            found.extend(link for link in links if part in link)
            return bool(found)

        until(look, within_s=MAILED_WITHIN_S, what=f"a mail to {address} with {part}")
        return found[0]

    def subjects(self, address: str) -> list[str]:
        """What was mailed to an address, newest first."""
        return [each["subject"] for each in ask(f"{self.inbox_url}/messages?to={quote(address)}")["messages"]]


@contextmanager
def running_site(server: TestServer, place: Place, folder: Path) -> Iterator[RunningSite]:
    """Start everything over a database and a bucket of its own; stop it at the end."""
    store = fresh_bucket(place)
    settings = settings_for(place, bucket=store.bucket)
    ports = {name: free_port() for name in ("web", "stripe", "smtp", "inbox")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    with ExitStack() as stack:
        private = stack.enter_context(_database(server, settings))
        given = _given(settings, store, ports)
        stack.enter_context(_stripe(ports, urls, folder / "stripe"))
        stack.enter_context(_mail(ports, urls, folder / "mail"))
        stack.enter_context(_web(private, ports["web"], given))
        stack.enter_context(worker(private, **given))
        doors = Doors(urls["web"], urls["stripe"], urls["inbox"], TOKEN)
        yield RunningSite(
            settings.base_url, ports["web"], urls["stripe"], urls["inbox"], store, private.database, doors
        )


@contextmanager
def _database(server: TestServer, settings: Settings) -> Iterator[PrivateDatabase]:
    """A database with the legal texts in it."""
    url = server.clone()
    database = Database(url, pool_size=4)
    db.use(database)
    with unit(Actor.system("test")) as session:
        documents.publish_all(session, figures=figures(settings), now=clock.now())
    yield PrivateDatabase(url=url, database=database)
    database.engine.dispose()
    server.drop(url)


def _given(settings: Settings, store: Store, ports: dict[str, int]) -> dict[str, str]:
    stripe_url = f"http://127.0.0.1:{ports['stripe']}"
    return {
        "HEADROOM_PROFILE": "rehearsal",
        "HEADROOM_REHEARSAL_TOKEN": TOKEN,
        "HEADROOM_BASE_URL": settings.base_url,
        "HEADROOM_LOG_LEVEL": "WARNING",
        "S3_ENDPOINT": settings.s3_endpoint,
        "S3_PUBLIC_ENDPOINT": settings.s3_public_endpoint,
        "S3_ACCESS_KEY": settings.s3_access_key,
        "S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "S3_BUCKET": store.bucket,
        "STRIPE_API_BASE": stripe_url,
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_CHECKOUT_ORIGINS": stripe_url,
        "STRIPE_WEBHOOK_SECRETS": PLATFORM_SECRET,
        "STRIPE_CONNECT_WEBHOOK_SECRETS": CONNECT_SECRET,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(ports["smtp"]),
    }


@contextmanager
def _stripe(ports: dict[str, int], urls: dict[str, str], data: Path) -> Iterator[None]:
    arguments = [
        "--port", str(ports["stripe"]), "--data", str(data), "--secret-key", KEY, "--public-url", urls["stripe"],
        "--webhook-url", urls["web"] + "/webhooks/stripe", "--webhook-secret", PLATFORM_SECRET,
        "--connect-webhook-url", urls["web"] + "/webhooks/stripe-connect", "--connect-webhook-secret", CONNECT_SECRET,
    ]  # fmt: skip
    process = start_standin("standins.stripe", *arguments, ready=urls["stripe"] + "/_clock")
    yield
    end(process)


@contextmanager
def _mail(ports: dict[str, int], urls: dict[str, str], data: Path) -> Iterator[None]:
    arguments = ["--port", str(ports["smtp"]), "--http-port", str(ports["inbox"]), "--data", str(data)]
    process = start_standin("standins.smtp", *arguments, ready=urls["inbox"] + "/messages")
    yield
    end(process)


@contextmanager
def _web(private: PrivateDatabase, port: int, given: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "8", "--no-ws", "--http", "1"]
    command += ["--log-level", "warning", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(private, **given))
    try:
        until(lambda: _is_ready(process, port), within_s=STARTED_WITHIN_S, what="the site answers")
        yield
    finally:
        end(process)


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, f"the web process ended with {process.returncode}"
    try:
        return bool(ask(f"http://127.0.0.1:{port}/readyz").get("status") == "ready")
    except OSError:
        return False
