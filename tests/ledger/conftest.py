"""The payment provider's stand-in as a process, and a desk that pays and is paid through it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from headroom.db import Database
from headroom.gateways.stripe import Stripe
from headroom.settings import Settings
from tests.conftest import PrivateDatabase, make_settings
from tests.ledger.desk import Desk, Heard
from tests.standins.peers import KEY, ask, end, free_port, start
from worker.reactions import PAYMENT_REACTIONS

for _module in ("worker.ledger", "worker.ledger_effects"):
    import_module(_module)


def run_provider(data: Path) -> Iterator[str]:
    """The address of a stand-in that lives as long as the fixture."""
    url = f"http://127.0.0.1:{free_port()}"
    process = start(
        "standins.stripe", "--port", url.rsplit(":", 1)[1], "--data", str(data), "--secret-key", KEY,
        ready=url + "/_clock",
    )  # fmt: skip
    yield url
    end(process)


@pytest.fixture(scope="session")
def provider_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One stand-in for all tests; each test makes objects of its own."""
    yield from run_provider(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="session")
def settings(database_url: str, provider_url: str) -> Settings:
    """The site talks to the stand-in."""
    return make_settings(database_url=database_url, stripe_api_base=provider_url, stripe_secret_key=KEY)


@pytest.fixture
def desk(private_database: PrivateDatabase, provider_url: str) -> Iterator[Desk]:
    """A fresh database, a provider without faults, and an owner of the purpose `test` who notes what they hear."""
    yield from open_desk(private_database.database, provider_url)


@pytest.fixture
def own_provider_desk(private_database: PrivateDatabase, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose provider has no history but the test's own."""
    for url in run_provider(tmp_path / "provider"):
        yield from open_desk(private_database.database, url)


def open_desk(database: Database, url: str) -> Iterator[Desk]:
    ask(url + "/_faults", method="DELETE")
    environment = {"STRIPE_API_BASE": url, "STRIPE_SECRET_KEY": KEY, "HEADROOM_OPERATING_FLOAT": "50000"}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    heard = Heard()
    PAYMENT_REACTIONS["test"] = heard.reactions()
    yield Desk(database, Stripe(secret_key=KEY, api_base=url), url, heard).people()
    del PAYMENT_REACTIONS["test"]
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
