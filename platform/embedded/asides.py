"""Work beside a running site that happens once, in the background, with at most one line of news."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from embedded import child, environments
from embedded.children import python
from embedded.environments import ROOT

POLITENESS = 15


@dataclass
class Aside:
    """A process of its own group that dies with us. `{s}` in its news is how many seconds it took."""

    process: subprocess.Popen[bytes]
    log_path: Path
    when_done: str
    when_failed: str
    began: float = field(default_factory=time.monotonic)
    told: bool = False

    def news(self) -> list[str]:
        """The one line, once, when there is something to say."""
        if self.told or self.process.poll() is None:
            return []
        self.told = True
        line = self.when_done if self.process.returncode == 0 else f"{self.when_failed} (see {self.log_path})"
        return [line.format(s=round(time.monotonic() - self.began))] if line else []

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def examine_store(env: Mapping[str, str], log_folder: Path) -> Aside:
    """Let the doctor prove what the configured store can do, and keep what it found."""
    command = python("-m", "headroom.operating", "storage-doctor")
    failed = "The storage doctor is not content with this store"
    return _begin(command, env, log_folder / "storage-doctor.log", when_done="", when_failed=failed)


def fetch_test_packages(log_folder: Path) -> Aside | None:
    """Fetch what the tests need, so that `./headroom test` works offline; None when it is there."""
    if environments.is_complete(tests=True):
        return None
    return _begin(
        python("-m", "embedded.environments", "--tests"),
        os.environ,
        log_folder / "test-packages.log",
        when_done="The tests' packages are here too ({s} s): ./headroom test needs no network.",
        when_failed="The tests' packages could not be fetched now; ./headroom test will fetch them",
    )


def _begin(command: list[str], env: Mapping[str, str], log_path: Path, *, when_done: str, when_failed: str) -> Aside:
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            child.command_dying_with_us(["/usr/bin/env", "nice", "-n", str(POLITENESS), *command]),
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return Aside(process, log_path, when_done, when_failed)
