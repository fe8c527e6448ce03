"""The contract suite runs against every real store there is: Swift always, Ceph's gateway with --peers.

Where stores differ, a test asks `seen`, what the storage doctor found, and asserts the one or the other.
Only what looks at the embedded store's own disk (`disk`) has no second peer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headroom.gateways import s3_probe
from headroom.gateways.s3 import Store
from headroom.gateways.s3_probe import Seen
from tests.conftest import make_settings
from tests.stores import Place, SharedCeph, SharedSwift, fresh_bucket, lent

ORIGIN = make_settings().base_url
PEERS = {"swift": SharedSwift, "ceph": SharedCeph}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" not in metafunc.fixturenames or "start" in metafunc.fixturenames:
        return
    only_swift = "disk" in metafunc.fixturenames or not metafunc.config.getoption("--peers")
    metafunc.parametrize("place", ["swift"] if only_swift else list(PEERS), indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.store)


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """The store under test, running."""
    yield from lent(PEERS[request.param])


@pytest.fixture(scope="session")
def seen(place: Place) -> Seen:
    """What the storage doctor finds of this store, once it has set what a bucket should have."""
    return s3_probe.probe(applied(fresh_bucket(place)), origin=ORIGIN)


@pytest.fixture
def store(place: Place) -> Store:
    """An empty bucket in the store under test, set up as ours are."""
    return applied(fresh_bucket(place))


@pytest.fixture
def disk(place: Place) -> Path:
    """The data directory of the embedded store."""
    assert place.data_dir is not None
    return Path(place.data_dir)


def applied(store: Store) -> Store:
    """What `storage doctor --apply` sets, set; the embedded store has its rules from its start instead."""
    s3_probe.apply(store, origin=ORIGIN)
    return store
