"""Connections: dead ones are noticed, pages cannot write, a full pool says so soon."""

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headroom.actors import Actor
from headroom.db import Database, reading, unit
from headroom.notices.models import Notice
from tests.conftest import PrivateDatabase

TEST = Actor.system("test")


def test_a_connection_the_server_closed_is_replaced_unseen(private_database: PrivateDatabase) -> None:
    with unit(TEST) as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(private_database.url, pool_size=1)
    with other.sessions.begin() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    time.sleep(0.2)
    with unit(TEST) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != mine
    other.engine.dispose()


def test_a_page_cannot_write(private_database: PrivateDatabase) -> None:
    late = Notice(person_id="per_mara", kind="x", values={}, link="/", posted_at=datetime(2026, 1, 1, tzinfo=UTC))
    with reading() as session:
        session.add(late)
        with pytest.raises(RuntimeError, match="a page tried to write"):
            session.commit()
    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM notice")) == 0


def test_a_page_reads_without_a_transaction(private_database: PrivateDatabase) -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))
        with unit(TEST) as other:
            query = text(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid() AND datname = current_database()"
            )
            assert other.scalar(query) == 0


def test_a_full_pool_says_so_within_its_patience(private_database: PrivateDatabase) -> None:
    database = Database(private_database.url, pool_size=1)
    with database.sessions() as holder:
        holder.execute(text("SELECT 1"))
        began = time.monotonic()
        with pytest.raises(PoolTimeout), database.sessions() as waiting:
            waiting.execute(text("SELECT 1"))
        assert 1.5 < time.monotonic() - began < 6
    database.engine.dispose()
