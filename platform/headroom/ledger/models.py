"""Tables of payments, legs, refunds, payees and what the provider told us. The books: books.py.

People stand here as ids without foreign keys: a row of money outlives the account it names.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import (
    DAYS_OF_FINANCIAL_RECORDS,
    DAYS_OF_SECURITY_RECORDS,
    FINANCIAL,
    KEY,
    RECORD,
    TECHNICAL,
    Erase,
    RowLife,
    Source,
    ruled,
)
from headroom.db import Base, Id, MinorUnits
from headroom.ids import new_id
from headroom.ledger.books import CURRENCY, FACT, IDS_ONLY, PROVIDER_ID, SUBJECT
from headroom.ledger.books import JournalEntry as JournalEntry
from headroom.ledger.books import LedgerAccount as LedgerAccount
from headroom.ledger.books import LedgerBalance as LedgerBalance
from headroom.ledger.books import PostingLine as PostingLine

_PROVIDED = ruled(FINANCIAL, source=Source.PAYMENT_PROVIDER, recipients=("stripe",))


class PaymentState(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"  # a slow method was chosen; days may pass
    HELD = "held"
    RELEASED = "released"
    REFUNDED = "refunded"  # everything went back or was promised back
    CLOSED = "closed"  # ended unpaid
    BLOCKED = "blocked"  # what arrived does not fit; staff decides


class AttemptState(StrEnum):
    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    STRAY = "stray"  # paid, but not accepted: late, second, or wrong


class LegState(StrEnum):
    ACCRUED = "accrued"  # released, in clearing
    ELIGIBLE = "eligible"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"  # the payee cannot receive yet
    REVERSING = "reversing"
    REVERSED = "reversed"
    WRITTEN_OFF = "written_off"


class RefundState(StrEnum):
    PROMISED = "promised"
    PENDING = "pending"  # the provider has it
    SETTLED = "settled"
    FAILED = "failed"


class Payment(Base):
    """The price of one subject and how it is to be split. At most one per subject."""

    __tablename__ = "payment"
    __subject__ = "payer_id"
    __row_life__ = RowLife("created_at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        UniqueConstraint("purpose", "subject_id"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("state IN ('open','processing','held','released','refunded','closed','blocked')", name="state"),
        Index("ix_payment_payer", "payer_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "pay"), info=ruled(KEY))
    purpose: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    subject_id: Mapped[str] = mapped_column(Id, info=ruled(FINANCIAL))
    payer_id: Mapped[str] = mapped_column(Id, info=ruled(FINANCIAL))
    title: Mapped[str] = mapped_column(Text, info=ruled(FINANCIAL, recipients=("stripe",)))
    price_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL, recipients=("stripe",)))
    currency: Mapped[str] = mapped_column(CURRENCY, info=ruled(FINANCIAL))
    shares: Mapped[list[Any]] = mapped_column(info=ruled(FINANCIAL, why="party ids and basis points"))
    state: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    paid_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))

    @property
    def subject(self) -> str:
        return f"{self.purpose}:{self.subject_id}"


class PaymentAttempt(Base):
    """One try to collect a payment: one hosted checkout. At most one is open per payment."""

    __tablename__ = "payment_attempt"
    __subject__ = "payment_id.payer_id"
    __row_life__ = RowLife("opened_at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        Index(
            "uq_payment_attempt_open",
            "payment_id",
            unique=True,
            postgresql_where="state IN ('open','processing')",
        ),
        CheckConstraint("state IN ('open','processing','paid','failed','expired','stray')", name="state"),
        Index("ix_payment_attempt_looked", "looked_at", postgresql_where="state IN ('open','processing')"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "pat"), info=ruled(KEY))
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    state: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    checkout_id: Mapped[str | None] = mapped_column(PROVIDER_ID, unique=True, info=_PROVIDED)
    checkout_url: Mapped[str | None] = mapped_column(Text, info=_PROVIDED)
    intent_id: Mapped[str | None] = mapped_column(PROVIDER_ID, unique=True, info=_PROVIDED)
    return_path: Mapped[str] = mapped_column(Text, info=ruled(RECORD))
    cancel_path: Mapped[str] = mapped_column(Text, info=ruled(RECORD))
    locale: Mapped[str] = mapped_column(String(8), info=ruled(RECORD))
    opened_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    expires_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    looked_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    closed_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class Charge(Base):
    """Money that arrived: the totals of one deal (booking.Deal). Locked while its facts are booked."""

    __tablename__ = "charge"
    __subject__ = "payment_id.payer_id"
    __row_life__ = RowLife("charged_at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        CheckConstraint("home IN ('held','suspense')", name="home"),
        CheckConstraint("promised_minor + lost_minor <= captured_minor", name="returned"),
        CheckConstraint("refunded_minor + credited_minor <= promised_minor", name="refunded"),
    )

    id: Mapped[str] = mapped_column(PROVIDER_ID, primary_key=True, info=_PROVIDED)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    attempt_id: Mapped[str] = mapped_column(ForeignKey("payment_attempt.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    subject: Mapped[str] = mapped_column(SUBJECT, unique=True, info=ruled(FINANCIAL))
    home: Mapped[str] = mapped_column(String(10), info=ruled(FINANCIAL))
    intent_id: Mapped[str] = mapped_column(PROVIDER_ID, unique=True, info=_PROVIDED)
    method: Mapped[str] = mapped_column(Text, info=_PROVIDED)
    currency: Mapped[str] = mapped_column(CURRENCY, info=ruled(FINANCIAL))
    captured_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    promised_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    refunded_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    credited_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    disputed_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    lost_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    settled_currency: Mapped[str] = mapped_column(CURRENCY, info=_PROVIDED)
    settled_minor: Mapped[int] = mapped_column(MinorUnits, info=_PROVIDED)
    charged_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    available_on: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    released_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    legs_settled_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class PayoutLeg(Base):
    """One party's share of one released charge on its way to the party's own account."""

    __tablename__ = "payout_leg"
    __subject__ = "party"
    __row_life__ = RowLife("created_at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        UniqueConstraint("charge_id", "party"),
        CheckConstraint("reversed_minor >= 0 AND sent_minor >= reversed_minor", name="sent"),
        Index("ix_payout_leg_party", "party", "state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "leg"), info=ruled(KEY))
    charge_id: Mapped[str] = mapped_column(ForeignKey("charge.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    party: Mapped[str] = mapped_column(Id, info=ruled(FINANCIAL))
    currency: Mapped[str] = mapped_column(CURRENCY, info=ruled(FINANCIAL))
    state: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    sent_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    reversed_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    transfers: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    transfer_id: Mapped[str | None] = mapped_column(PROVIDER_ID, info=_PROVIDED)
    reason: Mapped[str | None] = mapped_column(String(60), info=ruled(RECORD))
    not_before: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    settled_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class Refund(Base):
    """Our promise to return a part of a charge. The provider may need several tries for it."""

    __tablename__ = "refund"
    __subject__ = "payment_id.payer_id"
    __row_life__ = RowLife("planned_at", DAYS_OF_FINANCIAL_RECORDS)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("state IN ('promised','pending','settled','failed')", name="state"),
        Index("ix_refund_charge", "charge_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "rfd"), info=ruled(KEY))
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    charge_id: Mapped[str] = mapped_column(ForeignKey("charge.id", ondelete="CASCADE"), info=ruled(FINANCIAL))
    amount_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(FINANCIAL))
    reason: Mapped[str] = mapped_column(String(60), info=ruled(RECORD))
    state: Mapped[str] = mapped_column(String(10), info=ruled(RECORD))
    provider_refund_id: Mapped[str | None] = mapped_column(PROVIDER_ID, unique=True, info=_PROVIDED)
    failure: Mapped[str | None] = mapped_column(String(60), info=_PROVIDED)
    planned_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    settled_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class Payee(Base):
    """A person's account at the payment provider, and what it can do as of the last look."""

    __tablename__ = "payee"
    __subject__ = "person_id"
    __row_life__ = RowLife("created_at", DAYS_OF_FINANCIAL_RECORDS)

    person_id: Mapped[str] = mapped_column(Id, primary_key=True, info=ruled(FINANCIAL))
    account_id: Mapped[str | None] = mapped_column(PROVIDER_ID, unique=True, info=_PROVIDED)
    country: Mapped[str] = mapped_column(String(2), info=ruled(FINANCIAL, source=Source.PERSON))
    transfers: Mapped[str] = mapped_column(String(20), info=_PROVIDED)
    payouts_enabled: Mapped[bool] = mapped_column(info=_PROVIDED)
    details_submitted: Mapped[bool] = mapped_column(info=_PROVIDED)
    currently_due: Mapped[int] = mapped_column(Integer, info=_PROVIDED)
    disabled_reason: Mapped[str | None] = mapped_column(String(120), info=_PROVIDED)
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    looked_at: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))


class StripeEvent(Base):
    """A delivery as it came. The payload is kept for questions later and is never believed."""

    __tablename__ = "stripe_event"
    __subject__ = None
    __subject_why__ = "raw deliveries name objects of the provider; gone after twelve months"
    __row_life__ = RowLife("received_at", DAYS_OF_SECURITY_RECORDS)
    __table_args__ = (
        CheckConstraint("state IN ('stored','handled','unknown','orphan')", name="state"),
        Index("ix_stripe_event_stored", "received_at", postgresql_where="state = 'stored'"),
    )

    id: Mapped[str] = mapped_column(PROVIDER_ID, primary_key=True, info=ruled(KEY))
    endpoint: Mapped[str] = mapped_column(String(10), info=ruled(TECHNICAL))
    type: Mapped[str] = mapped_column(String(255), info=ruled(TECHNICAL))
    object_id: Mapped[str | None] = mapped_column(PROVIDER_ID, info=ruled(TECHNICAL))
    intent_id: Mapped[str | None] = mapped_column(PROVIDER_ID, info=ruled(TECHNICAL))
    group: Mapped[str | None] = mapped_column(PROVIDER_ID, info=ruled(TECHNICAL))
    account: Mapped[str | None] = mapped_column(PROVIDER_ID, info=ruled(TECHNICAL))
    payload: Mapped[bytes | None] = mapped_column(
        info=ruled(FINANCIAL, erase=Erase.NONE, source=Source.PAYMENT_PROVIDER, why="as delivered; twelve months")
    )
    state: Mapped[str] = mapped_column(String(10), info=ruled(TECHNICAL))
    created_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    received_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    handled_at: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))


class ProviderMovement(Base):
    """One change of the platform's balance as the provider lists it: the other half of reconciliation."""

    __tablename__ = "provider_movement"
    __subject__ = None
    __subject_why__ = IDS_ONLY

    id: Mapped[str] = mapped_column(PROVIDER_ID, primary_key=True, info=ruled(KEY))
    kind: Mapped[str] = mapped_column(String(60), info=ruled(TECHNICAL))
    source: Mapped[str | None] = mapped_column(PROVIDER_ID, info=FACT)
    net_minor: Mapped[int] = mapped_column(MinorUnits, info=FACT)
    currency: Mapped[str] = mapped_column(CURRENCY, info=ruled(TECHNICAL))
    created_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))


class LedgerCursor(Base):
    """How far a sweep has read."""

    __tablename__ = "ledger_cursor"
    __subject__ = None

    name: Mapped[str] = mapped_column(String(40), primary_key=True, info=ruled(KEY))
    read_to: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    ran_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))


class LedgerAlarm(Base):
    """Something that staff must look at. One open alarm per kind and subject."""

    __tablename__ = "ledger_alarm"
    __subject__ = None
    __subject_why__ = IDS_ONLY
    __table_args__ = (
        Index("uq_ledger_alarm_open", "kind", "subject", unique=True, postgresql_where="closed_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "alm"), info=ruled(KEY))
    kind: Mapped[str] = mapped_column(String(40), info=ruled(TECHNICAL))
    subject: Mapped[str] = mapped_column(String(300), info=FACT)
    facts: Mapped[dict[str, Any]] = mapped_column(info=FACT)
    raised_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    closed_at: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))
