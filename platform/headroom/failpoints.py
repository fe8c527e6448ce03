"""Failpoints: named places in the code where a test may make the process die, fail or wait.

`HEADROOM_FAULTS="ledger.transfer.sent:kill,mailing.sent:raise:0.5,unit.committed@2:sleep=3"`: name, action
(`kill` = SIGKILL to this process, `raise`, `sleep=seconds`) and an optional probability; `@2` spares the first
hit and takes the second, and no other. Empty in production; the settings refuse anything else there.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count


class FailpointRaised(RuntimeError):
    """A fault asked for by HEADROOM_FAULTS."""


@dataclass(frozen=True, slots=True)
class Fault:
    action: str
    seconds: float = 0.0
    probability: float = 1.0
    only: int = 0  # the one hit that suffers it, counted from 1; 0 means every hit
    hits: Iterator[int] = field(default_factory=lambda: count(1))  # next() is one step for threads too


_faults: dict[str, Fault] = {}


def arm(text: str) -> None:
    """Arm the faults written in `text`, replacing all earlier ones. Raises ValueError when it is malformed."""
    armed: dict[str, Fault] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        place, action, *rest = part.split(":")
        name, _, only = place.partition("@")
        verb, _, seconds = action.partition("=")
        if verb not in ("kill", "raise", "sleep"):
            raise ValueError(f"unknown fault action {action!r}")
        armed[name] = Fault(verb, float(seconds or 0), float(rest[0]) if rest else 1.0, int(only or 0))
    _faults.clear()
    _faults.update(armed)


def hit(name: str) -> None:
    """Suffer the fault armed under `name`, if any."""
    fault = _faults.get(name)
    if fault is None or random.random() >= fault.probability:  # noqa: S311 — not a secret
        return
    if fault.only and next(fault.hits) != fault.only:
        return
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault.action == "sleep":
        time.sleep(fault.seconds)
        return
    raise FailpointRaised(name)
