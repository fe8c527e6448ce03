"""Tables of mixing, each column with its data rule.

Parties are ids without a foreign key: when a person leaves, a live order goes on under a pseudonym that joins
to nothing. What an order was agreed on is frozen into it (terms), so that later versions change nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from headroom.data_rules import CONTENT, KEY, LINK, PROFILE, RECORD, TECHNICAL, Erase, Source, ruled
from headroom.db import Base, Id, MinorUnits
from headroom.ids import new_id
from headroom.mixing.access import FileRole
from headroom.mixing.states import PaymentState, Role, State

MAX_TITLE = 120
MAX_TEXT = 4_000
PUBLISHED = ruled(PROFILE, why="shown to everyone on the engineer's page")
OTHERS_WORDS = ruled(CONTENT, source=Source.OTHER_PERSON)


def _one_of(column: str, values: type) -> str:
    listed = ", ".join(f"'{value}'" for value in values)  # type: ignore[attr-defined]
    return f"{column} IN ({listed})"


class EngineerProfile(Base):
    """An engineer as clients see them. Public once `published_at` is set; takes orders unless paused."""

    __tablename__ = "engineer_profile"
    __subject__ = "person_id"

    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, info=ruled(LINK, erase=Erase.ROW)
    )
    handle: Mapped[str] = mapped_column(String(40), unique=True, info=PUBLISHED)
    display_name: Mapped[str] = mapped_column(String(60), info=PUBLISHED)
    headline: Mapped[str] = mapped_column(String(MAX_TITLE), info=PUBLISHED)
    about: Mapped[str] = mapped_column(Text, info=PUBLISHED)
    genres: Mapped[list[Any]] = mapped_column(info=PUBLISHED)
    capacity: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    published_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    paused_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    paused_why: Mapped[str | None] = mapped_column(String(24), info=ruled(RECORD))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint("handle ~ '^[a-z0-9](-?[a-z0-9])*$'", name="handle"),
        CheckConstraint("capacity BETWEEN 1 AND 50", name="capacity"),
        CheckConstraint("(paused_at IS NULL) = (paused_why IS NULL)", name="paused"),
        Index("ix_engineer_profile_public", "published_at", postgresql_where="published_at IS NOT NULL"),
    )


class EngineerCredit(Base):
    """Something an engineer worked on, as they say."""

    __tablename__ = "engineer_credit"
    __subject__ = "engineer_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "crd"), info=ruled(KEY))
    engineer_id: Mapped[str] = mapped_column(
        ForeignKey("engineer_profile.person_id", ondelete="CASCADE"), index=True, info=ruled(LINK, erase=Erase.ROW)
    )
    artist: Mapped[str] = mapped_column(String(MAX_TITLE), info=PUBLISHED)
    title: Mapped[str] = mapped_column(String(MAX_TITLE), info=PUBLISHED)
    role: Mapped[str] = mapped_column(String(60), info=PUBLISHED)
    year: Mapped[int | None] = mapped_column(SmallInteger, info=PUBLISHED)
    added_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))


class ServicePackage(Base):
    """Something an engineer sells. Its content stands in versions; `current` is the one on offer."""

    __tablename__ = "service_package"
    __subject__ = "engineer_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "pkg"), info=ruled(KEY))
    engineer_id: Mapped[str] = mapped_column(
        ForeignKey("engineer_profile.person_id", ondelete="CASCADE"), index=True, info=ruled(LINK, erase=Erase.ROW)
    )
    current: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    retired_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class PackageVersion(Base):
    """One published wording and price of a package; never changed, only followed by the next."""

    __tablename__ = "package_version"
    __subject__ = "package_id.engineer_id"

    package_id: Mapped[str] = mapped_column(
        ForeignKey("service_package.id", ondelete="CASCADE"), primary_key=True, info=ruled(LINK, erase=Erase.ROW)
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, info=ruled(TECHNICAL))
    title: Mapped[str] = mapped_column(String(MAX_TITLE), info=PUBLISHED)
    summary: Mapped[str] = mapped_column(Text, info=PUBLISHED)
    price_minor: Mapped[int] = mapped_column(MinorUnits, info=PUBLISHED)
    currency: Mapped[str] = mapped_column(String(3), info=PUBLISHED)
    turnaround_days: Mapped[int] = mapped_column(SmallInteger, info=PUBLISHED)
    revisions: Mapped[int] = mapped_column(SmallInteger, info=PUBLISHED)
    max_stems: Mapped[int] = mapped_column(SmallInteger, info=PUBLISHED)
    deliverables: Mapped[list[Any]] = mapped_column(info=PUBLISHED)
    sample_rate_hz: Mapped[int | None] = mapped_column(Integer, info=PUBLISHED)
    bit_depth: Mapped[int | None] = mapped_column(SmallInteger, info=PUBLISHED)
    published_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("turnaround_days BETWEEN 1 AND 90 AND revisions BETWEEN 0 AND 20", name="promises"),
    )


class Order(Base):
    """One deal between a client and an engineer. `version` counts its moves; the terms are frozen into it."""

    __tablename__ = "mix_order"
    __subject__ = "client_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "ord"), info=ruled(KEY))
    version: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    client_id: Mapped[str] = mapped_column(String(40), info=ruled(LINK))
    engineer_id: Mapped[str] = mapped_column(String(40), info=ruled(LINK))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    # the deal
    state: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    state_since: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    deadline_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    deadline_event: Mapped[str | None] = mapped_column(String(24), info=ruled(RECORD))
    look_at: Mapped[datetime | None] = mapped_column(
        info=ruled(TECHNICAL, why="when the worker looks at this order again")
    )
    due_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    awaiting_statement_of: Mapped[str | None] = mapped_column(String(12), info=ruled(RECORD))
    statement_since: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    approved_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    approved_by_click: Mapped[bool | None] = mapped_column(Boolean, info=ruled(RECORD))
    clears_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    closed_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))

    # the brief
    title: Mapped[str] = mapped_column(String(MAX_TITLE), info=ruled(CONTENT))
    artist: Mapped[str] = mapped_column(String(MAX_TITLE), info=ruled(CONTENT))
    brief: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    stem_list: Mapped[list[Any]] = mapped_column(info=ruled(CONTENT))
    loudness_lufs: Mapped[float | None] = mapped_column(Float, info=ruled(CONTENT))

    # the frozen terms
    package_id: Mapped[str | None] = mapped_column(String(40), info=ruled(RECORD))
    package_version: Mapped[int | None] = mapped_column(Integer, info=ruled(TECHNICAL))
    offer_number: Mapped[int | None] = mapped_column(Integer, info=ruled(TECHNICAL))
    price_minor: Mapped[int | None] = mapped_column(MinorUnits, info=ruled(RECORD))
    currency: Mapped[str] = mapped_column(String(3), info=ruled(RECORD))
    shares: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    turnaround_days: Mapped[int | None] = mapped_column(SmallInteger, info=ruled(RECORD))
    revisions: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    rounds_used: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    max_stems: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    deliverables: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    sample_rate_hz: Mapped[int | None] = mapped_column(Integer, info=ruled(RECORD))
    bit_depth: Mapped[int | None] = mapped_column(SmallInteger, info=ruled(RECORD))
    start_work_consent: Mapped[str | None] = mapped_column(String(40), info=ruled(RECORD))

    # the payment region, and what a settlement decided
    payment_state: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    kept_minor: Mapped[int | None] = mapped_column(MinorUnits, info=ruled(RECORD))
    refund_minor: Mapped[int | None] = mapped_column(MinorUnits, info=ruled(RECORD))
    settled_why: Mapped[str | None] = mapped_column(String(24), info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint(_one_of("payment_state", PaymentState), name="payment_state"),
        CheckConstraint("client_id <> engineer_id", name="two_people"),
        CheckConstraint("price_minor IS NULL OR price_minor > 0", name="price"),
        CheckConstraint("(deadline_at IS NULL) = (deadline_event IS NULL)", name="deadline"),
        CheckConstraint(
            "kept_minor IS NULL OR (kept_minor >= 0 AND refund_minor >= 0 AND kept_minor + refund_minor = price_minor)",
            name="settlement",
        ),
        Index("ix_mix_order_client", "client_id", "created_at"),
        Index("ix_mix_order_engineer", "engineer_id", "created_at"),
        Index("ix_mix_order_look", "look_at", postgresql_where="look_at IS NOT NULL"),
    )


class OrderEvent(Base):
    """One thing that happened to an order: a move, or a fact that moved nothing (from = to)."""

    __tablename__ = "order_event"
    __subject__ = "order_id.client_id"

    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), primary_key=True, info=ruled(LINK))
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, info=ruled(TECHNICAL))
    from_state: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    to_state: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    event: Mapped[str] = mapped_column(String(24), info=ruled(RECORD))
    role: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    actor_id: Mapped[str | None] = mapped_column(String(40), info=ruled(LINK))
    reason: Mapped[str | None] = mapped_column(Text, info=OTHERS_WORDS)
    payload: Mapped[dict[str, Any]] = mapped_column(info=ruled(RECORD))
    at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint(_one_of("role", Role), name="role"),
        CheckConstraint("seq > 0", name="seq"),
    )


class Offer(Base):
    """One version of what the engineer offers. Never changed, only superseded, withdrawn or accepted."""

    __tablename__ = "order_offer"
    __subject__ = "order_id.engineer_id"

    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), primary_key=True, info=ruled(LINK))
    number: Mapped[int] = mapped_column(Integer, primary_key=True, info=ruled(TECHNICAL))
    price_minor: Mapped[int] = mapped_column(MinorUnits, info=ruled(RECORD))
    currency: Mapped[str] = mapped_column(String(3), info=ruled(RECORD))
    tax_class: Mapped[str] = mapped_column(String(24), info=ruled(RECORD))
    shares: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    turnaround_days: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    revisions: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    max_stems: Mapped[int] = mapped_column(SmallInteger, info=ruled(RECORD))
    deliverables: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    sample_rate_hz: Mapped[int | None] = mapped_column(Integer, info=ruled(RECORD))
    bit_depth: Mapped[int | None] = mapped_column(SmallInteger, info=ruled(RECORD))
    note: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    sent_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    expires_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    ended_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    ended_how: Mapped[str | None] = mapped_column(String(12), info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint("(ended_at IS NULL) = (ended_how IS NULL)", name="ended"),
        CheckConstraint("ended_how IN ('accepted', 'countered', 'withdrawn', 'lapsed')", name="ended_how"),
        Index("uq_order_offer_open", "order_id", unique=True, postgresql_where="ended_at IS NULL"),
    )


class Delivery(Base):
    """One delivered version: immutable, with the SHA-256 over its files' names and hashes."""

    __tablename__ = "order_delivery"
    __subject__ = "order_id.engineer_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "dlv"), info=ruled(KEY))
    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), info=ruled(LINK))
    number: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    note: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    manifest: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    manifest_sha256: Mapped[str] = mapped_column(String(64), info=ruled(RECORD))
    acknowledged: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    arrangement_changed: Mapped[bool] = mapped_column(Boolean, info=ruled(RECORD))
    delivered_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    offset_ms: Mapped[int | None] = mapped_column(
        Integer,
        info=ruled(RECORD, why="how much later the music starts than in what was heard before; empty: not aligned"),
    )
    offset_confidence: Mapped[float | None] = mapped_column(
        Float, info=ruled(RECORD, why="how alike the two sound there, 0 to 1; empty: nothing to compare with")
    )

    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("offset_ms IS NULL OR offset_confidence IS NOT NULL", name="offset"),
        CheckConstraint("offset_confidence BETWEEN 0 AND 1", name="confidence"),
    )


class Review(Base):
    """The fair timer of one delivery (deadlines.Review, stored)."""

    __tablename__ = "order_review"
    __subject__ = "order_id.client_id"

    delivery_id: Mapped[str] = mapped_column(ForeignKey("order_delivery.id"), primary_key=True, info=ruled(LINK))
    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), index=True, info=ruled(LINK))
    mail_id: Mapped[str | None] = mapped_column(String(40), info=ruled(RECORD))
    passed_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    told_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    seen_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    deadline_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    paused_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    extended_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        Index("ix_order_review_unstarted", "mail_id", postgresql_where="deadline_at IS NULL AND mail_id IS NOT NULL"),
    )


class OrderFile(Base):
    """What a stored file is to its order."""

    __tablename__ = "order_file"
    __subject__ = "added_by"

    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), primary_key=True, info=ruled(LINK))
    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), info=ruled(LINK))
    role: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    deliverable: Mapped[str | None] = mapped_column(String(24), info=ruled(RECORD))
    delivery_id: Mapped[str | None] = mapped_column(ForeignKey("order_delivery.id"), info=ruled(RECORD))
    added_by: Mapped[str] = mapped_column(String(40), info=ruled(LINK))
    added_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    explanation: Mapped[str | None] = mapped_column(Text, info=ruled(CONTENT))
    returned_why: Mapped[str | None] = mapped_column(Text, info=OTHERS_WORDS)
    removed_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        CheckConstraint(_one_of("role", FileRole), name="role"),
        CheckConstraint("(role = 'delivery') = (deliverable IS NOT NULL)", name="deliverable"),
        CheckConstraint("delivery_id IS NULL OR role = 'delivery'", name="delivery"),
        Index("ix_order_file_order", "order_id", "added_at"),
    )


class RevisionRound(Base):
    """One consolidated list of wishes on one version. An objective defect costs no round."""

    __tablename__ = "revision_round"
    __subject__ = "order_id.client_id"

    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), primary_key=True, info=ruled(LINK))
    number: Mapped[int] = mapped_column(Integer, primary_key=True, info=ruled(TECHNICAL))
    delivery_id: Mapped[str] = mapped_column(ForeignKey("order_delivery.id"), info=ruled(LINK))
    is_defect: Mapped[bool] = mapped_column(Boolean, info=ruled(RECORD))
    wishes: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    comment_ids: Mapped[list[Any]] = mapped_column(info=ruled(RECORD))
    asked_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    withdrawn_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class Comment(Base):
    """Words at a point or range of a version, or a reply to such words."""

    __tablename__ = "order_comment"
    __subject__ = "author_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "cmt"), info=ruled(KEY))
    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), index=True, info=ruled(LINK))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("order_comment.id"), info=ruled(LINK))
    author_id: Mapped[str] = mapped_column(String(40), info=ruled(LINK))
    kind: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    body: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    resolved_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    resolved_by: Mapped[str | None] = mapped_column(String(40), info=ruled(LINK))

    __table_args__ = (CheckConstraint("kind IN ('note', 'question', 'reply')", name="kind"),)


class CommentPlace(Base):
    """Where a comment stands on one version; the next version gets a place of its own (`is_carried`)."""

    __tablename__ = "comment_place"
    __subject__ = "comment_id.author_id"

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("order_comment.id", ondelete="CASCADE"), primary_key=True, info=ruled(LINK)
    )
    delivery_id: Mapped[str] = mapped_column(ForeignKey("order_delivery.id"), primary_key=True, info=ruled(LINK))
    start_ms: Mapped[int] = mapped_column(BigInteger, info=ruled(RECORD))
    end_ms: Mapped[int | None] = mapped_column(BigInteger, info=ruled(RECORD))
    is_carried: Mapped[bool] = mapped_column(Boolean, info=ruled(RECORD))
    is_outside: Mapped[bool] = mapped_column(
        Boolean, default=False, info=ruled(RECORD, why="its music is not in this version: the place is the edge")
    )

    __table_args__ = (
        CheckConstraint("start_ms >= 0 AND (end_ms IS NULL OR end_ms > start_ms)", name="range"),
        Index("ix_comment_place_delivery", "delivery_id"),
    )


class Message(Base):
    """A message between the parties of an order."""

    __tablename__ = "order_message"
    __subject__ = "author_id"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "msg"), info=ruled(KEY))
    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), info=ruled(LINK))
    author_id: Mapped[str] = mapped_column(String(40), info=ruled(LINK))
    body: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    __table_args__ = (Index("ix_order_message_order", "order_id", "at"),)


class ReminderSent(Base):
    """A reminder went out; the key and the deadline it belongs to make it happen once."""

    __tablename__ = "order_reminder"
    __subject__ = "order_id.client_id"

    order_id: Mapped[str] = mapped_column(ForeignKey("mix_order.id"), primary_key=True, info=ruled(LINK))
    state_since: Mapped[datetime] = mapped_column(primary_key=True, info=ruled(RECORD))
    deadline_at: Mapped[datetime] = mapped_column(primary_key=True, info=ruled(RECORD))
    key: Mapped[str] = mapped_column(String(24), primary_key=True, info=ruled(RECORD))
    sent_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))


# Facts that others rely on cannot be changed, whoever connects. Words and links stay open to the eraser.
_FUNCTION = DDL(  # type: ignore[no-untyped-call]
    "CREATE OR REPLACE FUNCTION mixing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a recorded fact of an order is never changed'; END $$"
)
_FROZEN = {
    OrderEvent: "order_id, seq, from_state, to_state, event, role, payload, at",
    Delivery: "order_id, number, manifest, manifest_sha256, acknowledged, delivered_at",
    Offer: "order_id, number, price_minor, currency, shares, turnaround_days, revisions, deliverables, sent_at",
    PackageVersion: "package_id, number, price_minor, currency, turnaround_days, revisions, deliverables",
}
for _model, _columns in _FROZEN.items():
    _table = _model.__tablename__
    _trigger = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER {_table}_frozen BEFORE UPDATE OF {_columns} ON {_table} "
        "FOR EACH ROW EXECUTE FUNCTION mixing_refuse_change()"
    )
    event.listen(_model.__table__, "after_create", _FUNCTION)
    event.listen(_model.__table__, "after_create", _trigger)
