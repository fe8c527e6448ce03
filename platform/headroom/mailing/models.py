"""The outgoing mail."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import CONTACT, CONTENT, KEY, LINK, RECORD, TECHNICAL, RowLife, Source, days, ruled
from headroom.db import Base, Id
from headroom.ids import new_id

DAYS_OF_MAIL_CONTENT = 30  # to answer "I got no mail"; links in it are long dead by then


class OutgoingMail(Base):
    """One mail to one address."""

    __tablename__ = "outgoing_mail"
    __subject__ = "person_id"
    __row_life__ = RowLife("queued_at", 365)
    __table_args__ = (
        CheckConstraint("state IN ('queued','sent','refused')", name="state"),
        Index("ix_outgoing_mail_waiting", "next_try_at", postgresql_where="state = 'queued'"),
        Index("ix_outgoing_mail_person", "person_id", "queued_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "mail"), info=ruled(KEY))
    person_id: Mapped[str | None] = mapped_column(String(40), info=ruled(LINK))
    to_address: Mapped[str | None] = mapped_column(
        String(320), info=ruled(CONTACT, recipients=("mail",), retain=days("queued_at", DAYS_OF_MAIL_CONTENT))
    )
    template: Mapped[str] = mapped_column(String(80), info=ruled(RECORD))
    values: Mapped[dict[str, Any] | None] = mapped_column(
        info=ruled(
            CONTENT,
            recipients=("mail",),
            source=Source.AUTOMATIC,
            export=False,
            retain=days("queued_at", DAYS_OF_MAIL_CONTENT),
        )
    )
    locale: Mapped[str] = mapped_column(String(8), info=ruled(TECHNICAL))
    state: Mapped[str] = mapped_column(String(10), info=ruled(RECORD))
    attempts: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    last_error: Mapped[str | None] = mapped_column(Text, info=ruled(RECORD, source=Source.MAIL_PROVIDER))
    queued_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    next_try_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    accepted_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
