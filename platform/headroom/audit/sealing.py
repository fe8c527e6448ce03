"""Link committed entries into the chain, and check the chain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from headroom.audit.models import AuditEntry, AuditPayload, AuditSeal
from headroom.audit.recording import commitment

SEALER_LOCK = 7_301_001  # advisory lock: one sealer at a time in the whole cluster
GENESIS = hashlib.sha256(b"headroom audit chain, first link").digest()
BATCH = 1000
_IS_SEALED = exists().where(AuditSeal.entry_id == AuditEntry.id)  # NOT IN compares every pair once the chain is long


def seal(session: Session, *, now: datetime) -> int:
    """Link up to 1,000 committed, unlinked entries, oldest first; returns how many (0 if another sealer runs)."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(SEALER_LOCK))):
        return 0
    last = session.execute(select(AuditSeal.seq, AuditSeal.chained).order_by(AuditSeal.seq.desc()).limit(1)).first()
    seq, chained = (last.seq, bytes(last.chained)) if last else (0, GENESIS)
    entries = session.scalars(
        select(AuditEntry).where(~_IS_SEALED).order_by(AuditEntry.at, AuditEntry.id).limit(BATCH)
    ).all()
    for entry in entries:
        seq += 1
        leaf = leaf_of(entry)
        chained = hashlib.sha256(chained + leaf).digest()
        session.add(AuditSeal(seq=seq, entry_id=entry.id, leaf=leaf, chained=chained, sealed_at=now))
    return len(entries)


def leaf_of(entry: AuditEntry) -> bytes:
    """SHA-256 over the public fields and the commitment, in canonical JSON."""
    public = [
        entry.id,
        entry.at.isoformat(),
        entry.actor,
        entry.subject_id,
        entry.action,
        entry.object_kind,
        entry.object_ref,
        entry.reason,
        entry.request_id,
        bytes(entry.commitment).hex(),
    ]
    return hashlib.sha256(json.dumps(public, ensure_ascii=False, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the chain found. `broken_at` names the first entry that does not fit."""

    sealed: int
    unsealed: int
    broken_at: str | None
    reason: str | None


def verify(session: Session) -> Verdict:
    """Walk the whole chain: every link, every entry, every payload that still exists.

    Reports the unsealed tail; entries swept at the end of their time are recognized by their seal alone.
    """
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    unsealed = session.scalar(select(func.count()).select_from(AuditEntry).where(~_IS_SEALED)) or 0
    rows = session.execute(
        select(AuditSeal, AuditEntry, AuditPayload)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .outerjoin(AuditPayload, AuditPayload.entry_id == AuditSeal.entry_id)
        .order_by(AuditSeal.seq)
        .execution_options(yield_per=1000)
    )
    chained, count = GENESIS, 0
    for link, entry, payload in rows:
        count += 1
        chained = hashlib.sha256(chained + bytes(link.leaf)).digest()
        fault = _fault(link, entry, payload, expected_seq=count, expected_chain=chained)
        if fault:
            return Verdict(count, unsealed, link.entry_id, fault)
    return Verdict(count, unsealed, None, None)


def _fault(
    link: AuditSeal, entry: AuditEntry | None, payload: AuditPayload | None, *, expected_seq: int, expected_chain: bytes
) -> str | None:
    if link.seq != expected_seq:
        return "a link is missing before this one"
    if bytes(link.chained) != expected_chain:
        return "the chain does not continue here"
    if entry is not None and leaf_of(entry) != bytes(link.leaf):
        return "the entry was changed"
    if entry is None or payload is None:  # swept at the end of its time
        return None
    if commitment(bytes(payload.salt), payload.payload) != bytes(entry.commitment):
        return "the payload was changed"
    return None
