"""So many tries per window and subject, counted by one guarded statement, then TooMany.

The count is committed before the thing that is limited is tried, so a failure cannot give it back.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.accounts.models import LimitBucket
from headroom.errors import TooMany


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` tries per `window` and subject."""

    name: str
    count: int
    window: timedelta


SIGN_IN = Limit("sign_in", 10, timedelta(minutes=5))  # per account and network
SIGN_IN_NETWORK = Limit("sign_in_network", 60, timedelta(minutes=5))
SIGN_UP_NETWORK = Limit("sign_up_network", 30, timedelta(hours=1))
MAIL_TO_ADDRESS = Limit("mail_to_address", 5, timedelta(hours=6))  # so that nobody is flooded through us
CONFIRM_NETWORK = Limit("confirm_network", 30, timedelta(minutes=5))
REFUSED_WEBHOOKS = Limit("refused_webhooks", 60, timedelta(hours=1))  # per network: enough to notice by
BROWSER_REPORTS = Limit("browser_reports", 60, timedelta(hours=1))  # per network, anonymous: enough to notice by
ALL = (
    SIGN_IN,
    SIGN_IN_NETWORK,
    SIGN_UP_NETWORK,
    MAIL_TO_ADDRESS,
    CONFIRM_NETWORK,
    REFUSED_WEBHOOKS,
    BROWSER_REPORTS,
)


def subject(secret: bytes, *parts: str) -> bytes:
    """What is counted, as a keyed hash: rows lead back to nobody."""
    return hmac.new(secret, "\x00".join(("limit", *parts)).encode("utf-8"), hashlib.sha256).digest()


def network_of(address: str | None) -> str:
    """The /24 or /48 of an address: what one household or one attacker easily has whole."""
    if address is None:
        return "unknown"
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def spend(session: Session, limit: Limit, counted: bytes, *, now: datetime) -> None:
    """Use one try; raises TooMany with the seconds until the window ends."""
    key = hashlib.sha256(limit.name.encode("ascii") + counted).digest()
    over = LimitBucket.window_ends_at <= now
    fresh = insert(LimitBucket).values(key_hash=key, limit_name=limit.name, used=1, window_ends_at=now + limit.window)
    used = session.scalar(
        fresh.on_conflict_do_update(
            index_elements=["key_hash"],
            set_={
                "used": case((over, 1), else_=LimitBucket.used + 1),
                "window_ends_at": case((over, now + limit.window), else_=LimitBucket.window_ends_at),
            },
            where=or_(over, LimitBucket.used < limit.count),
        ).returning(LimitBucket.used)
    )
    if used is None:
        ends_at = session.scalar(select(LimitBucket.window_ends_at).where(LimitBucket.key_hash == key))
        left = (ends_at - now).total_seconds() if ends_at is not None else 1
        raise TooMany(retry_after_s=max(1, int(left) + 1), limit=limit.name)


def forgive(session: Session, limit: Limit, counted: bytes) -> None:
    """Start over, because the right person came through."""
    key = hashlib.sha256(limit.name.encode("ascii") + counted).digest()
    session.execute(delete(LimitBucket).where(LimitBucket.key_hash == key))
