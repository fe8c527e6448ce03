"""The contract suite runs against every real store there is: Swift always, Ceph's gateway with --peers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headroom.gateways.s3 import Store
from tests.stores import NoStore, Place, SharedSwift, fresh_bucket


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.store)


@pytest.fixture(scope="session")
def swift() -> Iterator[Place]:
    """The embedded store, for what only its disk can show."""
    try:
        shared = SharedSwift()
    except NoStore as reason:
        pytest.skip(str(reason))
    yield shared.place
    shared.leave()


@pytest.fixture
def store(swift: Place) -> Store:
    """An empty bucket in the store under test."""
    return fresh_bucket(swift)


@pytest.fixture
def disk(swift: Place) -> Path:
    """The data directory of the embedded store."""
    assert swift.data_dir is not None
    return Path(swift.data_dir)
