"""What the configured store was seen to do. Peers differ so much that nothing is assumed."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from headroom.files.models import StoreCapability


class ChecksumMode(StrEnum):
    """What stops wrong bytes on their way in. Whatever it is, the worker compares every part again."""

    SHA256_HEADER = "sha256-header"
    CONTENT_MD5 = "content-md5"
    ETAG_ONLY = "etag-only"


def takes_conditional_put(session: Session, endpoint: str, bucket: str) -> bool:
    """Whether the store obeys If-None-Match; False while the doctor has not looked."""
    seen = session.get(StoreCapability, (endpoint, bucket))
    return seen is not None and seen.conditional_put


def remember(session: Session, seen: StoreCapability) -> None:
    """Keep the doctor's findings, replacing older ones about the same bucket."""
    session.merge(seen)
