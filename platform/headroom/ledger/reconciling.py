"""Every night: our `stripe` account against the provider's own list, to the cent; and can we pay what we owe?

I11: each movement of the provider has one journal of ours with the same net, and nothing else moved that
account. I7: what the provider holds covers what we owe, but for the stated operating float, which must itself
cover the fees of money not yet released (fees leave with the charge, income comes with the release).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.db import UtcTime
from headroom.gateways.stripe_facts import BalanceMovement
from headroom.ledger import facts, journals
from headroom.ledger.alarms import AlarmKind, raise_alarm
from headroom.ledger.booking import PLATFORM_KINDS, PLATFORM_SUBJECT, book_platform
from headroom.ledger.chart import OWED_KINDS, AccountKind
from headroom.ledger.models import ProviderMovement

BOOKS_WITHIN = timedelta(hours=1)  # after this a movement without a journal is nobody's delay any more

_DIFFERENT = text(
    """
    SELECT m.id, m.net_minor, m.currency, sum(p.amount_minor) AS booked
    FROM provider_movement m JOIN journal j ON j.provider_txn = m.id
    LEFT JOIN posting p ON p.journal_id = j.id AND p.account_id = 'stripe:::' || m.currency
    GROUP BY m.id HAVING m.net_minor <> coalesce(sum(p.amount_minor), 0) ORDER BY m.id
    """
)
_UNBOOKED = text(
    """
    SELECT m.id, m.kind, m.source, m.net_minor, m.currency, m.created_at FROM provider_movement m
    WHERE NOT EXISTS (SELECT 1 FROM journal j WHERE j.provider_txn = m.id) ORDER BY m.id
    """
)
_UNEXPLAINED = text(
    """
    SELECT a.currency, sum(p.amount_minor) FROM posting p
    JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'stripe'
    JOIN journal j ON j.id = p.journal_id
    WHERE j.provider_txn IS NULL OR (j.booked_at < :settled_before
      AND NOT EXISTS (SELECT 1 FROM provider_movement m WHERE m.id = j.provider_txn))
    GROUP BY 1 HAVING sum(p.amount_minor) <> 0 ORDER BY 1
    """
).bindparams(bindparam("settled_before", type_=UtcTime()))
_UNRELEASED_FEES = text(
    """
    SELECT a.currency, sum(p.amount_minor) FROM charge c
    JOIN journal j ON j.subject = c.subject AND j.kind = 'charge'
    JOIN posting p ON p.journal_id = j.id
    JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'fees'
    WHERE c.released_at IS NULL AND c.captured_minor > c.promised_minor + c.lost_minor
    GROUP BY 1
    """
)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a night's comparison found; all empty when the books agree."""

    movements: int
    different: tuple[str, ...]
    unbooked: tuple[str, ...]
    unexplained: dict[str, int]
    drifted: tuple[str, ...]
    shortage: dict[str, int]

    @property
    def agrees(self) -> bool:
        return not (self.different or self.unbooked or self.unexplained or self.drifted or self.shortage)


def take_in(session: Session, movements: Iterable[BalanceMovement], *, now: datetime) -> int:
    """Keep the provider's movements, and book those that belong to no charge; returns how many were listed."""
    count = 0
    for moved in movements:
        count += 1
        session.execute(
            insert(ProviderMovement)
            .values(
                id=moved.id,
                kind=moved.kind,
                source=moved.source,
                net_minor=moved.net_minor,
                currency=moved.currency,
                created_at=moved.created_at,
            )
            .on_conflict_do_nothing()
        )
        if moved.kind in PLATFORM_KINDS:
            _book_platform(session, moved, now=now)
    return count


def _book_platform(session: Session, moved: BalanceMovement, *, now: datetime) -> None:
    """A payout to our own bank or a monthly fee: one journal, once."""
    value = facts.Movement(moved.id, moved.gross_minor, moved.fee_minor, moved.currency)
    fact = facts.PlatformMoved(moved.kind, moved.source or "", value)
    # One at a time: these journals belong to no payment whose lock could order them.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('ledger.platform'))"))
    keys = journals.booked_keys(session, PLATFORM_SUBJECT)
    if fact.key not in keys and moved.net_minor:
        journals.write(session, [journals.Entry(book_platform(fact), fact, moved.created_at)], after=len(keys), now=now)


def reconcile(
    session: Session,
    *,
    movements: int,
    provider_holds: dict[str, int],
    float_minor: int,
    now: datetime,
    wall_now: datetime,
) -> Reconciliation:
    """Compare, and raise an alarm for each difference. `provider_holds`: available + pending, by currency.

    `wall_now` is held against the provider's own times, which no rehearsal offset moves.
    """
    found = Reconciliation(
        movements=movements,
        different=tuple(_differences(session, now=now)),
        unbooked=tuple(_unbooked(session, now=now, wall_now=wall_now)),
        unexplained=_unexplained(session, now=now),
        drifted=tuple(_drift(session, now=now)),
        shortage=_shortage(session, provider_holds, float_minor, now=now),
    )
    _check_float(session, float_minor, now=now)
    return found


def _differences(session: Session, *, now: datetime) -> Iterable[str]:
    for txn_id, net_minor, currency, booked in session.execute(_DIFFERENT):
        told = {"theirs_minor": net_minor, "ours_minor": int(booked or 0), "currency": currency}
        raise_alarm(session, AlarmKind.DIFFERENCE, txn_id, told, now=now)
        yield txn_id


def _unbooked(session: Session, *, now: datetime, wall_now: datetime) -> Iterable[str]:
    for row in session.execute(_UNBOOKED):
        if row.created_at < wall_now - BOOKS_WITHIN and row.net_minor:
            told = {"kind": row.kind, "source": row.source, "net_minor": row.net_minor, "currency": row.currency}
            raise_alarm(session, AlarmKind.UNMATCHED, row.id, told, now=now)
            yield row.id


def _unexplained(session: Session, *, now: datetime) -> dict[str, int]:
    rows = session.execute(_UNEXPLAINED, {"settled_before": now - BOOKS_WITHIN})
    found = {str(currency): int(amount) for currency, amount in rows}
    for currency, amount in found.items():
        raise_alarm(session, AlarmKind.DIFFERENCE, f"stripe:{currency}", {"unexplained_minor": amount}, now=now)
    return found


def _drift(session: Session, *, now: datetime) -> Iterable[str]:
    for account, kept, summed in journals.drifted(session):
        raise_alarm(session, AlarmKind.DRIFT, account, {"kept_minor": kept, "summed_minor": summed}, now=now)
        yield account


def owed(session: Session) -> dict[str, int]:
    """What the platform owes to others, by currency."""
    totals: dict[str, int] = {}
    for line in journals.trial_balance(session):
        if AccountKind(line.kind) in OWED_KINDS:
            totals[line.currency] = totals.get(line.currency, 0) + line.natural_minor
    return totals


def _shortage(session: Session, provider_holds: dict[str, int], float_minor: int, *, now: datetime) -> dict[str, int]:
    found: dict[str, int] = {}
    for currency, owed_minor in owed(session).items():
        missing = owed_minor - provider_holds.get(currency, 0)
        if missing > float_minor:
            found[currency] = missing
            told = {"owed_minor": owed_minor, "held_minor": provider_holds.get(currency, 0), "float_minor": float_minor}
            raise_alarm(session, AlarmKind.SOLVENCY, currency, told, now=now)
    return found


def _check_float(session: Session, float_minor: int, *, now: datetime) -> None:
    for currency, fees_minor in session.execute(_UNRELEASED_FEES):
        if int(fees_minor) > float_minor:
            told = {"fees_minor": int(fees_minor), "float_minor": float_minor}
            raise_alarm(session, AlarmKind.FLOAT_TOO_SMALL, str(currency), told, now=now)
