"""The migrations and the models describe the same database, down to triggers and defaults."""

import os
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from headroom.db import normalized
from headroom.operating import migrate
from tests.databases import TestServer

CATALOG = {
    "columns": """
        SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
               || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace""",
    "constraints": """
        SELECT conrelid::regclass || ': ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": """
        SELECT proname || ': ' || regexp_replace(prosrc, '\\s+', ' ', 'g')
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'""",
}


@pytest.fixture
def empty_database(test_server: TestServer) -> Iterator[str]:
    name = f"migrated_{os.getpid()}"
    url = test_server.url_of(name)
    _recreate(test_server, name)
    yield url
    test_server.drop(url)


def _recreate(server: TestServer, name: str) -> None:
    with closing(psycopg.connect(_plain(server.url_of("postgres")), autocommit=True)) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def described(url: str) -> dict[str, set[str]]:
    """The catalog as text, the queue's and the migrator's own tables included."""
    engine = create_engine(normalized(url))
    with engine.connect() as connection:
        found = {part: set(connection.execute(text(query)).scalars()) for part, query in CATALOG.items()}
    engine.dispose()
    return {part: {line for line in lines if "alembic_version" not in line} for part, lines in found.items()}


def test_migrations_from_empty_build_what_the_models_describe(empty_database: str, test_server: TestServer) -> None:
    migrate.migrate(empty_database)
    migrated = described(empty_database)
    modelled_url = test_server.clone()
    modelled = described(modelled_url)
    test_server.drop(modelled_url)
    for part in CATALOG:
        assert migrated[part] - modelled[part] == set(), f"{part} only in the migrations"
        assert modelled[part] - migrated[part] == set(), f"{part} only in the models"


def test_migrating_twice_changes_nothing(empty_database: str) -> None:
    assert migrate.migrate(empty_database) == migrate.migrate(empty_database)


def test_there_is_one_head_and_each_revision_says_why() -> None:
    scripts = ScriptDirectory(str(migrate.ROOT / "migrations"))
    assert len(scripts.get_heads()) == 1
    for revision in scripts.walk_revisions():
        for word in ("Why:", "Lock risk:", "Way back:"):
            assert word in (revision.module.__doc__ or ""), f"{revision.revision} does not say {word}"
