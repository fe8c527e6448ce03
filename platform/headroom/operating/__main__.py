"""Operators' verbs: `python -m headroom.operating VERB …`; the launcher and the supervisor call them.

One line per verb: the module that does has `main(arguments) -> exit code`. Modules are imported when
their verb is asked for, so that `settings` works without a database.
"""

from __future__ import annotations

import signal
import sys
from importlib import import_module

VERBS = {
    "settings": "headroom.operating.settings_table",
    "migrate": "headroom.operating.migrate",
    "bootstrap": "headroom.operating.bootstrap",
    "storage-doctor": "headroom.operating.storage_doctor",
    "seed": "headroom.operating.seed",
    "column-rules": "headroom.operating.column_rules",
}


def main(arguments: list[str]) -> int:
    """Run one verb; 2 with the list when there is no such verb."""
    name = arguments[0] if arguments else ""
    if name not in VERBS:
        print("Verbs: " + ", ".join(VERBS), file=sys.stderr)
        return 2
    # `… settings | head` is no error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return int(import_module(VERBS[name]).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
