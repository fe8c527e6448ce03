"""Real worker processes over a test's own database, to be killed as a power cut would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import PrivateDatabase, make_settings

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nothing listens, so no other installation is met


def environment(database: PrivateDatabase, **changes: str) -> dict[str, str]:
    """The environment of a process of this installation, as the supervisor would give it."""
    settings = make_settings(database_url=database.url, stripe_api_base=NOWHERE, s3_endpoint=NOWHERE)
    given = {
        str(field.validation_alias): _written(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
    }
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    paths = os.pathsep.join((str(ROOT / "platform"), str(ROOT)))
    return inherited | given | {"PYTHONPATH": paths, "HEADROOM_WORKER_CONCURRENCY": "2"} | changes


def _written(value: object) -> str:
    secret = getattr(value, "get_secret_value", None)
    if secret is not None:
        return str(secret())
    return str(getattr(value, "value", value))


@contextmanager
def worker(database: PrivateDatabase, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process; killed at the end if it still runs."""
    process = subprocess.Popen([sys.executable, "-m", "worker"], cwd=ROOT, env=environment(database, **changes))
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(holds: Callable[[], object], *, within_s: float, what: str) -> None:
    """Wait until something holds; AssertionError naming it otherwise."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s: {what}")
