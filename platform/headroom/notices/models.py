"""The in-app notice."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import CONTENT, KEY, LINK, RECORD, Erase, RowLife, Source, ruled
from headroom.db import Base, Id
from headroom.ids import new_id

DAYS_OF_NOTICES = 180


class Notice(Base):
    """One line in a person's notices."""

    __tablename__ = "notice"
    __subject__ = "person_id"
    __row_life__ = RowLife("posted_at", DAYS_OF_NOTICES)
    __table_args__ = (
        Index("ix_notice_person", "person_id", "posted_at"),
        Index("ix_notice_unseen", "person_id", postgresql_where="seen_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "ntc"), info=ruled(KEY))
    person_id: Mapped[str] = mapped_column(String(40), info=ruled(LINK, erase=Erase.ROW))
    kind: Mapped[str] = mapped_column(String(60), info=ruled(RECORD))
    values: Mapped[dict[str, Any]] = mapped_column(info=ruled(CONTENT, source=Source.AUTOMATIC, erase=Erase.ROW))
    link: Mapped[str] = mapped_column(String(300), info=ruled(RECORD))
    posted_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    seen_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
