"""A column without a complete rule does not pass."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from headroom.data_rules import CONTENT, KEY, SECRET, TECHNICAL, Erase, days, lint, ruled
from headroom.db import Base
from migrations import models as _every_model  # noqa: F401


def findings_of(**columns: Any) -> list[str]:
    class Shelf(DeclarativeBase):
        metadata = MetaData()

    attributes = {
        "__tablename__": "thing",
        "__subject__": "id",
        "id": mapped_column(String(40), primary_key=True, info=ruled(KEY)),
        **columns,
    }
    model = type("Thing", (Shelf,), attributes)
    return lint(Shelf.metadata, {"thing": model})


def test_every_column_of_the_product_has_a_complete_rule() -> None:
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    assert lint(Base.metadata, models) == []


def test_a_column_without_a_rule_is_named() -> None:
    assert findings_of(note=mapped_column(String(10))) == ["thing.note: no data rule"]


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (mapped_column(Text, info=ruled(TECHNICAL)), "free text is personal"),
        (mapped_column(Text, info=ruled(SECRET)), "a secret is stored as bytes"),
        (mapped_column(String(9), info=ruled(CONTENT, erase=Erase.KEEP)), "erase=keep needs basis=legal_duty"),
        (mapped_column(String(9), info=ruled(CONTENT, retain=days("gone_at", 3))), "retain names no column"),
    ],
)
def test_a_rule_that_cannot_hold_is_named(column: Any, complaint: str) -> None:
    assert any(complaint in finding for finding in findings_of(note=column))


def test_a_value_that_is_cleared_must_be_nullable() -> None:
    class Shelf(DeclarativeBase):
        metadata = MetaData()

    class Thing(Shelf):
        __tablename__ = "thing"
        __subject__ = "id"
        id: Mapped[str] = mapped_column(primary_key=True, info=ruled(KEY))
        at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
        note: Mapped[str] = mapped_column(String(9), info=ruled(CONTENT, retain=days("at", 3)))

    assert any("must be nullable" in finding for finding in lint(Shelf.metadata, {"thing": Thing}))
