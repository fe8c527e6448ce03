"""Databases for tests: one server for all runs on this machine, one template, clones that cost 0.1 s.

The template is named by the hash of the schema that the models describe, so a stale one is never used, and
is built under an advisory lock beside its place, so a killed build leaves nothing half.
"""

from __future__ import annotations

import hashlib
import importlib
import os
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import sql
from sqlalchemy import create_engine, create_mock_engine
from sqlalchemy.engine import make_url

from embedded import postgres

ROOT = Path(__file__).resolve().parents[1]
DATA_DIR = ROOT / ".headroom" / "test" / "postgres"
TEMPLATE_LOCK = 8_600_001
TEMPLATES_KEPT = 4
# A test's data never has to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

_numbers = count(1)


class TestServer:
    """The server that this run's databases lie on: DATABASE_URL's, else the embedded one."""

    __test__ = False

    def __init__(self) -> None:
        given = os.environ.get("DATABASE_URL", "")
        self._embedded = None if given else postgres.start(DATA_DIR, shared=True, options=FAST)
        self.url = given or self._embedded_url()
        self._prefix = f"test_{os.getpid()}"
        self._template = self._prepare_template()

    def clone(self) -> str:
        """The address of a fresh database with the whole schema and no rows."""
        name = f"{self._prefix}_{next(_numbers)}"
        with self._maintenance() as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(self._template))
            )
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Remove a clone, whoever is still connected to it."""
        with self._maintenance() as connection:
            _drop(connection, make_url(url).database or "")

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def stop(self) -> None:
        if self._embedded is not None:
            self._embedded.stop()

    def _embedded_url(self) -> str:
        assert self._embedded is not None
        return self._embedded.url

    def _maintenance(self) -> psycopg.Connection[Any]:
        return psycopg.connect(_plain(self.url), autocommit=True)

    def _prepare_template(self) -> str:
        name = f"template_{schema_hash()}"
        with self._maintenance() as connection:
            connection.execute("select pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            _drop_remains(connection, keep=name)
            if not _exists(connection, name):
                self._build_template(connection, name)
        return name

    def _build_template(self, connection: psycopg.Connection[Any], name: str) -> None:
        draft = f"{name}_draft"
        _drop(connection, draft)
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(draft)))
        build_schema(self.url_of(draft))
        connection.execute(
            sql.SQL("alter database {} rename to {}").format(sql.Identifier(draft), sql.Identifier(name))
        )


def build_schema(url: str) -> None:
    """Create every table of the models and the job queue's own in an empty database."""
    engine = create_engine(_for_sqlalchemy(url))
    _metadata().create_all(engine)
    engine.dispose()
    with psycopg.connect(_plain(url)) as connection:
        connection.execute(SchemaManager.get_schema().encode())


def schema_hash() -> str:
    """Sixteen hex digits that change whenever the schema of the models does."""
    statements: list[str] = []
    dialect = make_url("postgresql+psycopg://").get_dialect()()

    def note(ddl: Any, *_args: Any, **_kwargs: Any) -> None:
        statements.append(str(ddl.compile(dialect=dialect)) if hasattr(ddl, "compile") else str(ddl))

    mock = create_mock_engine("postgresql+psycopg://", note)
    _metadata().create_all(mock, checkfirst=False)
    # Indexes come out of a set, so their order differs between processes.
    parts = [*sorted(statements), f"procrastinate {version('procrastinate')}"]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _metadata() -> Any:
    """What all models describe."""
    for path in sorted((ROOT / "platform" / "headroom").glob("*/models.py")):
        importlib.import_module(f"headroom.{path.parent.name}.models")
    return importlib.import_module("headroom.db").Base.metadata


def _drop_remains(connection: psycopg.Connection[Any], *, keep: str) -> None:
    """Drop the clones of runs that were killed and all but the newest templates."""
    rows = connection.execute("select datname from pg_database order by oid desc").fetchall()
    names = [str(row[0]) for row in rows]
    for name in names:
        if name.startswith("test_") and not _is_running(name.split("_")[1]):
            _drop(connection, name)
    templates = [name for name in names if name.startswith("template_") and name != keep]
    for name in templates[TEMPLATES_KEPT:]:
        _drop(connection, name)


def _is_running(process_id: str) -> bool:
    return process_id.isdigit() and Path(f"/proc/{process_id}").exists()


def _exists(connection: psycopg.Connection[Any], name: str) -> bool:
    found = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
    return found is not None


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _for_sqlalchemy(url: str) -> str:
    return _plain(url).replace("postgresql://", "postgresql+psycopg://", 1)
