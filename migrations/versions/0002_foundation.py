"""Accounts, files, money, orders and the kernel's own tables

Why: the first release. The SQL stands in migrations/sql/0002_foundation.sql, readable as a whole: tables in the
    order of their foreign keys, then indexes, then the triggers that keep append-only tables append-only.
Lock risk: none, everything is new.
Way back: drop the tables; nothing older needs them.
"""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = Path(__file__).resolve().parents[1] / "sql" / "0002_foundation.sql"


def upgrade() -> None:
    """Run the file in this revision's transaction."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(SQL.read_text(encoding="utf-8"))  # many statements: past SQLAlchemy's parameters


def downgrade() -> None:
    """Drop the tables and functions that the file created."""
    text = SQL.read_text(encoding="utf-8")
    for table in reversed(re.findall(r"^CREATE TABLE (\w+)", text, re.MULTILINE)):
        op.execute(f"DROP TABLE {table} CASCADE")
    for function in dict.fromkeys(re.findall(r"FUNCTION (\w+)\(\) RETURNS trigger", text)):
        op.execute(f"DROP FUNCTION IF EXISTS {function} CASCADE")
