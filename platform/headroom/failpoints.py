"""Failpoints: named places in the code where a test may make the process die, fail or wait.

`HEADROOM_FAULTS="ledger.transfer.sent:kill,mailing.sent:raise:0.5,files.complete:sleep=3"`: name, action
(`kill` = SIGKILL to this process, `raise`, `sleep=seconds`) and an optional probability. Empty in production;
the settings refuse anything else there.
"""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass


class FailpointRaised(RuntimeError):
    """A fault asked for by HEADROOM_FAULTS."""


@dataclass(frozen=True, slots=True)
class Fault:
    action: str
    seconds: float = 0.0
    probability: float = 1.0


_faults: dict[str, Fault] = {}


def arm(text: str) -> None:
    """Arm the faults written in `text`, replacing all earlier ones. Raises ValueError when it is malformed."""
    armed: dict[str, Fault] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, action, *rest = part.split(":")
        verb, _, seconds = action.partition("=")
        if verb not in ("kill", "raise", "sleep"):
            raise ValueError(f"unknown fault action {action!r}")
        armed[name] = Fault(verb, float(seconds or 0), float(rest[0]) if rest else 1.0)
    _faults.clear()
    _faults.update(armed)


def hit(name: str) -> None:
    """Suffer the fault armed under `name`, if any."""
    fault = _faults.get(name)
    if fault is None or random.random() >= fault.probability:  # noqa: S311 — not a secret
        return
    if fault.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault.action == "sleep":
        time.sleep(fault.seconds)
        return
    raise FailpointRaised(name)
