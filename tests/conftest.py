"""Fixtures every test may use, and what `--slow` and missing browsers mean.

`session`           a plain SQLAlchemy Session whose commits vanish after the test
`private_database`  a database of its own, current for `unit()` and `reading()`: races, workers, pages
`client`            the site over a private database; prepare its data with `unit(...)`, or with `session`,
                    which then belongs to that same database and must be committed
"""

from __future__ import annotations

import base64
import importlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from tests.databases import TestServer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Playwright

    from headroom.db import Database, SessionCheck
    from headroom.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OURS = ("HEADROOM_", "S3_", "STRIPE_", "SMTP_", "OPERATOR_", "MAIL_FROM", "DATABASE_URL_")


@dataclass(frozen=True)
class PrivateDatabase:
    """A database that one test may commit to, from as many connections as it likes."""

    url: str
    database: Database

    @property
    def engine(self) -> Engine:
        return self.database.engine

    def session(self) -> Session:
        """A new session; close it (or use `with`)."""
        return self.database.sessions()


@dataclass(frozen=True)
class Site:
    """The composed application and the check of sign-in sessions that it gave its database."""

    app: Flask
    check_session: SessionCheck | None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the long tests too")
    parser.addoption("--peers", action="store_true", help="run contract suites against further real peers too")


def pytest_configure(config: pytest.Config) -> None:
    # What the developer's shell says about a running installation must not leak into the tests.
    for name in [name for name in os.environ if name.startswith(OURS)]:
        del os.environ[name]
    os.environ["HEADROOM_PROFILE"] = "test"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--slow"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
    if not any(shutil.which(name) for name in BROWSERS):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="chromium is not installed: apt install chromium"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests were skipped and why: a skip nobody sees is a test nobody has."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    terminalreporter.write_line(f"skips: {sum(reasons.values())}")
    for reason, number in reasons.most_common():
        terminalreporter.write_line(f"  {number} x {reason}")


@pytest.fixture(scope="session")
def play() -> Iterator[Playwright]:
    """The browser driver of this test process: there can be only one, since it keeps an event loop running."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def test_server() -> Iterator[TestServer]:
    """The server all databases of this run lie on."""
    server = TestServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def database_url(test_server: TestServer) -> Iterator[str]:
    """The address of this test process's own clone, kept empty between tests."""
    url = test_server.clone()
    yield url
    test_server.drop(url)


@pytest.fixture(scope="session")
def shared_engine(database_url: str) -> Iterator[Engine]:
    normalized = importlib.import_module("headroom.db").normalized
    engine = create_engine(normalized(database_url), connect_args={"options": "-c timezone=UTC"})
    yield engine
    engine.dispose()


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session whose commits stay inside one transaction that is rolled back after the test.

    Beside `private_database` or `client` it is an ordinary session of their database.
    """
    if "private_database" in request.fixturenames:
        with request.getfixturevalue("private_database").session() as ordinary:
            yield ordinary
        return
    engine: Engine = request.getfixturevalue("shared_engine")
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as inside:
            yield inside
        outer.rollback()


@pytest.fixture
def private_database(test_server: TestServer) -> Iterator[PrivateDatabase]:
    """A fresh database for one test, set as the process's current one."""
    kernel = importlib.import_module("headroom.db")
    url = test_server.clone()
    database: Database = kernel.Database(url, pool_size=16)
    kernel.use(database)
    yield PrivateDatabase(url=url, database=database)
    kernel._Current.database = None
    database.engine.dispose()
    test_server.drop(url)


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    """Settings of the test profile: keys made for tests, no outside system configured."""
    return make_settings(database_url=database_url)


@pytest.fixture(scope="session")
def site(settings: Settings) -> Iterator[Site]:
    """The site, composed once; `app` lends it to a test together with a database of the test's own."""
    composed: Flask = importlib.import_module("wsgi").create_app(settings)
    composed.testing = True
    database: Database = importlib.import_module("headroom.db").current()
    yield Site(app=composed, check_session=database.check_session)
    database.engine.dispose()


@pytest.fixture
def app(site: Site, private_database: PrivateDatabase, settings: Settings) -> Flask:
    """The site over this test's private database."""
    private_database.database.check_session = site.check_session
    importlib.import_module("headroom.db").use(private_database.database)
    # The site is composed once for the run; a folder of tests may have settings of its own.
    site.app.extensions["headroom.settings"] = settings
    return site.app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript: cookies are kept between its requests."""
    return app.test_client()


def make_settings(**changes: Any) -> Settings:
    """Settings of the test profile with `changes` by field name."""
    ring = "test:" + base64.b64encode(b"a key for tests, 32 bytes long..").decode()
    values: dict[str, Any] = {
        "profile": "test",
        "base_url": "http://localhost:8600",
        "s3_endpoint": "http://127.0.0.1:8610",
        "s3_public_endpoint": "http://127.0.0.1:8610",
        "s3_access_key": "test",
        "s3_secret_key": "test-secret",
        "stripe_api_base": "http://127.0.0.1:9",  # nothing listens: no test meets another installation
        "stripe_secret_key": "sk_test_headroom",
        "stripe_webhook_secrets": "whsec_platform",
        "stripe_connect_webhook_secrets": "whsec_connect",
        "stripe_checkout_origins": "http://127.0.0.1:8620",
        "smtp_tls": "none",
        "session_keys": ring,
        "peppers": ring,
        "field_keys": ring,
        "audit_keys": ring,
        "operator_name": "Test Studio",
        "operator_address": "1 Test Street",
        "operator_privacy_email": "privacy@studio.test",
        "operator_legal_email": "legal@studio.test",
        "operator_security_email": "security@studio.test",
    }
    settings_class: type[Settings] = importlib.import_module("headroom.settings").Settings
    return settings_class(**(values | changes))
