"""Tables of accounts, each column with its data rule."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from headroom.audit.models import APPEND_ONLY, append_only
from headroom.data_rules import (
    ACCEPTANCE,
    CONTACT,
    DAYS_OF_ACCEPTANCE,
    DAYS_OF_ACCEPTANCE_ADDRESS,
    DAYS_OF_FULL_ADDRESS,
    DAYS_OF_SECURITY_RECORDS,
    KEY,
    LINK,
    PROFILE,
    RECORD,
    SECRET,
    SECURITY_FACT,
    TECHNICAL,
    AtEnd,
    Erase,
    RowLife,
    days,
    ruled,
)
from headroom.db import Base, Id
from headroom.ids import new_id

MAX_EMAIL = 254  # RFC 5321 path limit less the angle brackets
MAX_NAME = 60
DAYS_TO_CONFIRM = 30  # an address that nobody confirmed may be a stranger's: it is not kept


def _new_person_id() -> str:
    return new_id("per")


def _new_link_id() -> str:
    return new_id("lnk")


def _new_session_id() -> str:
    return new_id("ses")


def _new_document_id() -> str:
    return new_id("doc")


class Person(Base):
    """Someone who signed up. Their address counts as theirs only when `email_verified_at` is set.

    Several unconfirmed people may name one address; the first to confirm it has it, and the others go.
    """

    __tablename__ = "person"
    __subject__ = "id"
    __row_life__ = RowLife("created_at", DAYS_TO_CONFIRM, only_where="email_verified_at IS NULL")

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=_new_person_id, info=ruled(KEY))
    email: Mapped[str] = mapped_column(String(MAX_EMAIL), info=ruled(CONTACT))
    email_verified_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))
    display_name: Mapped[str] = mapped_column(String(MAX_NAME), info=ruled(PROFILE))
    locale: Mapped[str] = mapped_column(String(8), info=ruled(PROFILE))
    time_zone: Mapped[str] = mapped_column(String(64), info=ruled(PROFILE))
    theme: Mapped[str] = mapped_column(String(8), info=ruled(PROFILE))
    age_rule: Mapped[str] = mapped_column(
        String(32), info=ruled(RECORD, why="the age rule that was passed; the year itself is not kept")
    )
    created_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        Index(
            "uq_person_confirmed_email",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("email_verified_at IS NOT NULL"),
        ),
        Index("ix_person_email", text("lower(email)")),
    )


class PasswordRecord(Base):
    """One person's password as a slow keyed hash; the record names its own scheme, pepper and cost."""

    __tablename__ = "password_record"
    __subject__ = "person_id"

    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, info=ruled(LINK, erase=Erase.ROW)
    )
    record: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(SECRET))
    changed_at: Mapped[datetime] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))


class MailLink(Base):
    """A link sent by mail, stored as its hash; used once, then only remembered as used."""

    __tablename__ = "mail_link"
    __subject__ = "person_id"
    __row_life__ = RowLife(anchor="expires_at", days=30)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=_new_link_id, info=ruled(KEY))
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True, info=ruled(LINK, erase=Erase.ROW)
    )
    purpose: Mapped[str] = mapped_column(String(24), info=ruled(TECHNICAL))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=ruled(SECRET))
    browser_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary,
        info=ruled(SECRET, why="hash of the cookie of the browser that asked, which needs no password"),
    )
    created_at: Mapped[datetime] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))
    expires_at: Mapped[datetime] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))
    used_at: Mapped[datetime | None] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))


class SignInSession(Base):
    """One signed-in browser. The cookie holds 256 random bits, this row their SHA-256."""

    __tablename__ = "sign_in_session"
    __subject__ = "person_id"
    __row_life__ = RowLife(anchor="created_at", days=DAYS_OF_SECURITY_RECORDS)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=_new_session_id, info=ruled(KEY))
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), index=True, info=ruled(LINK, erase=Erase.ROW)
    )
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=ruled(SECRET))
    created_at: Mapped[datetime] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))
    last_seen_at: Mapped[datetime] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))
    ended_at: Mapped[datetime | None] = mapped_column(info=ruled(SECURITY_FACT, erase=Erase.ROW))
    ip: Mapped[str | None] = mapped_column(
        String(45),
        info=ruled(SECURITY_FACT, retain=days("created_at", DAYS_OF_FULL_ADDRESS, at_end=AtEnd.CUT_ADDRESS)),
    )
    user_agent: Mapped[str | None] = mapped_column(Text, info=ruled(SECURITY_FACT))


class CapabilityGrant(Base):
    """Something a person may do beyond being a member; taking it back is a second instant on the same row."""

    __tablename__ = "capability_grant"
    __subject__ = "person_id"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True, info=ruled(KEY))
    person_id: Mapped[str] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), info=ruled(LINK, erase=Erase.ROW)
    )
    capability: Mapped[str] = mapped_column(String(24), info=ruled(RECORD))
    granted_by: Mapped[str] = mapped_column(
        String(48), info=ruled(RECORD, why="id of a staff member, or the part of the system that granted it")
    )
    granted_at: Mapped[datetime] = mapped_column(info=ruled(RECORD))
    revoked_at: Mapped[datetime | None] = mapped_column(info=ruled(RECORD))

    __table_args__ = (
        Index(
            "uq_capability_grant_live",
            "person_id",
            "capability",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class LimitBucket(Base):
    """How often something was tried by one keyed subject in one window. Holds hashes only."""

    __tablename__ = "limit_bucket"
    __subject__ = None
    __row_life__ = RowLife(anchor="window_ends_at", days=1)

    key_hash: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, info=ruled(TECHNICAL, why="keyed hash; leads back to nobody")
    )
    limit_name: Mapped[str] = mapped_column(String(32), info=ruled(TECHNICAL))
    used: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    window_ends_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))


class LegalDocument(Base):
    """One published text: a kind, a version, a language. Immutable once posted."""

    __tablename__ = "legal_document"
    __subject__ = None

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=_new_document_id, info=ruled(KEY))
    kind: Mapped[str] = mapped_column(String(24), info=ruled(TECHNICAL))
    version: Mapped[int] = mapped_column(Integer, info=ruled(TECHNICAL))
    locale: Mapped[str] = mapped_column(String(8), info=ruled(TECHNICAL))
    authoritative: Mapped[bool] = mapped_column(info=ruled(TECHNICAL))
    title: Mapped[str] = mapped_column(String(120), info=ruled(TECHNICAL))
    body: Mapped[str] = mapped_column(Text, info=ruled(TECHNICAL, why="our own published text"))
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(TECHNICAL))
    posted_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    effective_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))

    __table_args__ = (
        UniqueConstraint("kind", "version", "locale"),
        Index(
            "uq_legal_document_authoritative",
            "kind",
            "version",
            unique=True,
            postgresql_where=text("authoritative"),
        ),
        CheckConstraint("version = 1 OR effective_at >= posted_at + interval '14 days'", name="notice_of_change"),
    )


class ConsentEvent(Base):
    """One act of consent, append-only and chained: each hash covers the row and the hash before it."""

    __tablename__ = "consent_event"
    __subject__ = "subject_ref"
    __row_life__ = RowLife(
        anchor="at",
        days=DAYS_OF_ACCEPTANCE,
        only_where="NOT EXISTS (SELECT 1 FROM person WHERE person.id = subject_ref)",
    )

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, info=ruled(KEY))
    subject_ref: Mapped[str] = mapped_column(
        String(40), index=True, info=ruled(ACCEPTANCE, why="the person's id, which outlives the person's row")
    )
    subject_key_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=ruled(ACCEPTANCE, why="keyed hash of the address, to match one presented later")
    )
    kind: Mapped[str] = mapped_column(String(40), info=ruled(ACCEPTANCE))
    document_id: Mapped[str | None] = mapped_column(ForeignKey("legal_document.id"), info=ruled(ACCEPTANCE))
    document_sha256: Mapped[bytes | None] = mapped_column(LargeBinary, info=ruled(ACCEPTANCE))
    purpose: Mapped[str | None] = mapped_column(String(120), info=ruled(ACCEPTANCE))
    action: Mapped[str] = mapped_column(String(16), info=ruled(ACCEPTANCE))
    method: Mapped[str] = mapped_column(String(40), info=ruled(ACCEPTANCE))
    locale: Mapped[str] = mapped_column(String(8), info=ruled(ACCEPTANCE))
    at: Mapped[datetime] = mapped_column(info=ruled(ACCEPTANCE))
    session_ref: Mapped[str | None] = mapped_column(String(40), info=ruled(ACCEPTANCE))
    request_id: Mapped[str | None] = mapped_column(String(40), info=ruled(ACCEPTANCE))
    evidence_hash: Mapped[bytes] = mapped_column(
        LargeBinary, info=ruled(ACCEPTANCE, why="commitment to address and agent, which are kept beside")
    )
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(TECHNICAL))
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True, info=ruled(TECHNICAL))


class ConsentEvidence(Base):
    """Where and with what an act of consent was made; cut after three years, while the row it proves stays."""

    __tablename__ = "consent_evidence"
    __subject__ = "seq.subject_ref"
    __row_life__ = RowLife(anchor="at", days=DAYS_OF_ACCEPTANCE_ADDRESS)

    seq: Mapped[int] = mapped_column(
        ForeignKey("consent_event.seq"), primary_key=True, info=ruled(LINK, erase=Erase.NONE)
    )
    ip: Mapped[str | None] = mapped_column(String(45), info=ruled(ACCEPTANCE))
    user_agent: Mapped[str | None] = mapped_column(Text, info=ruled(ACCEPTANCE))
    salt: Mapped[bytes] = mapped_column(LargeBinary, info=ruled(ACCEPTANCE, export=False))
    at: Mapped[datetime] = mapped_column(info=ruled(ACCEPTANCE))


# A second lock behind the grants, for every role: no change ever, and no removal while the person is here or
# the act is younger than its time.
_KEEP_CONSENT = f"""
CREATE OR REPLACE FUNCTION keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.at < now() - interval '{DAYS_OF_ACCEPTANCE} days'
     AND NOT EXISTS (SELECT 1 FROM person WHERE id = OLD.subject_ref) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'consent_event is append-only' USING ERRCODE = 'restrict_violation';
END $$
"""  # noqa: S608 — the number is a constant of this code
_KEEP_CONSENT_TRIGGERS = (
    "CREATE TRIGGER consent_event_append_only BEFORE UPDATE OR DELETE ON consent_event "
    "FOR EACH ROW EXECUTE FUNCTION keep_consent()",
    "CREATE TRIGGER consent_event_no_truncate BEFORE TRUNCATE ON consent_event "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

append_only(LegalDocument.__table__)
for _statement in (APPEND_ONLY, _KEEP_CONSENT, *_KEEP_CONSENT_TRIGGERS):
    event.listen(ConsentEvent.__table__, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]
