"""The stand-in's time: wall time plus an offset that a rehearsal may move forward, kept on disk."""

from __future__ import annotations

import time

from standins.stripe.store import Store


def now(store: Store) -> int:
    """Seconds since 1970 as the stand-in counts them."""
    return int(time.time()) + offset_s(store)


def offset_s(store: Store) -> int:
    """How far the stand-in's time is ahead of the wall clock, in seconds."""
    return int(store.fact("clock_offset_s", "0"))


def set_offset(store: Store, offset: int) -> None:
    """Set how far ahead the stand-in's time is."""
    store.set_fact("clock_offset_s", str(offset))
