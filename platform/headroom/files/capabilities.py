"""What the configured store was seen to do. Peers differ so much that nothing is assumed."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from headroom.files.models import StoreCapability


def takes_conditional_put(session: Session, endpoint: str, bucket: str) -> bool:
    """Whether the store obeys If-None-Match; False while the doctor has not looked."""
    seen = session.get(StoreCapability, (endpoint, bucket))
    return seen is not None and seen.conditional_put


def wants_md5(session: Session, endpoint: str, bucket: str) -> bool:
    """Whether the store compares nothing but MD5 with arriving bytes, so that addresses must carry it too."""
    seen = session.get(StoreCapability, (endpoint, bucket))
    return seen is not None and seen.checksum_mode == "content-md5"


def is_known_open(session: Session, endpoint: str, bucket: str) -> bool:
    """Whether the doctor could read the bucket without a signature; False while it has not looked."""
    if session.scalar(text("SELECT to_regclass('store_capability')")) is None:
        return False
    seen = session.get(StoreCapability, (endpoint, bucket))
    return seen is not None and not seen.anonymous_refused


def remember(session: Session, seen: StoreCapability) -> None:
    """Keep the doctor's findings, replacing older ones about the same bucket."""
    session.merge(seen)
