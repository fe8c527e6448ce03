"""What the database itself refuses, whoever writes: changed journals, and journals that do not balance."""

from __future__ import annotations

from sqlalchemy import DDL, event
from sqlalchemy.schema import ExecutableDDLElement

from headroom.db import Base

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: book a correcting journal instead'
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
# An account's id ends with its currency (a check of ledger_account), which spares each line a join.
BALANCED = """
CREATE OR REPLACE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM posting WHERE journal_id = NEW.journal_id
    GROUP BY right(account_id, 3) HAVING sum(amount_minor) <> 0
  ) THEN
    RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
# Deferred: a journal's lines arrive one by one, and only the committed whole must balance.
BALANCED_AT_COMMIT = """
CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON posting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced()
"""


def _never_changed(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
    )


def attach(*, accounts: type[Base], journals: type[Base], postings: type[Base]) -> None:
    """Create the triggers with the tables."""
    for model in (accounts, journals, postings):
        _after_create(model, APPEND_ONLY)
        _after_create(model, _never_changed(model.__tablename__))
    _after_create(postings, BALANCED)
    _after_create(postings, BALANCED_AT_COMMIT)


def _after_create(model: type[Base], statement: str) -> None:
    # DDL() formats with %, which RAISE needs single.
    ddl: ExecutableDDLElement = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
    event.listen(model.__table__, "after_create", ddl)
