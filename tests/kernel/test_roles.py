"""The database's roles: what a bug in a door cannot do."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from headroom.actors import Actor
from headroom.audit import Action, record
from headroom.db import READER, WEB, WORKER, Database
from headroom.mailing import queue
from headroom.operating import roles
from tests.conftest import PrivateDatabase

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def granted(private_database: PrivateDatabase) -> PrivateDatabase:
    with private_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num text)"))
        roles.make_roles(connection)
        roles.grant(connection)
    return private_database


@pytest.fixture
def as_web(granted: PrivateDatabase) -> Iterator[Database]:
    database = Database(granted.url, pool_size=2, role=WEB)
    yield database
    database.engine.dispose()


def test_roles_are_made_once_however_often_asked(granted: PrivateDatabase) -> None:
    with granted.engine.begin() as connection:
        roles.make_roles(connection)
        count = connection.execute(text("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'headroom_%'")).scalar_one()
    assert count == len(roles.ROLES)


def test_web_may_write_the_audit_and_queue_work(as_web: Database) -> None:
    with as_web.sessions.begin() as session:
        record(session, Action.SIGNED_IN, by=Actor("per_mara"), object_kind="person", object_ref="per_mara", now=NOW)
        queue(session, to="mara@example.test", template="accounts/verify", values={}, locale="en", now=NOW)
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 1


@pytest.mark.parametrize("table", ["audit_entry", "audit_payload", "audit_seal"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET entry_id = entry_id", "DELETE FROM {}"])
def test_web_may_not_change_the_audit(as_web: Database, table: str, verb: str) -> None:
    statement = verb.format(table).replace(
        "entry_id = entry_id", "actor = actor" if table == "audit_entry" else "entry_id = entry_id"
    )
    with pytest.raises(ProgrammingError, match="permission denied"), as_web.sessions.begin() as session:
        session.execute(text(statement))


def test_web_may_not_change_the_schema(as_web: Database) -> None:
    with pytest.raises(ProgrammingError, match="must be owner"), as_web.sessions.begin() as session:
        session.execute(text("DROP TABLE notice"))


def test_the_reader_reads_and_does_nothing_else(granted: PrivateDatabase) -> None:
    database = Database(granted.url, pool_size=1, role=READER)
    with database.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM effect")) == 0
    with pytest.raises(ProgrammingError, match="permission denied"), database.sessions.begin() as session:
        session.execute(text("DELETE FROM notice"))
    database.engine.dispose()


def test_the_worker_may_sweep_the_audit_but_not_edit_it(granted: PrivateDatabase) -> None:
    database = Database(granted.url, pool_size=1, role=WORKER)
    with database.sessions.begin() as session:
        session.execute(text("DELETE FROM audit_payload"))
    with pytest.raises(ProgrammingError, match="permission denied"), database.sessions.begin() as session:
        session.execute(text("UPDATE audit_entry SET reason = 'none'"))
    database.engine.dispose()


@pytest.mark.parametrize("table", roles.SECRET_TABLES)
def test_the_reader_sees_no_secrets(granted: PrivateDatabase, table: str) -> None:
    database = Database(granted.url, pool_size=1, role=READER)
    with pytest.raises(ProgrammingError, match="permission denied"), database.sessions.begin() as session:
        session.execute(text(f"SELECT count(*) FROM {table}"))
    database.engine.dispose()


@pytest.mark.parametrize("table", roles.APPEND_ONLY)
def test_web_may_remove_nothing_from_a_record(as_web: Database, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), as_web.sessions.begin() as session:
        session.execute(text(f"DELETE FROM {table}"))
