"""Real object stores for tests: one of each kind for all test processes of this machine, a bucket for each test.

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
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import IO

import pytest

from headroom.gateways import s3
from headroom.gateways.s3 import Store
from headroom.settings import Settings
from tests import ceph
from tests.conftest import make_settings

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ROOT / ".headroom" / "test"
ENVIRONMENT = ROOT / ".venv-store"
SECRET_KEY = "a-secret-of-the-tests"
START_WITHIN_S = 90
_PORT_RANGE = (20_000, 32_000)
_PORTS = 4  # a store takes up to three ports above its own

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


@dataclass(frozen=True)
class Kind:
    """A store that can be started: its module takes --data, --port and keys, and prints "ready"."""

    name: str
    module: str
    access_key: str
    options: tuple[str, ...] = ()
    has_disk: bool = False  # whether what lies in its directory can be counted

    @property
    def folder(self) -> Path:
        return FOLDERS / self.name

    def command(self, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", self.module, "--data", str(self.folder / "data"), "--port", str(port)),
            *("--access-key", self.access_key, "--secret-key", SECRET_KEY, *self.options),
        ]


SWIFT = Kind("store", "embedded.store", "headroom:tests", ("--allow-origin", make_settings().base_url), has_disk=True)
CEPH = Kind("ceph", "tests.ceph", "HEADROOMTESTS")


class _Shared:
    """One store, shared between test processes."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        kind.folder.mkdir(parents=True, exist_ok=True)
        self._users: IO[str] = (kind.folder / "users").open("w")
        with _locked(kind, "starting"):
            fcntl.flock(self._users, fcntl.LOCK_SH)
            self.place = _running(kind) or _start(kind)

    def leave(self) -> None:
        with _locked(self._kind, "starting"):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                fcntl.flock(self._users, fcntl.LOCK_UN)
                self._users.close()
            _stop(self._kind, self.place.pid)


class SharedSwift(_Shared):
    """The embedded store."""

    def __init__(self) -> None:
        if not (ENVIRONMENT / "bin" / "python").exists():
            raise NoStore("the store's environment is missing: ./headroom test makes it")
        super().__init__(SWIFT)


class SharedCeph(_Shared):
    """Ceph's gateway, from the system's packages."""

    def __init__(self) -> None:
        absent = ceph.missing()
        if absent is not None:
            raise NoStore(absent)
        super().__init__(CEPH)


def lent(start: Callable[[], _Shared]) -> Iterator[Place]:
    """A running store for the length of a fixture; where none can run, its tests are skipped and say why."""
    try:
        shared = start()
    except NoStore as reason:
        pytest.skip(str(reason))
    yield shared.place
    shared.leave()


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
    """A new empty bucket of the store, as the store makes it."""
    clients = _clients(place)
    store = Store(bucket=f"test-{os.getpid()}-{next(_numbers)}", inner=clients.inner, public=clients.public)
    store.inner.create_bucket(Bucket=store.bucket)
    return store


@cache
def _clients(place: Place) -> Store:
    """Clients for all buckets of a store: making them takes longer than making a bucket."""
    return s3.connect(settings_for(place, bucket="any"))


def _running(kind: Kind) -> Place | None:
    path = kind.folder / "place.json"
    if not path.exists():
        return None
    place = Place(**json.loads(path.read_text()))
    is_ours = f"{kind.module}\0--data\0{kind.folder / 'data'}\0" in _command_line(place.pid)
    return place if is_ours and _answers(place) else None


def _start(kind: Kind) -> Place:
    data_dir = kind.folder / "data"
    shutil.rmtree(data_dir, ignore_errors=True)
    port = free_ports()
    with (kind.folder / "store.log").open("w+") as log:
        process = subprocess.Popen(
            kind.command(port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"},
        )
        disk = str(data_dir) if kind.has_disk else None
        place = Place(kind.name, f"http://127.0.0.1:{port}", kind.access_key, SECRET_KEY, process.pid, disk)
        until = time.monotonic() + START_WITHIN_S
        while "ready" not in (said := (kind.folder / "store.log").read_text()):
            if process.poll() is not None or time.monotonic() > until:
                raise NoStore(said.strip() or "the store did not start in time")
            time.sleep(0.05)
    (kind.folder / "place.json").write_text(json.dumps(asdict(place)))
    return place


def _stop(kind: Kind, pid: int) -> None:
    (kind.folder / "place.json").unlink(missing_ok=True)
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
def _locked(kind: Kind, name: str) -> Iterator[None]:
    with (kind.folder / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
