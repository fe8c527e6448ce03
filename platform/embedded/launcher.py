"""The verbs of `./headroom`: what each one needs installed, and which module does it. Standard library only."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import NoReturn

from embedded import environments
from embedded.environments import CannotInstall

STARTED_AT = "HEADROOM_STARTED_AT"


@dataclass(frozen=True)
class Verb:
    """One line of the launcher's help and how it is done."""

    usage: str
    says: str
    module: str
    arguments: tuple[str, ...] = ()
    tests: bool = False
    store: bool = False


VERBS = {
    "demo": Verb("[--story NAME] [--exit] [--report FILE]", "play one order, then keep the site open", "embedded.supervisor", ("demo",), store=True),
    "up": Verb("[--port N]", "start the site and everything it needs", "embedded.supervisor", ("up",), store=True),
    "test": Verb("[--slow] [--peers] [pytest arguments]", "run the tests", "embedded.testing", tests=True, store=True),
    "check": Verb("", "format, lint, types, layers, migrations, rules, words, links", "embedded.checking", tests=True),
    "bench": Verb("[names]", "measure the promised figures, one JSON line each", "embedded.supervisor", ("bench",), tests=True, store=True),
    "seed": Verb("", "build a believable studio in the site's own data", "embedded.supervisor", ("seed",), store=True),
    "settings": Verb("", "print every setting with its unit, default and meaning", "headroom.operating", ("settings",)),
    "storage": Verb("doctor", "prove what the configured store can do", "embedded.supervisor", ("storage",), store=True),
    "reset": Verb("[demo|main|bench|test] [--yes]", "delete the data of one installation", "embedded.resetting"),
    "lock": Verb("[--upgrade]", "write the lock files anew", "embedded.locking"),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Install what the verb needs, then become the module that does it."""
    os.environ.setdefault(STARTED_AT, f"{time.time():.3f}")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return 0 if arguments else 2
    verb = VERBS.get(arguments[0])
    if verb is None:
        print(f"There is no verb {arguments[0]!r}.\n\n{_help()}", file=sys.stderr)
        return 2
    try:
        environments.ensure(tests=verb.tests, store=verb.store)
    except CannotInstall as reason:
        print(reason, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; the next start goes on from here.", file=sys.stderr)
        return 130
    command = [str(environments.PRODUCT.python), "-m", verb.module, *verb.arguments, *arguments[1:]]
    return _become(command)


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execve(command[0], command, _environment())  # noqa: S606 - our own interpreter


def _environment() -> dict[str, str]:
    """Ours, without what would make another Python's packages visible."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return kept | {"VIRTUAL_ENV": str(environments.PRODUCT.folder)}


def _help() -> str:
    lines = ["usage: ./headroom VERB …", ""]
    for name, verb in VERBS.items():
        lines.append(f"  {f'{name} {verb.usage}':<46}{verb.says}")
    lines += ["", "The first start fetches what is needed from the lock files; later starts need no network."]
    return "\n".join(lines)
