"""Tables of stored files, each column with its data rule.

`owner_id` is a person's id without a foreign key: people live in a room above this one.
Keys in the store: `o/<random>` for what people sent, `p/<random>` for previews made of it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from headroom.data_rules import CONTENT, KEY, LINK, RECORD, TECHNICAL, RowLife, ruled
from headroom.db import Base, Id
from headroom.files.states import State
from headroom.ids import new_id

ORIGINAL_PREFIX = "o/"
PREVIEW_PREFIX = "p/"
KEY_LENGTH = 80
DAYS_OF_GRANTS = 365  # security records: twelve months


@dataclass(frozen=True)
class Scope:
    """What a file belongs to, in a room above: a kind and an id, e.g. ("order", "ord_…")."""

    kind: str
    id: str


def new_key(prefix: str) -> str:
    """A store key nobody can guess and that is never used twice."""
    return prefix + secrets.token_hex(20)


def _states() -> str:
    return "state IN (" + ",".join(f"'{state.value}'" for state in State) + ")"


class StoredFile(Base):
    """One file somebody sent, from the first announcement to the tombstone."""

    __tablename__ = "stored_file"
    __subject__ = "owner_id"
    __table_args__ = (
        CheckConstraint(_states(), name="state"),
        CheckConstraint("byte_size >= 1", name="size"),
        CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="sha256"),
        CheckConstraint("state <> 'ready' OR sha256 IS NOT NULL", name="ready_is_hashed"),
        CheckConstraint("(state = 'expiring') = (expiring_since IS NOT NULL)", name="expiring"),
        Index("ix_stored_file_scope", "scope_kind", "scope_id"),
        Index("ix_stored_file_purge_at", "purge_at", postgresql_where="purge_at IS NOT NULL"),
        Index(
            "ix_stored_file_moving",
            "state",
            postgresql_where="state IN ('declared','uploading','assembled','checking','expiring','purging')",
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "fil"), info=ruled(KEY))
    owner_id: Mapped[str] = mapped_column(Id, index=True, info=ruled(LINK))
    scope_kind: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    scope_id: Mapped[str] = mapped_column(Id, info=ruled(RECORD))
    purpose: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    original_name: Mapped[str] = mapped_column(Text, info=ruled(CONTENT))
    content_type: Mapped[str] = mapped_column(String(80), info=ruled(RECORD))
    byte_size: Mapped[int] = mapped_column(BigInteger, info=ruled(RECORD))
    sha256: Mapped[str | None] = mapped_column(String(64), info=ruled(RECORD))
    object_key: Mapped[str] = mapped_column(
        String(KEY_LENGTH), unique=True, default=partial(new_key, ORIGINAL_PREFIX), info=ruled(TECHNICAL)
    )
    state: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    state_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    rested_in: Mapped[str | None] = mapped_column(String(12), info=ruled(TECHNICAL))
    facts: Mapped[dict[str, Any] | None] = mapped_column(info=ruled(RECORD))
    findings: Mapped[dict[str, Any] | None] = mapped_column(info=ruled(RECORD))
    modified_at: Mapped[datetime | None] = mapped_column(info=ruled(CONTENT))
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    purge_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    purge_reason: Mapped[str | None] = mapped_column(String(40), info=ruled(RECORD))
    extended_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    expiring_since: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    last_grant_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    missing_since: Mapped[datetime | None] = mapped_column(info=ruled(TECHNICAL))

    previews: Mapped[list[FilePreview]] = relationship(lazy="raise", viewonly=True)

    @property
    def scope(self) -> Scope:
        return Scope(self.scope_kind, self.scope_id)


class FileUpload(Base):
    """One attempt to bring a file's bytes into the store."""

    __tablename__ = "file_upload"
    __subject__ = "file_id.owner_id"
    __table_args__ = (
        CheckConstraint("state IN ('open','completing','completed','aborted')", name="state"),
        CheckConstraint("parts BETWEEN 1 AND 10000 AND part_bytes >= 1", name="cut"),
        Index("ix_file_upload_open", "last_activity_at", postgresql_where="state IN ('open','completing')"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "upl"), info=ruled(KEY))
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), unique=True, info=ruled(TECHNICAL))
    owner_id: Mapped[str] = mapped_column(Id, info=ruled(LINK))
    fingerprint: Mapped[str] = mapped_column(String(128), info=ruled(RECORD))
    state: Mapped[str] = mapped_column(String(12), info=ruled(RECORD))
    store_upload_id: Mapped[str | None] = mapped_column(
        Text, info=ruled(TECHNICAL, why="the store's own name of an upload, no personal data")
    )
    part_bytes: Mapped[int] = mapped_column(BigInteger, info=ruled(TECHNICAL))
    parts: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    started_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    last_activity_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    @property
    def in_parts(self) -> bool:
        return self.parts > 1


class FileUploadPart(Base):
    """What an address was signed for: these bytes, as this part."""

    __tablename__ = "file_upload_part"
    __subject__ = "upload_id.owner_id"
    __table_args__ = (CheckConstraint("octet_length(sha256) = 32", name="sha256"),)

    upload_id: Mapped[str] = mapped_column(
        ForeignKey("file_upload.id", ondelete="CASCADE"), primary_key=True, info=ruled(TECHNICAL)
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=ruled(TECHNICAL))
    size_bytes: Mapped[int] = mapped_column(BigInteger, info=ruled(TECHNICAL))
    sha256: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(TECHNICAL))
    signed_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))


class FilePeaks(Base):
    """The waveform of a file, kept when the file is purged: it is part of the order's record.

    `pairs` is int8, laid out [bucket][channel][low, high].
    """

    __tablename__ = "file_peaks"
    __subject__ = "file_id.owner_id"

    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), primary_key=True, info=ruled(TECHNICAL))
    buckets: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    channels: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    bucket_frames: Mapped[int] = mapped_column(BigInteger, info=ruled(RECORD))
    sample_rate_hz: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    pairs: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(RECORD))


class FilePreview(Base):
    """A smaller rendering to play in the page. The row comes before the object, so none is ever orphaned."""

    __tablename__ = "file_preview"
    __subject__ = "file_id.owner_id"
    __table_args__ = (Index("ux_file_preview_format", "file_id", "format", unique=True),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "prv"), info=ruled(KEY))
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), info=ruled(TECHNICAL))
    format: Mapped[str] = mapped_column(String(8), info=ruled(TECHNICAL))
    content_type: Mapped[str] = mapped_column(String(80), info=ruled(TECHNICAL))
    object_key: Mapped[str] = mapped_column(
        String(KEY_LENGTH), unique=True, default=partial(new_key, PREVIEW_PREFIX), info=ruled(TECHNICAL)
    )
    byte_size: Mapped[int | None] = mapped_column(BigInteger, info=ruled(TECHNICAL))
    stored_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class DownloadGrant(Base):
    """One permission to take one file, for one person; the address it led to is never stored."""

    __tablename__ = "download_grant"
    __subject__ = "person_id"
    __row_life__ = RowLife("granted_at", DAYS_OF_GRANTS)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "dgr"), info=ruled(KEY))
    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), index=True, info=ruled(RECORD))
    person_id: Mapped[str] = mapped_column(Id, index=True, info=ruled(LINK))
    granted_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    expires_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))


class FileHold(Base):
    """A reason why nothing of a scope may be deleted now."""

    __tablename__ = "file_hold"
    __subject__ = None
    __subject_why__ = "names a scope by id; the scope's own table leads to its people"
    __table_args__ = (
        Index(
            "ux_file_hold_live",
            "scope_kind",
            "scope_id",
            "reason",
            unique=True,
            postgresql_where="lifted_at IS NULL",
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "hld"), info=ruled(KEY))
    scope_kind: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    scope_id: Mapped[str] = mapped_column(Id, info=ruled(RECORD))
    reason: Mapped[str] = mapped_column(String(40), info=ruled(RECORD))
    placed_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    lifted_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))


class FilePurge(Base):
    """The tombstone and receipt of a deletion: what was deleted, why, when, and what was left (nothing)."""

    __tablename__ = "file_purge"
    __subject__ = "file_id.owner_id"
    __table_args__ = (
        CheckConstraint("objects_left = 0 AND coalesce(disk_files_left, 0) = 0", name="nothing_left"),
        Index("ix_file_purge_scope", "scope_kind", "scope_id"),
    )

    file_id: Mapped[str] = mapped_column(ForeignKey("stored_file.id"), primary_key=True, info=ruled(KEY))
    scope_kind: Mapped[str] = mapped_column(String(20), info=ruled(TECHNICAL))
    scope_id: Mapped[str] = mapped_column(Id, info=ruled(RECORD))
    purpose: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    sha256: Mapped[str | None] = mapped_column(String(64), info=ruled(RECORD))
    byte_size: Mapped[int] = mapped_column(BigInteger, info=ruled(RECORD))
    reason: Mapped[str] = mapped_column(String(40), info=ruled(RECORD))
    policy_version: Mapped[str] = mapped_column(String(20), info=ruled(RECORD))
    actor: Mapped[str] = mapped_column(String(60), info=ruled(RECORD))
    at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    objects_deleted: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    versions_deleted: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    objects_left: Mapped[int] = mapped_column(Integer, info=ruled(RECORD))
    disk_files_left: Mapped[int | None] = mapped_column(Integer, info=ruled(RECORD))


class RetentionNotice(Base):
    """That a scope's people were told, once per date, so many days before its files go."""

    __tablename__ = "file_retention_notice"
    __subject__ = None
    __subject_why__ = "names a scope by id; the scope's own table leads to its people"

    scope_kind: Mapped[str] = mapped_column(String(20), primary_key=True, info=ruled(TECHNICAL))
    scope_id: Mapped[str] = mapped_column(Id, primary_key=True, info=ruled(RECORD))
    purge_at: Mapped[datetime] = mapped_column(primary_key=True, info=ruled(RECORD))
    days_before: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=ruled(RECORD))
    told_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))


class StoreSweep(Base):
    """What one sweep of the store found and removed."""

    __tablename__ = "store_sweep"
    __subject__ = None
    __row_life__ = RowLife("at", 365)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=partial(new_id, "swp"), info=ruled(KEY))
    at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    objects_seen: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    objects_removed: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    strangers_seen: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    uploads_aborted: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    files_missing: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))


class StoreCapability(Base):
    """What the configured store was seen to do, by the storage doctor."""

    __tablename__ = "store_capability"
    __subject__ = None

    endpoint: Mapped[str] = mapped_column(String(200), primary_key=True, info=ruled(TECHNICAL))
    bucket: Mapped[str] = mapped_column(String(80), primary_key=True, info=ruled(TECHNICAL))
    probed_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    checksum_mode: Mapped[str] = mapped_column(String(16), info=ruled(TECHNICAL))
    conditional_put: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    versioning: Mapped[str] = mapped_column(String(12), info=ruled(TECHNICAL))
    lifecycle: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    cors_ours: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    cors_closed: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    clock_skew_s: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    anonymous_refused: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    expired_refused: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    tampered_refused: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    list_parts: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
    list_uploads: Mapped[bool] = mapped_column(Boolean, info=ruled(TECHNICAL))
