"""Runs migrations: one transaction each, with timeouts, so that a blocked one fails cleanly and may be run again."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection, text

from headroom.db import Base
from migrations import models as _every_model  # noqa: F401

LOCK_TIMEOUT = "4s"  # behind an open transaction an ALTER would block every reader; better to fail and retry
STATEMENT_TIMEOUT = "5min"

# Tables of the job queue: made by its own numbered SQL, wrapped as revisions.
QUEUE_TABLES = "procrastinate_"


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the queue's tables out of comparisons with the models."""
    return not (kind == "table" and name is not None and name.startswith(QUEUE_TABLES))


def run_online() -> None:
    """Migrate on the connection that the caller opened (see headroom.operating.migrate)."""
    connection: Connection = context.config.attributes["connection"]
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    connection.execute(text(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database: they look at what is there.")
run_online()
