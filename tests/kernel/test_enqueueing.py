from __future__ import annotations

from sqlalchemy import text

from headroom import jobs
from headroom.actors import Actor
from headroom.db import unit
from tests.conftest import PrivateDatabase


def test_a_twin_that_waits_already_is_not_doubled_and_does_not_end_the_transaction(
    private_database: PrivateDatabase,
) -> None:
    for _ in range(2):
        with unit(Actor.system("test")) as session:
            jobs.enqueue(session, "ledger.wake_legs", queueing_lock="wake:per_ivo", person_id="per_ivo")
            assert session.scalar(text("SELECT 1")) == 1
    with private_database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1
