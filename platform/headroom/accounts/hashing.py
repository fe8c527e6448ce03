"""Slots for slow hashes: one at a time per process, four waiting, the next is turned away at once.

A flood of sign-ins then costs one core's share and short refusals, never the whole machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from headroom.errors import TooMany

RUNNING = 1
WAITING = 4
RETRY_AFTER_S = 2


class HashingFull(TooMany):
    """No slot is free and four are waiting."""

    code = "hashing_full"


class Slots:
    """A counter of who is inside and a lock for who is running."""

    def __init__(self, *, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._running = threading.Semaphore(running)
        self._inside = threading.Semaphore(running + waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot, waiting for it if few enough wait already; HashingFull otherwise."""
        if not self._inside.acquire(blocking=False):
            raise HashingFull(retry_after_s=RETRY_AFTER_S)
        try:
            with self._running:
                yield
        finally:
            self._inside.release()


slots = Slots()  # of this process
