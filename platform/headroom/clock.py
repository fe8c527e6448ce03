"""The one clock. Only doors ask it; verbs take `now`.

In the rehearsal profile one database row may hold an offset, so that a demonstration can pass thirty days.
Signatures, TLS, presigned URLs and webhook tolerance use `wall_now()`, which no offset moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_OFFSET_CACHE_S = 0.5  # the offset is read at most twice a second per process


class _Offset:
    """The offset as last read, and where to read it from."""

    def __init__(self) -> None:
        self.read: Callable[[], timedelta] | None = None
        self.value = timedelta()
        self.read_at = float("-inf")


_offset = _Offset()


def wall_now() -> datetime:
    """The machine's time, UTC and aware."""
    return datetime.now(UTC)


def now() -> datetime:
    """The product's time, UTC and aware: wall time, plus the rehearsal offset where one is allowed."""
    if _offset.read is None:
        return wall_now()
    if time.monotonic() - _offset.read_at > _OFFSET_CACHE_S:
        _offset.value = _offset.read()
        _offset.read_at = time.monotonic()
    return wall_now() + _offset.value


def now_as_last_read() -> datetime:
    """`now` by the offset as it was last read. Asks no database, so that a page about trouble can be made too."""
    return wall_now() + _offset.value


def use_offset_from(read: Callable[[], timedelta] | None) -> None:
    """Set where the offset is read from (None: no offset). Called once by a composition root."""
    _offset.read = read
    _offset.value = timedelta()
    _offset.read_at = float("-inf")
