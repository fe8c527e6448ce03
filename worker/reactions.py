"""Who reacts when something below changes: one table per kind of change. No signals, no event bus.

The ledger books a payment and looks up PAYMENT_REACTIONS[purpose]; files finishes a check or a purge and looks
up FILE_REACTIONS[scope kind]. Reactions run in the same transaction as the fact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session


class PaymentReaction(Protocol):
    """Reacts to one fact about the money of one subject."""

    def __call__(self, session: Session, subject_id: str, *, fact: Any, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class PaymentReactions:
    """What the owner of a purpose does when its money moves."""

    paid: PaymentReaction
    processing: PaymentReaction
    failed: PaymentReaction
    expired: PaymentReaction
    refund_settled: PaymentReaction
    refund_failed: PaymentReaction
    legs_settled: PaymentReaction


FileReaction = Callable[..., None]  # (session, file, *, now)

PAYMENT_REACTIONS: dict[str, PaymentReactions] = {}
FILE_REACTIONS: dict[str, FileReaction] = {}
FILE_PURGED_REACTIONS: dict[str, FileReaction] = {}
FILE_EXPIRY_REACTIONS: dict[str, FileReaction] = {}  # gets a files.retention.NoticeDue instead of a file
