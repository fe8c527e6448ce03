"""The books: accounts, journals, postings, balances. Append-only and balanced by the database itself (guards.py).

Ids only: with a person's row gone, what stands here leads to nobody.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import FINANCIAL, KEY, TECHNICAL, Erase, ruled
from headroom.db import Base, Id, MinorUnits
from headroom.ids import new_id
from headroom.ledger import guards

PROVIDER_ID = String(255)  # docs.stripe.com/upgrades: ids may grow to 255 characters
CURRENCY = String(3)
SUBJECT = String(80)  # `purpose:id`

FACT = ruled(FINANCIAL, erase=Erase.NONE, why="ids and amounts; with the person's row gone it leads to nobody")
IDS_ONLY = "holds ids and amounts; payment and payee lead to the person"


class LedgerAccount(Base):
    """One account; its id is its natural name, so that booking needs no look-up."""

    __tablename__ = "ledger_account"
    __subject__ = None
    __subject_why__ = IDS_ONLY

    id: Mapped[str] = mapped_column(String(200), primary_key=True, info=ruled(KEY))
    kind: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    owner: Mapped[str] = mapped_column(Id, info=FACT)
    subject: Mapped[str] = mapped_column(SUBJECT, info=FACT)
    currency: Mapped[str] = mapped_column(CURRENCY, info=ruled(TECHNICAL))

    __table_args__ = (CheckConstraint("right(id, 4) = ':' || currency", name="currency"),)


class JournalEntry(Base):
    """One booked fact. `key` is the fact's natural id, so it is booked once, however often it is heard."""

    __tablename__ = "journal"
    __subject__ = None
    __subject_why__ = IDS_ONLY

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "jrn"), info=ruled(KEY))
    sequence: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    key: Mapped[str] = mapped_column(String(300), unique=True, info=FACT)
    kind: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    subject: Mapped[str] = mapped_column(SUBJECT, info=FACT)
    fact: Mapped[dict[str, Any]] = mapped_column(info=FACT)
    provider_txn: Mapped[str | None] = mapped_column(PROVIDER_ID, unique=True, info=FACT)
    occurred_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    booked_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))

    __table_args__ = (Index("ix_journal_subject", "subject", "sequence"),)


class PostingLine(Base):
    """One line of a journal; debit positive."""

    __tablename__ = "posting"
    __subject__ = None
    __subject_why__ = IDS_ONLY

    journal_id: Mapped[str] = mapped_column(ForeignKey("journal.id"), primary_key=True, info=ruled(KEY))
    account_id: Mapped[str] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True, info=ruled(KEY))
    amount_minor: Mapped[int] = mapped_column(MinorUnits, info=FACT)

    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_posting_account", "account_id"),
    )


class LedgerBalance(Base):
    """A materialized sum of postings. Platform-wide accounts are spread over slots, or one row would queue
    every booking of the site behind its lock; an account's balance is the sum of its slots. No foreign key:
    the nightly comparison checks far more than it could, and each booking would pay for it."""

    __tablename__ = "ledger_balance"
    __subject__ = None
    __subject_why__ = IDS_ONLY

    account_id: Mapped[str] = mapped_column(String(200), primary_key=True, info=ruled(KEY))
    slot: Mapped[int] = mapped_column(Integer, primary_key=True, info=ruled(TECHNICAL))
    amount_minor: Mapped[int] = mapped_column(MinorUnits, info=FACT)


guards.attach(accounts=LedgerAccount, journals=JournalEntry, postings=PostingLine)
