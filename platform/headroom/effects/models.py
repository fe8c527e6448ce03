"""The effect row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import FINANCIAL, KEY, TECHNICAL, RowLife, ruled
from headroom.db import Base, Id
from headroom.ids import new_id


class EffectState(StrEnum):
    """Where an effect stands."""

    INTENT = "intent"  # decided, not yet called
    SENDING = "sending"  # a worker is calling, or died calling
    UNKNOWN = "unknown"  # called, no answer: look up before calling again
    DONE = "done"
    FAILED = "failed"  # refused for good; somebody must decide


class Effect(Base):
    """One thing to be done outside, once."""

    __tablename__ = "effect"
    __subject__ = None
    __subject_why__ = "names rows by id only; their own tables lead to the person"
    __row_life__ = RowLife("settled_at", 3653)
    __table_args__ = (
        UniqueConstraint("kind", "natural_key"),
        CheckConstraint("state IN ('intent','sending','unknown','done','failed')", name="state"),
        CheckConstraint("generation >= 1 AND attempts >= 0", name="counts"),
        Index("ix_effect_open", "next_try_at", postgresql_where="state IN ('intent','sending','unknown')"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "eff"), info=ruled(KEY))
    kind: Mapped[str] = mapped_column(String(60), info=ruled(TECHNICAL))
    natural_key: Mapped[str] = mapped_column(String(200), info=ruled(TECHNICAL))
    params: Mapped[dict[str, Any]] = mapped_column(info=ruled(FINANCIAL))
    state: Mapped[str] = mapped_column(String(10), info=ruled(TECHNICAL))
    generation: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    attempts: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    provider_ref: Mapped[str | None] = mapped_column(String(120), info=ruled(FINANCIAL))
    last_error: Mapped[str | None] = mapped_column(
        Text, info=ruled(TECHNICAL, why="an error code of a provider, no personal data")
    )
    planned_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    next_try_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    first_sent_at: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))
    settled_at: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))

    @property
    def idempotency_key(self) -> str:
        """The key for the provider: the same for every try of one generation, at most 255 characters."""
        return f"mm1:{self.id}:{self.generation}"
