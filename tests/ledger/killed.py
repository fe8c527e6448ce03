"""Runs one task in a process of its own, with the faults of its environment: `python -m tests.ledger.killed`."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from headroom import db, failpoints
from headroom.settings import read_settings
from tests.ledger.desk import Heard
from worker.app import queue
from worker.reactions import PAYMENT_REACTIONS

if __name__ == "__main__":
    settings = read_settings()
    failpoints.arm(settings.faults)
    db.connect(settings, pool_size=2)
    for module in ("worker.ledger", "worker.ledger_effects"):
        import_module(module)
    PAYMENT_REACTIONS["test"] = Heard().reactions()
    queue.tasks[sys.argv[1]].func(**json.loads(sys.argv[2]))
