"""Whether a database was prepared (schema, roles, legal texts) by exactly this version with these settings.

The answer is kept as the database's own comment, so that it comes and goes with the data it speaks of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import psycopg
from psycopg import sql

from embedded.environments import ROOT, lock_path

PREPARED_BY = ("platform/headroom", "migrations", "legal")
# Settings that end up in the database; ports and keys do not.
SETTINGS = ("OPERATOR_", "HEADROOM_DAYS_", "HEADROOM_PLATFORM_", "HEADROOM_DATABASE_ROLES")


def stamp(env: Mapping[str, str]) -> str:
    """The name of this version with these settings."""
    digest = hashlib.sha256(lock_path("run").read_bytes())
    for folder in PREPARED_BY:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    for name in sorted(name for name in env if name.startswith(SETTINGS)):
        digest.update(f"{name}={env[name]}\n".encode())
    return f"prepared by {digest.hexdigest()}"


def stamp_of(url: str) -> str:
    """What the database says; empty when it was never prepared."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        ).fetchone()
    return str(row[0] or "") if row else ""


def note(url: str, text: str) -> None:
    """Remember that the database is prepared. For the embedded server, where we own the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("comment on database {} is {}").format(name, sql.Literal(text)))
