"""The story in the terminal: numbered steps with their time, facts under them, money and sizes in one notation."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

WIDEST = 92
NARROWEST = 60
INDENT = "     "
NAME_WIDTH = 13


@dataclass(frozen=True)
class StepTime:
    name: str
    seconds: float


@dataclass
class Teller:
    """Writes the story as it happens; without a terminal the same lines come plain."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    steps: list[StepTime] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Columns to use."""
        return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns - 2))

    def heading(self, title: str, lead: str) -> None:
        """The name of the story and one line about it."""
        self._line(f"\n{self._strong(title)}")
        self._line(f"{lead}\n")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step: its name at once, its facts as they come, its time at the end."""
        number = f"{len(self.steps) + 1:>3}"
        self._line(f"{self._quiet(number)}  {self._strong(name)}")
        started = time.monotonic()
        yield
        taken = time.monotonic() - started
        self.steps.append(StepTime(name, round(taken, 3)))
        self._line(self._quiet(seconds(taken).rjust(self.width)))

    def fact(self, name: str, value: str) -> None:
        """One fact under the step: a short name, and what is to be said."""
        room = self.width - len(INDENT) - NAME_WIDTH
        first, *rest = _wrapped(value, room)
        self._line(f"{INDENT}{self._quiet(name.ljust(NAME_WIDTH))}{first}")
        for line in rest:
            self._line(f"{INDENT}{' ' * NAME_WIDTH}{line}")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Rows in columns; the first is left-aligned, the others to the right."""
        if not rows:
            return
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        for row in rows:
            cells = [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
            self._line(INDENT + "   ".join(cells).rstrip())

    def closing(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """The last words: a title and named lines."""
        self._line(f"\n{self._strong(title)}")
        widest = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            self._line(f"  {self._quiet(name.ljust(widest))}  {value}")

    def _line(self, text: str) -> None:
        print(text, file=self.out, flush=True)

    def _strong(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._is_colored() else text

    def _quiet(self, text: str) -> str:
        return f"\033[2m{text}\033[0m" if self._is_colored() else text

    def _is_colored(self) -> bool:
        return self.out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def seconds(value: float) -> str:
    """A duration."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60):02d} s"


def size(count_bytes: int) -> str:
    """A number of bytes in decimal units, as disks and file managers show it."""
    value, unit = float(count_bytes), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def rate(count_bytes: int, taken_s: float) -> str:
    """Bytes per second."""
    return f"{size(int(count_bytes / max(taken_s, 1e-3)))}/s"


def money(amount_minor: int, currency: str) -> str:
    """An amount with its currency; the demo's currencies have two decimals."""
    sign = "-" if amount_minor < 0 else ""
    whole, cents = divmod(abs(amount_minor), 100)
    return f"{sign}{whole:,}.{cents:02d} {currency.upper()}"


def minor_of(text: str) -> int:
    """Minor units of an amount as an English page of the site writes it, such as $1,760.00."""
    digits = re.sub(r"[^0-9]", "", text)
    if not digits or "." not in text:
        raise ValueError(f"not an amount with cents: {text!r}")
    return int(digits)


def _wrapped(text: str, room: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
