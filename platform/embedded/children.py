"""The processes of an installation: started so that they die with us, watched, stopped in order.

Every child leads a process group of its own, noted on disk with its start time. What a supervisor killed by
-9 could not stop (a server that was just booting, say) is ended by the next start, which finds it there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from embedded import child
from embedded.cluster import is_alive
from embedded.environments import ROOT
from embedded.installation import write_private

LOG_KEPT_BYTES = 8_000_000
STOP_WITHIN_S = 12.0
RESTARTS_ALLOWED = 5
RESTART_WINDOW_S = 60.0
POLL_S = 0.05


class ChildFailed(RuntimeError):
    """A part of the installation does not run; the text names it, its last words and its log."""


@dataclass(frozen=True)
class Part:
    """One program of the installation and how to tell that it is ready."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    ready_within_s: float = 60.0
    stop_within_s: float = STOP_WITHIN_S
    # Whatever order they started in: what uses the others stops before them.
    stops_first: bool = False


@dataclass
class Child:
    """A running part."""

    part: Part
    log_path: Path
    process: subprocess.Popen[bytes]
    started: list[float] = field(default_factory=list)

    def last_words(self) -> str:
        text = self.log_path.read_text(encoding="utf-8", errors="replace").strip()
        return text.splitlines()[-1][-300:] if text else "it left no message"


class Children:
    """All running parts of one installation, in the order in which they were started."""

    def __init__(self, *, log_folder: Path, roll_path: Path) -> None:
        self._log_folder = log_folder
        self._roll_path = roll_path
        self._children: list[Child] = []

    def start(self, part: Part, env: Mapping[str, str]) -> Child:
        """Start a part; call it from the main thread, since it dies with the thread that starts it."""
        log_path = self._log_folder / f"{part.name}.log"
        known = Child(part, log_path, _spawn(part.command, env, log_path), [time.monotonic()])
        self._children.append(known)
        self._write_roll()
        return known

    def await_ready(self, known: Child) -> None:
        """Wait until the part is ready; ChildFailed when it ends first or takes too long."""
        deadline = time.monotonic() + known.part.ready_within_s
        while not known.part.is_ready():
            if known.process.poll() is not None:
                raise ChildFailed(f"{known.part.name} ended at once: {known.last_words()} (see {known.log_path})")
            if time.monotonic() > deadline:
                raise ChildFailed(f"{known.part.name} is not ready yet: {known.last_words()} (see {known.log_path})")
            time.sleep(POLL_S)

    def revive(self, env: Mapping[str, str]) -> list[str]:
        """Start again what ended by itself; returns a sentence for each. ChildFailed when it keeps ending."""
        said = []
        for known in self._children:
            if known.process.poll() is None:
                continue
            now = time.monotonic()
            known.started = [instant for instant in known.started if now - instant < RESTART_WINDOW_S]
            if len(known.started) >= RESTARTS_ALLOWED:
                raise ChildFailed(f"{known.part.name} keeps ending: {known.last_words()} (see {known.log_path})")
            said.append(f"{known.part.name} ended ({known.process.returncode}) and is started again.")
            known.process = _spawn(known.part.command, env, known.log_path)
            known.started.append(now)
            self._write_roll()
        return said

    def stop_all(self) -> None:
        """Stop every part as a whole group: those that use others first, then the last one started first."""
        latest_first = self._children[::-1]
        for known in sorted(latest_first, key=lambda known: not known.part.stops_first):
            stop(known.process, within_s=known.part.stop_within_s)
        self._children.clear()
        self._roll_path.unlink(missing_ok=True)

    def end_leftovers(self) -> None:
        """End what a killed supervisor of this installation left running."""
        try:
            roll = json.loads(self._roll_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return
        for process_id, began in roll:
            if _began(process_id) == began:
                with suppress(ProcessLookupError):
                    os.killpg(process_id, signal.SIGKILL)
        self._roll_path.unlink(missing_ok=True)

    def _write_roll(self) -> None:
        running = [known.process.pid for known in self._children]
        write_private(self._roll_path, json.dumps([(number, _began(number)) for number in running]))


def stop(process: subprocess.Popen[bytes], *, within_s: float) -> None:
    """Ask a child to stop, and end its whole group when it does not, or leaves somebody behind."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(within_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _spawn(command: list[str], env: Mapping[str, str], log_path: Path) -> subprocess.Popen[bytes]:
    if log_path.exists() and log_path.stat().st_size > LOG_KEPT_BYTES:
        log_path.replace(log_path.with_suffix(".log.1"))
    with log_path.open("ab") as log:
        return subprocess.Popen(
            child.command_dying_with_us(command),
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches the whole foreground group; we stop the parts in our own order.
            start_new_session=True,
        )


def _began(process_id: int) -> int | None:
    """When the process began, in the kernel's ticks: tells it from a later one with the same number."""
    if not is_alive(process_id):
        return None
    text = Path(f"/proc/{process_id}/stat").read_text()
    return int(text.rpartition(")")[2].split()[19])


def python(*arguments: str) -> list[str]:
    """A command of our own interpreter."""
    return [sys.executable, *arguments]
