"""PURE. What an order costs, who gets how much, and what a cancellation costs. Integers of minor units only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from headroom.ledger.split import PLATFORM, Share, freeze, split
from headroom.mixing.deadlines import Tier, clears_at
from headroom.mixing.states import State
from headroom.money import BASIS_POINTS, allocate

MIN_PRICE_MINOR = 500  # below this the provider's fixed fee eats the engineer's share
MAX_PRICE_MINOR = 5_000_000


def shares_of(engineer_id: str, *, fee_bp: int) -> tuple[Share, ...]:
    """The split snapshot of an order: the engineer and, unless its fee is zero, the platform.

    Raises ValueError for a fee outside 0…9,999 basis points.
    """
    if not 0 <= fee_bp < BASIS_POINTS:
        raise ValueError("a fee is 0 to 9,999 basis points")
    platform = (Share(PLATFORM, fee_bp),) if fee_bp else ()
    return freeze((Share(engineer_id, BASIS_POINTS - fee_bp), *platform))


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an engineer sees before publishing a price."""

    price_minor: int
    fee_minor: int
    net_minor: int
    paid_from: datetime  # the earliest transfer, were it ordered and everything done on the last promised day


REVIEW_AND_INTAKE = timedelta(days=3 + 7)  # the longest intake and the whole review window


def prospect(price_minor: int, *, fee_bp: int, turnaround: timedelta, tier: Tier, now: datetime) -> Prospect:
    """Net pay and the transfer date to expect if a client ordered now and used every hour they have."""
    parts = split(price_minor, shares_of("engineer", fee_bp=fee_bp))
    approved = now + turnaround + REVIEW_AND_INTAKE
    paid_from = clears_at(approved, by_click=False, tier=tier)
    return Prospect(price_minor, parts.get(PLATFORM, 0), parts["engineer"], paid_from)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """What ending the order now means. `by_agreement`: the other side must accept these terms first."""

    kept_percent: int
    kept_minor: int
    refund_minor: int
    by_agreement: bool


BEFORE_WORK = frozenset({State.AWAITING_FILES, State.INTAKE})
AT_WORK = frozenset({State.IN_PROGRESS, State.DELIVERED, State.REVISING, State.SETTLING_TERMS, State.DISPUTED})


def cancellation(
    price_minor: int, state: State, *, versions: int, engineers_fault: bool = False
) -> Cancellation | None:
    """The ladder: what the engineer keeps if the order ends here; None where nothing is held.

    Before intake is accepted 0 %; at work before v1 25 %; after v1 50 %; after two versions 75 %; approved
    100 %. When the engineer is late or cancels, 0 %, always.
    """
    percent = _kept_percent(state, versions)
    if percent is None:
        return None
    if engineers_fault:
        percent = 0
    kept, refund = allocate(price_minor, [percent, 100 - percent])
    alone = state in BEFORE_WORK or engineers_fault
    return Cancellation(percent, kept, refund, by_agreement=not alone)


def _kept_percent(state: State, versions: int) -> int | None:
    if state in BEFORE_WORK:
        return 0
    if state in AT_WORK:
        return (25, 50, 75)[min(versions, 2)]
    return 100 if state is State.APPROVED else None
