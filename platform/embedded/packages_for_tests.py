"""Fetches what the tests need, in the background of a first start, so that `./headroom test` works offline."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress

from embedded import child, environments
from embedded.children import python


class PackagesForTests:
    """One quiet, polite background process; at most one line of news."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._began = 0.0

    def start_fetching(self) -> None:
        """Begin, unless the packages are there. From the main thread: the process dies with us."""
        if environments.is_complete(tests=True):
            return
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            child.command_dying_with_us(python("-m", "embedded.environments", "--tests")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # The person is looking at the site right now.
            preexec_fn=_be_polite,
        )

    def news(self) -> list[str]:
        """The one line, once."""
        if self._process is None or self._process.poll() is None:
            return []
        failed, seconds = self._process.returncode != 0, time.monotonic() - self._began
        self._process = None
        if failed:
            return ["The tests' packages could not be fetched now; ./headroom test will fetch them."]
        return [f"The tests' packages are here too ({seconds:.0f} s): ./headroom test needs no network."]

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
            self._process.wait()


def _be_polite() -> None:
    os.nice(15)
