"""The audit's three tables. All are append-only; only AuditPayload rows may be deleted."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, LargeBinary, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import (
    DAYS_OF_FINANCIAL_RECORDS,
    DAYS_OF_SECURITY_RECORDS,
    KEY,
    LINK,
    RECORD,
    TECHNICAL,
    WITH_ROW,
    Basis,
    DataClass,
    Erase,
    Purpose,
    RowLife,
    Rule,
    Source,
    ruled,
)
from headroom.db import Base, Id
from headroom.ids import new_id

_PROOF = Rule(
    Purpose.SECURITY, Basis.LEGAL_DUTY, DataClass.RECORD, Source.AUTOMATIC, (), WITH_ROW, export=True, erase=Erase.KEEP
)


class AuditEntry(Base):
    """Who did what, when: ids only."""

    __tablename__ = "audit_entry"
    __subject__ = "subject_id"
    __row_life__ = RowLife("at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        Index("ix_audit_entry_object", "object_kind", "object_ref", "at"),
        Index("ix_audit_entry_subject", "subject_id", "at"),
        Index("ix_audit_entry_at", "at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "aud"), info=ruled(KEY))
    at: Mapped[datetime] = mapped_column(info=ruled(_PROOF))
    actor: Mapped[str] = mapped_column(String(80), info=ruled(_PROOF))
    subject_id: Mapped[str | None] = mapped_column(String(40), info=ruled(_PROOF, data_class=DataClass.LINK))
    action: Mapped[str] = mapped_column(String(60), info=ruled(_PROOF))
    object_kind: Mapped[str] = mapped_column(String(40), info=ruled(_PROOF))
    object_ref: Mapped[str] = mapped_column(String(120), info=ruled(_PROOF))
    reason: Mapped[str | None] = mapped_column(Text, info=ruled(_PROOF, source=Source.STAFF))
    request_id: Mapped[str | None] = mapped_column(String(40), info=ruled(TECHNICAL))
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), info=ruled(TECHNICAL))


class AuditPayload(Base):
    """The personal part of an entry; goes after twelve months, or with its person."""

    __tablename__ = "audit_payload"
    __subject__ = "entry_id"
    __row_life__ = RowLife("at", DAYS_OF_SECURITY_RECORDS)

    entry_id: Mapped[str] = mapped_column(
        Id, ForeignKey("audit_entry.id"), primary_key=True, info=ruled(LINK, erase=Erase.ROW)
    )
    at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16), info=ruled(TECHNICAL))
    payload: Mapped[dict[str, Any]] = mapped_column(info=ruled(RECORD, purpose=Purpose.SECURITY, erase=Erase.ROW))


class AuditSeal(Base):
    """One link of the chain: hash = SHA-256(previous hash ‖ leaf)."""

    __tablename__ = "audit_seal"
    __subject__ = None

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=ruled(TECHNICAL))
    entry_id: Mapped[str] = mapped_column(Id, unique=True, info=ruled(TECHNICAL))
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32), info=ruled(TECHNICAL))
    chained: Mapped[bytes] = mapped_column(LargeBinary(32), info=ruled(TECHNICAL))
    sealed_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))


# Refuses edits for every role, even the owner's: a second lock behind the grants.
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$
"""


def append_only(table: Any, *, deletable: bool = False) -> None:
    """Give a table the trigger that refuses UPDATE (and DELETE, unless `deletable` by the sweeper)."""
    events = "UPDATE" if deletable else "UPDATE OR DELETE"
    trigger = (
        f"CREATE TRIGGER {table.name}_append_only BEFORE {events} ON {table.name} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    for statement in (APPEND_ONLY, trigger):
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


append_only(AuditEntry.__table__, deletable=True)
append_only(AuditPayload.__table__, deletable=True)
append_only(AuditSeal.__table__)
