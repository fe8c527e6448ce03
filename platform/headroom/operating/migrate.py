"""`migrate`: bring the schema to the newest revision, one migrator at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from headroom.db import normalized
from headroom.settings import read_settings

ROOT = Path(__file__).resolve().parents[3]
MIGRATOR_LOCK = 7_301_002  # advisory lock: two starters must not migrate at once


def main(arguments: list[str]) -> int:
    """Migrate to the newest revision; prints where the schema stands."""
    del arguments
    settings = read_settings()
    print(f"schema: {migrate(settings.migrator_url)}")
    return 0


def migrate(url: str) -> str:
    """Migrate the database at `url` to the newest revision, and return that revision."""
    engine = create_engine(normalized(url), connect_args={"options": "-c timezone=UTC"})
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATOR_LOCK})
        connection.commit()
        config = alembic_config(connection)
        command.upgrade(config, "head")
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.commit()
    engine.dispose()
    return str(version)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for an open connection."""
    config = Config(str(ROOT / "migrations" / "alembic.ini"))
    config.attributes["connection"] = connection
    return config
