"""Says what is being installed, how many bytes are unpacked and how long it took. Standard library only."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

TICK_S = 0.1
LINE_EVERY_S = 5.0


class Progress:
    """Runs installers side by side and shows one line for all of them while they run."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._running: dict[int, tuple[str, float, subprocess.Popen[str]]] = {}
        self._bytes: dict[int, int] = {}
        self._said_at = time.monotonic()

    def __enter__(self) -> Progress:
        self._say("Fetching what is needed (once; later starts need no network).")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, _, process in self._running.values():
            process.terminate()
            process.wait()

    def start(self, what: str, command: list[str], *, env: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start one installer; its messages are kept for the case that it fails."""
        process = subprocess.Popen(
            command, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._running[process.pid] = (what, time.monotonic(), process)
        return process

    def wait_for(self, process: subprocess.Popen[str]) -> None:
        """Wait for one installer; the others are watched meanwhile."""
        while process.poll() is None:
            self._tick()
            time.sleep(TICK_S)
        self._tick()

    def _tick(self) -> None:
        for number, (what, began, process) in list(self._running.items()):
            self._bytes[number] = max(self._bytes.get(number, 0), _bytes_written(number))
            if process.poll() is not None:
                del self._running[number]
                self._say(f"  {what}: {_size(self._bytes[number])} in {time.monotonic() - began:.1f} s")
        self._show_running()

    def _show_running(self) -> None:
        parts = [
            f"{what}: {_size(self._bytes.get(number, 0))}, {time.monotonic() - began:.0f} s"
            for number, (what, began, _) in self._running.items()
        ]
        line = "  … " + " · ".join(parts)
        if not parts or self._quiet:
            return
        if self._terminal:
            print(f"\r\x1b[K{line[:110]}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._said_at > LINE_EVERY_S:
            self._say(line)

    def _say(self, line: str) -> None:
        self._said_at = time.monotonic()
        if not self._quiet:
            print(f"\r\x1b[K{line}" if self._terminal else line, file=sys.stderr, flush=True)


def _bytes_written(process_id: int) -> int:
    """Bytes the process has written so far, as the kernel counts them; 0 when it is gone."""
    try:
        text = Path(f"/proc/{process_id}/io").read_text()
    except OSError:
        return 0
    fields = dict(line.split(": ") for line in text.splitlines())
    return int(fields.get("wchar", 0))


def _size(number: int) -> str:
    return f"{number / 1e6:.0f} MB"
