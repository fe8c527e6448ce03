"""`./headroom check`: what a machine can say about the code without running the product, as a table.

Every row is a program of its own, so that each can also be run alone; two run at a time. The words of those that
fail are printed below the table. Tests of the structure (words, links, templates, layers) are ordinary tests.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from embedded.environments import ROOT

AT_A_TIME = 2
SOURCES = ("headroom", "platform", "blueprints", "worker", "migrations", "tests", "wsgi.py")
TYPED = ("platform", "blueprints", "worker", "migrations", "tests", "wsgi.py")


@dataclass(frozen=True)
class Row:
    """What is checked, by which module of the environment."""

    name: str
    module: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    row: Row
    passed: bool
    seconds: float
    words: str


# The slowest first, so that two processes finish together.
ROWS = (
    Row("types", "mypy", TYPED),
    Row("migrations equal models, one head", "pytest", ("-q", "tests/migrations")),
    Row("layers, words, templates, links", "pytest", ("-q", "tests/architecture")),
    Row("column rules", "headroom.operating", ("column-rules",)),
    Row("lint", "ruff", ("check", *SOURCES)),
    Row("format", "ruff", ("format", "--check", *SOURCES)),
    Row("dependencies", "deptry", (".",)),
)


def main(arguments: list[str]) -> int:
    """Print the table; 1 when a row fails. Arguments name rows by a part of their name."""
    rows = [row for row in ROWS if not arguments or any(word in row.name for word in arguments)]
    began = time.monotonic()
    failed = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for outcome in pool.map(_run, rows):
            print(
                f"{'ok' if outcome.passed else 'FAILED':<8}{outcome.row.name:<40}{outcome.seconds:6.1f} s", flush=True
            )
            if not outcome.passed:
                failed.append(outcome)
    for outcome in failed:
        print(f"\n── {outcome.row.name}: python -m {outcome.row.module} {' '.join(outcome.row.arguments)}")
        print(outcome.words)
    print(f"\n{len(rows) - len(failed)} of {len(rows)} in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _run(row: Row) -> Outcome:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", row.module, *row.arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(row, done.returncode == 0, time.monotonic() - began, done.stdout.strip()[-6000:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
