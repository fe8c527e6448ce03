"""Write journals, read balances, and prove that both still agree with the facts."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from headroom.ids import new_id
from headroom.ledger import facts
from headroom.ledger.booking import Journal
from headroom.ledger.books import JournalEntry, LedgerAccount, LedgerBalance
from headroom.ledger.chart import Account, AccountKind, in_natural_sign

SLOTS = 16  # how many bookings may touch a platform-wide account at once

# One round trip and one sorted update per batch: sorted locks cannot deadlock, and a batch is a unit's whole work.
# Sent to the driver as it stands: compiling it again for each booking cost a tenth of the whole.
_WRITE = """
WITH entry AS (
  INSERT INTO journal (id, sequence, key, kind, subject, fact, provider_txn, occurred_at, booked_at)
  SELECT id, sequence, key, kind, subject, fact, provider_txn, occurred_at, booked_at
  FROM jsonb_to_recordset(%(journals)s::jsonb) AS j(id text, sequence int, key text, kind text, subject text,
    fact jsonb, provider_txn text, occurred_at timestamptz, booked_at timestamptz)
), line AS (
  SELECT * FROM jsonb_to_recordset(%(lines)s::jsonb) AS l(journal_id text, account_id text, kind text,
    owner text, subject text, currency text, slot int, amount_minor bigint)
), account AS (
  INSERT INTO ledger_account (id, kind, owner, subject, currency)
  SELECT account_id, kind, owner, subject, currency FROM line ON CONFLICT DO NOTHING
), posted AS (
  INSERT INTO posting (journal_id, account_id, amount_minor) SELECT journal_id, account_id, amount_minor FROM line
)
INSERT INTO ledger_balance (account_id, slot, amount_minor)
SELECT account_id, slot, sum(amount_minor) FROM line GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (account_id, slot) DO UPDATE SET amount_minor = ledger_balance.amount_minor + excluded.amount_minor
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal, the fact it books, and when that happened."""

    journal: Journal
    fact: facts.Fact | None
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """An account and its balance, debit positive."""

    account_id: str
    kind: str
    owner: str
    subject: str
    currency: str
    amount_minor: int

    @property
    def natural_minor(self) -> int:
        """The balance as people read it: liabilities and income positive."""
        return in_natural_sign(AccountKind(self.kind), self.amount_minor)


def write(session: Session, entries: Sequence[Entry], *, after: int, now: datetime) -> None:
    """Append journals and move the balances. `after`: how many journals the subject has already.

    A key that is booked already raises IntegrityError; callers hold the subject's lock and have asked.
    """
    journals: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=after + 1):
        journal_id = new_id("jrn")
        movement = getattr(entry.fact, "movement", None)
        journals.append(
            {
                "id": journal_id,
                "sequence": number,
                "key": entry.journal.key,
                "kind": entry.journal.kind,
                "subject": entry.journal.subject,
                "fact": facts.to_json(entry.fact) if entry.fact is not None else {},
                "provider_txn": movement.txn_id if movement is not None else None,
                "occurred_at": entry.occurred_at.isoformat(),
                "booked_at": now.isoformat(),
            }
        )
        lines += [_line(journal_id, entry.journal, p.account, p.amount_minor) for p in entry.journal.postings]
    if journals:
        parameters = {"journals": json.dumps(journals), "lines": json.dumps(lines)}
        session.connection().exec_driver_sql(_WRITE, parameters)


def _line(journal_id: str, journal: Journal, account: Account, amount_minor: int) -> dict[str, Any]:
    slot = 0 if account.subject else zlib.crc32(journal.subject.encode()) % SLOTS
    return {
        "journal_id": journal_id,
        "account_id": account.id,
        "kind": account.kind.value,
        "owner": account.owner,
        "subject": account.subject,
        "currency": account.currency,
        "slot": slot,
        "amount_minor": amount_minor,
    }


def booked_keys(session: Session, subject: str) -> frozenset[str]:
    """Keys of every fact booked for a subject."""
    return frozenset(session.scalars(select(JournalEntry.key).where(JournalEntry.subject == subject)))


def entries_of(session: Session, subject: str) -> Sequence[JournalEntry]:
    """A subject's journals in the order in which they were booked."""
    return session.scalars(
        select(JournalEntry).where(JournalEntry.subject == subject).order_by(JournalEntry.sequence)
    ).all()


def trial_balance(session: Session) -> list[BalanceLine]:
    """Every account that is not at zero; the amounts sum to zero in each currency."""
    total = func.sum(LedgerBalance.amount_minor)
    rows = session.execute(
        select(LedgerAccount, total)
        .join(LedgerBalance, LedgerBalance.account_id == LedgerAccount.id)
        .group_by(LedgerAccount.id)
        .having(total != 0)
        .order_by(LedgerAccount.id)
    )
    return [BalanceLine(a.id, a.kind, a.owner, a.subject, a.currency, int(amount)) for a, amount in rows]


def balance(session: Session, account: Account) -> int:
    """One account's balance, debit positive; zero when it was never used."""
    found = session.scalar(select(func.sum(LedgerBalance.amount_minor)).where(LedgerBalance.account_id == account.id))
    return int(found or 0)


def drifted(session: Session) -> list[tuple[str, int, int]]:
    """Accounts whose materialized balance is not the sum of their postings: (account, materialized, summed)."""
    rows = session.execute(
        text(
            """
            SELECT account_id, coalesce(kept, 0), coalesce(summed, 0) FROM
              (SELECT account_id, sum(amount_minor) AS kept FROM ledger_balance GROUP BY 1) AS k
              FULL JOIN (SELECT account_id, sum(amount_minor) AS summed FROM posting GROUP BY 1) AS s
              USING (account_id)
            WHERE coalesce(kept, 0) <> coalesce(summed, 0) ORDER BY 1
            """
        )
    )
    return [(str(account), int(kept), int(summed)) for account, kept, summed in rows]


def rebuild(session: Session) -> None:
    """Make the materialized balances anew from the postings. Bookings wait meanwhile."""
    session.execute(text("LOCK TABLE ledger_balance IN EXCLUSIVE MODE"))
    session.execute(text("DELETE FROM ledger_balance"))
    session.execute(
        text(
            "INSERT INTO ledger_balance (account_id, slot, amount_minor) "
            "SELECT account_id, 0, sum(amount_minor) FROM posting GROUP BY 1"
        )
    )
