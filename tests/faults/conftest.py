"""One installation for all faults of this folder; each test makes orders of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from headroom import clock, db
from headroom.accounts import documents
from headroom.db import unit
from headroom.operating.legal_figures import figures
from tests.conftest import PrivateDatabase, make_settings
from tests.databases import TestServer
from tests.faults.house import TEST, House
from tests.ledger.conftest import run_provider
from tests.mixing.world import people
from tests.stores import Place, SharedSwift, fresh_bucket, lent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The house stands on a store, so who lives in it needs one."""
    for item in items:
        if Path(__file__).parent in item.path.parents and "house" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.store)


@pytest.fixture(scope="session")
def swift() -> Iterator[Place]:
    yield from lent(SharedSwift)


@pytest.fixture(scope="session")
def provider_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from run_provider(tmp_path_factory.mktemp("provider"))


@pytest.fixture(scope="session")
def standing_house(test_server: TestServer, provider_url: str, swift: Place) -> Iterator[House]:
    """The installation with its people, legal texts and one healthy web server."""
    url = test_server.clone()
    database = db.Database(url, pool_size=16)
    db.use(database)
    with unit(TEST) as session:
        now = clock.now()
        people(session, now=now)
        documents.publish_all(session, figures=figures(make_settings()), now=now)
    house = House(PrivateDatabase(url, database), provider_url, swift, fresh_bucket(swift).bucket)
    with house.web() as site:
        house.site = site
        yield house
    database.engine.dispose()
    test_server.drop(url)


@pytest.fixture
def house(standing_house: House) -> Iterator[House]:
    """The installation, its database current for `unit` and `reading`."""
    kernel: Any = import_module("headroom.db")
    before = kernel._Current.database
    db.use(standing_house.database.database)
    with standing_house.database.engine.begin() as connection:
        # The orders of earlier tests take no room in the engineer's week.
        connection.execute(text("UPDATE mix_order SET state = 'declined', look_at = NULL"))
    yield standing_house
    kernel._Current.database = before
