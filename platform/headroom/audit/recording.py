"""Write an audit entry in the transaction of the act. No link yet: a chain head locked per transaction cost
two thirds of the throughput, so the sealer links entries after they are committed."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.audit.models import AuditEntry, AuditPayload
from headroom.ids import new_id
from headroom.logs import current_request_id


def record(
    session: Session,
    action: Action,
    *,
    by: Actor,
    object_kind: str,
    object_ref: str,
    now: datetime,
    subject_id: str | None = None,
    reason: str | None = None,
    payload: dict[str, Any] | None = None,
) -> str:
    """Append one entry; returns its id.

    `object_ref` is an id. `subject_id` is the person it concerns, where that is not the actor. `payload` holds
    the personal part (before, after, address); it is erasable and only its commitment is chained.
    """
    entry_id = new_id("aud")
    salt = secrets.token_bytes(16)
    session.add(
        AuditEntry(
            id=entry_id,
            at=now,
            actor=by.label,
            subject_id=subject_id or by.person_id,
            action=action.value,
            object_kind=object_kind,
            object_ref=object_ref,
            reason=reason,
            request_id=current_request_id.get(),
            commitment=commitment(salt, payload or {}),
        )
    )
    session.flush()
    session.add(AuditPayload(entry_id=entry_id, at=now, salt=salt, payload=payload or {}))
    return entry_id


def commitment(salt: bytes, payload: dict[str, Any]) -> bytes:
    """SHA-256(salt ‖ canonical JSON): binds the payload without revealing it."""
    body = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(salt + body.encode()).digest()
