"""PURE. What a price means for the person who sets it: net pay, and when it would be transferred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from headroom.ledger.split import PLATFORM, Share, freeze, split
from headroom.money import BASIS_POINTS, Money

# An approval that came from silence leaves this long for an objective-defect claim (wrong file, broken render).
SILENT_CLEARING = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class TransferWindow:
    """Between which instants a transfer is expected: the client approves at once, or never answers."""

    earliest: datetime
    latest: datetime


def net_pay(price: Money, *, platform_fee_bp: int) -> Money:
    """What the engineer gets of `price` when nobody else has a share: the exact amount a real order would split."""
    shares = freeze([Share("payee", BASIS_POINTS - platform_fee_bp), Share(PLATFORM, platform_fee_bp)])
    return Money(split(price.amount_minor, shares)["payee"], price.currency)


def transfer_window(
    starts_at: datetime, *, turnaround: timedelta, review: timedelta, clearing: timedelta
) -> TransferWindow:
    """When the money of work that starts at `starts_at` and is delivered on its last day would be transferred.

    `review`: how long a silent client may take before approval comes by itself. `clearing`: from a click.
    """
    delivered_at = starts_at + turnaround
    return TransferWindow(
        earliest=delivered_at + clearing,
        latest=delivered_at + review + max(clearing, SILENT_CLEARING),
    )
