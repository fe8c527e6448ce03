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
    """A count of who is inside, and a lock for who is running."""

    def __init__(self, *, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._running = threading.Semaphore(running)
        self._places = running + waiting
        self._guard = threading.Lock()
        self.inside = 0  # running and waiting together

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot, waiting for it if few enough wait already; HashingFull otherwise."""
        with self._guard:
            if self.inside >= self._places:
                raise HashingFull(retry_after_s=RETRY_AFTER_S)
            self.inside += 1
        try:
            with self._running:
                yield
        finally:
            with self._guard:
                self.inside -= 1


slots = Slots()  # of this process
