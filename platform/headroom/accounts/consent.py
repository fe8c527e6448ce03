"""The ledger of consent: append-only, chained, with the evidence kept beside it.

    hash = SHA-256(hash before ‖ canonical JSON of the row)

The address and browser are in a row of their own, which is cut after three years; the chained row holds only a
salted commitment to them, so the proof stays whole. One writer at a time: consent is rare.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.accounts.models import ConsentEvent, ConsentEvidence, LegalDocument
from headroom.logs import current_request_id

_LOCK = 8_600_110  # advisory lock of the chain's head
_START = bytes(32)
_BATCH = 500  # rows read at once by verify
_HASHED = [
    "seq",
    "subject_ref",
    "kind",
    "document_id",
    "purpose",
    "action",
    "method",
    "locale",
    "session_ref",
    "request_id",
]
_HASHED_BYTES = ["subject_key_hash", "document_sha256", "evidence_hash"]


class ConsentAction(StrEnum):
    """What the person did."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class BrokenChain:
    """The first row that does not follow from the one before it."""

    seq: int


def record(
    session: Session,
    *,
    person_id: str,
    kind: str,
    document: LegalDocument | None,
    action: ConsentAction | str,
    method: str,
    locale: str,
    ip: str | None,
    user_agent: str,
    now: datetime,
    purpose: str | None = None,
    session_ref: str | None = None,
    subject_key_hash: bytes | None = None,
) -> int:
    """Append one act of consent and its evidence; returns its number.

    `kind` says to what (`privacy`, `terms`, `early_start` …), `method` how (`sign_up_box` …), `purpose` for
    which single thing (an order's id), where it is not for a whole document.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    last = session.execute(
        select(ConsentEvent.seq, ConsentEvent.hash).order_by(ConsentEvent.seq.desc()).limit(1)
    ).one_or_none()
    salt = secrets.token_bytes(16)
    row = ConsentEvent(
        seq=last.seq + 1 if last is not None else 1,
        subject_ref=person_id,
        subject_key_hash=subject_key_hash,
        kind=kind,
        document_id=document.id if document is not None else None,
        document_sha256=bytes(document.body_sha256) if document is not None else None,
        purpose=purpose,
        action=ConsentAction(action).value,
        method=method,
        locale=locale,
        at=now,
        session_ref=session_ref,
        request_id=current_request_id.get(),
        evidence_hash=_evidence_hash(salt, ip, user_agent),
        prev_hash=bytes(last.hash) if last is not None else _START,
    )
    row.hash = _chained(row)
    session.add(row)
    session.flush()
    session.add(ConsentEvidence(seq=row.seq, ip=ip, user_agent=user_agent, salt=salt, at=now))
    session.flush()
    return row.seq


def current(session: Session, person_id: str, kind: str) -> ConsentEvent | None:
    """The person's newest act of this kind; what is in force is its `action`."""
    return session.scalars(
        select(ConsentEvent)
        .where(ConsentEvent.subject_ref == person_id, ConsentEvent.kind == kind)
        .order_by(ConsentEvent.seq.desc())
        .limit(1)
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One act of consent as its person sees it; title and version are of the document, if it was one."""

    seq: int
    kind: str
    action: str
    at: datetime
    title: str | None
    version: int | None


def history(session: Session, person_id: str) -> list[Acceptance]:
    """The person's acts of consent, newest first."""
    rows = session.execute(
        select(
            ConsentEvent.seq,
            ConsentEvent.kind,
            ConsentEvent.action,
            ConsentEvent.at,
            LegalDocument.title,
            LegalDocument.version,
        )
        .outerjoin(LegalDocument, LegalDocument.id == ConsentEvent.document_id)
        .where(ConsentEvent.subject_ref == person_id)
        .order_by(ConsentEvent.seq.desc())
    )
    return [Acceptance(*row) for row in rows]


def verify(session: Session) -> BrokenChain | None:
    """Walk the chain from its first row left; None when every hash follows and every evidence still fits."""
    before: bytes | None = None
    for row, evidence in _rows_in_order(session):
        follows = before is None or bytes(row.prev_hash) == before
        if not follows or _chained(row) != bytes(row.hash) or not _fits(row, evidence):
            return BrokenChain(row.seq)
        before = bytes(row.hash)
    return None


def _rows_in_order(session: Session) -> Iterator[tuple[ConsentEvent, ConsentEvidence | None]]:
    """Every act with its evidence, in batches: the rows never change, so no long transaction is needed."""
    last = 0
    while True:
        asked = (
            select(ConsentEvent, ConsentEvidence)
            .outerjoin(ConsentEvidence, ConsentEvidence.seq == ConsentEvent.seq)
            .where(ConsentEvent.seq > last)
            .order_by(ConsentEvent.seq)
            .limit(_BATCH)
        )
        batch = session.execute(asked).all()
        yield from ((row, evidence) for row, evidence in batch)
        if len(batch) < _BATCH:
            return
        last = batch[-1][0].seq


def address_hash(key: bytes, email: str) -> bytes:
    """What a later-presented address is compared by: HMAC-SHA-256 of its lower-case form."""
    return hmac.new(key, b"subject\x00" + email.lower().encode("utf-8"), hashlib.sha256).digest()


def _fits(row: ConsentEvent, evidence: ConsentEvidence | None) -> bool:
    if evidence is None:  # cut after its time
        return True
    whole = _evidence_hash(bytes(evidence.salt), evidence.ip, evidence.user_agent or "")
    return whole == bytes(row.evidence_hash)


def _evidence_hash(salt: bytes, ip: str | None, user_agent: str) -> bytes:
    return hashlib.sha256(salt + json.dumps([ip, user_agent]).encode("utf-8")).digest()


def _chained(row: ConsentEvent) -> bytes:
    facts: dict[str, Any] = {name: getattr(row, name) for name in _HASHED}
    facts |= {name: _hex(getattr(row, name)) for name in _HASHED_BYTES}
    facts["at"] = row.at.isoformat()
    body = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(bytes(row.prev_hash) + body.encode("utf-8")).digest()


def _hex(value: bytes | None) -> str | None:
    return bytes(value).hex() if value is not None else None
