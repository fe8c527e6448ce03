"""Real object stores for tests: one Swift for all test processes of this machine, a bucket for each test.

The first process that needs it starts it, under a file lock; every process holds a shared lock while it uses
it, and whoever lets go last stops it. A store left behind by a killed run is adopted by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import IO

from headroom.gateways import s3
from headroom.gateways.s3 import Store
from headroom.settings import Settings
from tests.conftest import make_settings

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".headroom" / "test" / "store"
ENVIRONMENT = ROOT / ".venv-store"
SECRET_KEY = "a-secret-of-the-tests"
START_WITHIN_S = 90
_PORT_RANGE = (20_000, 32_000)
_PORTS = 4  # the store takes the three ports above its own

_numbers = count(1)


class NoStore(Exception):
    """No store can be had here; the sentence says what to do."""


@dataclass(frozen=True)
class Place:
    """Where a running store answers."""

    kind: str
    url: str
    access_key: str
    secret_key: str
    pid: int
    data_dir: str | None  # of a store whose disk can be looked at


class SharedSwift:
    """The embedded store, shared between test processes."""

    def __init__(self) -> None:
        if not (ENVIRONMENT / "bin" / "python").exists():
            raise NoStore("the store's environment is missing: ./headroom test makes it")
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._users: IO[str] = (FOLDER / "users").open("w")
        with _locked("starting"):
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self.place = _running() or _start()

    def leave(self) -> None:
        with _locked("starting"):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                fcntl.flock(self._users, fcntl.LOCK_UN)
                self._users.close()
            _stop(self.place.pid)


def settings_for(place: Place, *, bucket: str) -> Settings:
    """Settings of the test profile that name this store."""
    return make_settings(
        s3_endpoint=place.url,
        s3_public_endpoint=place.url,
        s3_access_key=place.access_key,
        s3_secret_key=place.secret_key,
        s3_bucket=bucket,
        s3_embedded_data=place.data_dir or "",
    )


def fresh_bucket(place: Place) -> Store:
    """A new empty bucket of the store."""
    store = s3.connect(settings_for(place, bucket=f"test-{os.getpid()}-{next(_numbers)}"))
    store.inner.create_bucket(Bucket=store.bucket)
    return store


def _running() -> Place | None:
    path = FOLDER / "place.json"
    if not path.exists():
        return None
    place = Place(**json.loads(path.read_text()))
    is_ours = f"embedded.store\0--data\0{place.data_dir}" in _command_line(place.pid)
    return place if is_ours and _answers(place) else None


def _start() -> Place:
    data_dir = FOLDER / "data"
    shutil.rmtree(data_dir, ignore_errors=True)
    port = free_ports()
    command = [
        *(sys.executable, "-m", "embedded.store", "--data", str(data_dir), "--port", str(port)),
        *("--access-key", "headroom:tests", "--secret-key", SECRET_KEY),
        *("--allow-origin", make_settings().base_url),
    ]
    with (FOLDER / "store.log").open("w+") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "platform")},
        )
        place = Place("swift", f"http://127.0.0.1:{port}", "headroom:tests", SECRET_KEY, process.pid, str(data_dir))
        until = time.monotonic() + START_WITHIN_S
        while "ready" not in (said := (FOLDER / "store.log").read_text()):
            if process.poll() is not None or time.monotonic() > until:
                raise NoStore(said.strip() or "the store did not start in time")
            time.sleep(0.05)
    (FOLDER / "place.json").write_text(json.dumps(asdict(place)))
    return place


def _stop(pid: int) -> None:
    (FOLDER / "place.json").unlink(missing_ok=True)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def free_ports() -> int:
    """A port from which four in a row are free, below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(*_PORT_RANGE)
        if all(_is_free(port + offset) for offset in range(_PORTS)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _answers(place: Place) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(place.url.rpartition(":")[2])), timeout=2).close()
    except OSError:
        return False
    return True


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    with (FOLDER / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
