"""The job queue's own tables and functions

Why: jobs are deferred on the transaction's own connection, so the queue lives in the same database. The SQL is
    the queue library's own, of the version that the lock file names; its later versions are later revisions.
Lock risk: none, everything is new.
Way back: drop what the library's SQL created.
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the library's schema as it ships."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(SchemaManager.get_schema())  # many statements: past SQLAlchemy's parameters


def downgrade() -> None:
    """Drop the library's tables, types and functions."""
    op.execute(
        """
        DO $$ DECLARE thing record; BEGIN
          FOR thing IN SELECT oid::regclass AS name FROM pg_class
            WHERE relkind = 'r' AND relname LIKE 'procrastinate_%' LOOP
            EXECUTE 'DROP TABLE ' || thing.name || ' CASCADE'; END LOOP;
          FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate_%' LOOP
            EXECUTE 'DROP FUNCTION ' || thing.name || ' CASCADE'; END LOOP;
          FOR thing IN SELECT oid::regtype AS name FROM pg_type
            WHERE typtype IN ('e', 'c') AND typname LIKE 'procrastinate_%' LOOP
            EXECUTE 'DROP TYPE ' || thing.name || ' CASCADE'; END LOOP;
        END $$"""
    )
