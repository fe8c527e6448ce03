"""PostgreSQL restarted at once (`immediate`) under load: 503s to come back from, nothing half, then business again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from embedded import postgres
from embedded.cluster import postmaster_id
from headroom import clock, db
from headroom.accounts import documents
from headroom.db import unit
from headroom.operating.legal_figures import figures
from tests.conftest import PrivateDatabase, make_settings
from tests.databases import build_schema
from tests.faults.house import TEST, House, Person, Site, new_key
from tests.mixing.world import people

CLICKERS = 4
CLICKS = 15  # of each


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """The cluster of a server that a test may stop."""
    folder = tmp_path / "postgres"
    yield folder
    postgres.start(folder).stop()


def furnished(house: House, url: str) -> House:
    """The same installation over another database, with its people and texts."""
    build_schema(url)
    database = db.Database(url, pool_size=8)
    db.use(database)
    with unit(TEST) as session:
        people(session, now=clock.now())
        documents.publish_all(session, figures=figures(make_settings()), now=clock.now())
    return replace(house, database=PrivateDatabase(url, database))


def restart_at_once(data_dir: Path, server: postgres.Server) -> float:
    """End the server as `pg_ctl -m immediate` does and start it again; when it answered, in monotonic seconds."""
    number = postmaster_id(server.cluster)
    assert number is not None
    os.kill(number, signal.SIGQUIT)
    if server.process is not None:
        server.process.wait(10)
    postgres.start(data_dir)
    return time.monotonic()


def write_in_spite(person: Person, order_id: str, site: Site, seen: list[tuple[float, int, str]]) -> None:
    """Write messages one after another, each sent again with its key until it is taken."""
    for number in range(CLICKS):
        key = new_key()
        deadline = time.monotonic() + 30
        while True:
            assert time.monotonic() < deadline
            answer = person.post(f"/orders/{order_id}/messages", key=key, at=site, message=f"Line {number}")
            seen.append((time.monotonic(), answer.status, answer.headers.get("retry-after", "")))
            if answer.status == 303:
                break
            time.sleep(0.2)
        time.sleep(0.1)


def test_a_database_restarted_under_load_costs_nothing_but_a_short_wait(house: House, data_dir: Path) -> None:
    server = postgres.start(data_dir)
    busy = furnished(house, server.url)
    order_id = busy.order("quoting")
    seen: list[tuple[float, int, str]] = []
    with busy.web() as site:
        busy.site = site
        mara = busy.person("mara")
        mara.fresh_token()
        with ThreadPoolExecutor(CLICKERS) as pool:
            clicking = [pool.submit(write_in_spite, mara, order_id, site, seen) for _ in range(CLICKERS)]
            time.sleep(0.5)
            back_at = restart_at_once(data_dir, server)
            for one in clicking:
                one.result()
    busy.database.engine.dispose()
    assert {(status, wait) for _, status, wait in seen} <= {(303, ""), (503, "2")}
    assert (503, "2") in {(status, wait) for _, status, wait in seen}
    assert max((at for at, status, _ in seen if status == 503)) - back_at < 10
    assert busy.scalar("SELECT count(*) FROM order_message") == CLICKERS * CLICKS
    busy.database.engine.dispose()
