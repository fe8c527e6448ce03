"""The record of one request that creates something."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import KEY, LINK, RECORD, TECHNICAL, Erase, RowLife, ruled
from headroom.db import Base, Id
from headroom.ids import new_id

DAYS_OF_REQUEST_KEYS = 3  # longer than any browser keeps a form open and any client retries


class RequestRecord(Base):
    """A key, who used it, for what, and where the answer is."""

    __tablename__ = "request_record"
    __subject__ = None
    __subject_why__ = "owner is a person, a session or nobody; rows live three days"
    __row_life__ = RowLife("asked_at", DAYS_OF_REQUEST_KEYS)
    __table_args__ = (UniqueConstraint("owner", "route", "key"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "req"), info=ruled(KEY))
    owner: Mapped[str] = mapped_column(String(80), info=ruled(LINK, erase=Erase.ROW))
    route: Mapped[str] = mapped_column(String(120), info=ruled(TECHNICAL))
    key: Mapped[str] = mapped_column(String(80), info=ruled(TECHNICAL))
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32), info=ruled(TECHNICAL))
    location: Mapped[str | None] = mapped_column(String(300), info=ruled(RECORD, export=False))
    asked_at: Mapped[datetime] = mapped_column(info=ruled(RECORD, export=False))
