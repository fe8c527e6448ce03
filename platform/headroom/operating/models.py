"""Facts of the installation itself."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Integer
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import TECHNICAL, ruled
from headroom.db import Base


class ClockOffset(Base):
    """How far the rehearsal's clock is ahead, in seconds: at most one row, and none in production."""

    __tablename__ = "clock_offset"
    __subject__ = None
    __table_args__ = (CheckConstraint("id = 1", name="single"), CheckConstraint("seconds >= 0", name="forward"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=ruled(TECHNICAL))
    seconds: Mapped[int] = mapped_column(BigInteger, info=ruled(TECHNICAL))
