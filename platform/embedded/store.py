"""The object store on this machine: OpenStack Swift with its S3 interface, in an environment of its own.

    python -m embedded.store --data DIR --port 8610 --access-key headroom:studio --secret-key ...
                             --allow-origin http://localhost:8600 [--bucket headroom] [--environment DIR]

Four child processes on loopback (port = S3, the next three are Swift's inner servers). They die with
this process, whatever way it dies; the data directory is kept between starts. When the store answers
and its bucket stands, one line ``ready http://127.0.0.1:PORT`` is printed. SIGTERM or SIGINT stops all.
"""

import argparse
import contextlib
import ctypes
import errno
import fcntl
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from embedded.store_bucket import BucketRefused, create_bucket
from embedded.store_config import REGION, STORAGE_KINDS, StorePlan, write_configs

SERVERS = (*STORAGE_KINDS, "proxy")
START_WITHIN_S = 60.0
STOP_WITHIN_S = 5.0
PORTS_FREE_WITHIN_S = 3.0
LOG_KEPT_BYTES = 1 << 20
_PR_SET_PDEATHSIG = 1
_ACCESS_KEY = re.compile(r"[a-z0-9-]+:[a-z0-9-]+")
_SECRET_KEY = re.compile(r"[A-Za-z0-9+/=-]{16,}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class StoreCannotStart(Exception):
    """One sentence for the person at the terminal."""


@dataclass(frozen=True)
class DiskCount:
    """What really lies on disk, whatever the S3 interface says."""

    files: int
    bytes: int


@dataclass
class Store:
    """A running store; `stop()` ends its four processes and frees the data directory."""

    plan: StorePlan
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return self.plan.url

    def died(self) -> str | None:
        """Name of a server that is no longer running, if one is not."""
        return next((name for name, child in self.children.items() if child.poll() is not None), None)

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(STOP_WITHIN_S)
            if child.poll() is None:
                child.kill()
                child.wait()
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def start(plan: StorePlan) -> Store:
    """Start the store and wait until it serves its bucket.

    Raises StoreCannotStart with a sentence that says what to do.
    """
    _check_names(plan)
    for folder in (plan.config_dir, plan.node_dir / "d1", plan.log_dir, plan.data_dir / "cache"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    plan.data_dir.chmod(0o700)
    check_extended_attributes(plan.node_dir)
    store = Store(plan, lock=_locked(plan.data_dir))
    try:
        _wait_for_free_ports(plan)
        prefix, suffix = _hash_salts(plan.config_dir)
        write_configs(plan, hash_prefix=prefix, hash_suffix=suffix)
        _ensure_rings(plan)
        for name in SERVERS:
            store.children[name] = _spawn(plan, name)
        _wait_for_servers(store)
        create_bucket(
            port=plan.port,
            bucket=plan.bucket,
            access_key=plan.access_key,
            secret_key=plan.secret_key,
            region=REGION,
        )
        _finish_interrupted_updates(plan)
    except BucketRefused as refusal:
        store.stop()
        raise StoreCannotStart(str(refusal)) from refusal
    except BaseException:
        store.stop()
        raise
    return store


def data_files_on_disk(data_dir: Path) -> DiskCount:
    """Count the stored bytes themselves, the proof that a purge left nothing.

    A deleted multipart object whose segments stayed behind shows here and in no S3 answer.
    """
    sizes = [path.stat().st_size for path in _data_files(data_dir)]
    return DiskCount(files=len(sizes), bytes=sum(sizes))


def _data_files(data_dir: Path) -> Iterator[Path]:
    return (data_dir / "node").glob("*/objects*/*/*/*/*.data")


def check_extended_attributes(folder: Path) -> None:
    """Swift keeps each object's metadata in extended attributes; say so plainly where there are none."""
    probe = folder / f".probe-{os.getpid()}"
    probe.touch()
    try:
        os.setxattr(probe, "user.headroom.probe", b"1")
    except OSError as failure:
        if failure.errno not in (errno.ENOTSUP, errno.EPERM, errno.ENOSYS):
            raise
        raise StoreCannotStart(
            f"The disk under {folder} keeps no extended attributes, which the object store needs. "
            "Choose a data directory on ext4, xfs or btrfs."
        ) from failure
    finally:
        probe.unlink()


def _check_names(plan: StorePlan) -> None:
    if not _ACCESS_KEY.fullmatch(plan.access_key):
        raise StoreCannotStart("The store's access key must look like account:user, in small letters and digits.")
    if not _SECRET_KEY.fullmatch(plan.secret_key):
        raise StoreCannotStart("The store's secret key needs 16 or more letters, digits or + / = - signs.")
    if not _BUCKET.fullmatch(plan.bucket):
        raise StoreCannotStart("The bucket's name needs 3 to 63 small letters, digits or dashes.")
    if not plan.python.exists():
        raise StoreCannotStart(f"The store's own environment is missing at {plan.environment}.")


def _locked(data_dir: Path) -> IO[str]:
    lock = (data_dir / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as failure:
        lock.close()
        raise StoreCannotStart(f"Another object store is already running on {data_dir}.") from failure
    return lock


def _wait_for_free_ports(plan: StorePlan) -> None:
    """Children of a killed supervisor need a moment to vanish; anything else on a port is an error."""
    until = time.monotonic() + PORTS_FREE_WITHIN_S
    for name in SERVERS:
        port = plan.port_of(name)
        while not _is_free(port):
            if time.monotonic() > until:
                raise StoreCannotStart(f"Port {port}, which the object store needs, is in use by another program.")
            time.sleep(0.05)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _hash_salts(config_dir: Path) -> tuple[str, str]:
    """The two salts that place every object on disk: made once, lost data if they ever change."""
    path = config_dir / "hash-salts.json"
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps([secrets.token_hex(16), secrets.token_hex(16)]), encoding="utf-8")
        fresh.replace(path)
    prefix, suffix = json.loads(path.read_text(encoding="utf-8"))
    return prefix, suffix


def _ensure_rings(plan: StorePlan) -> None:
    ports = [str(plan.port_of(kind)) for kind in STORAGE_KINDS]
    built_for = plan.config_dir / "rings-built-for"
    if built_for.exists() and built_for.read_text(encoding="utf-8").split() == ports:
        return
    script = Path(__file__).with_name("store_rings.py")
    done = subprocess.run([plan.python, script, plan.config_dir, *ports], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StoreCannotStart(f"The object store's rings could not be built: {done.stderr.strip()[-300:]}")
    built_for.write_text(" ".join(ports), encoding="utf-8")


def _spawn(plan: StorePlan, name: str) -> subprocess.Popen[bytes]:
    log_path = plan.log_dir / f"{name}.log"
    keep = log_path.exists() and log_path.stat().st_size < LOG_KEPT_BYTES
    with log_path.open("ab" if keep else "wb") as log:
        return subprocess.Popen(
            [
                plan.python,
                plan.environment / "bin" / f"swift-{name}-server",
                plan.config_dir / f"{name}-server.conf",
                "--verbose",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=plan.data_dir,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8"},
            preexec_fn=_die_with_parent,
        )


_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait_for_servers(store: Store) -> None:
    until = time.monotonic() + START_WITHIN_S
    waiting = list(SERVERS)
    while waiting:
        name = store.died()
        if name is not None:
            raise StoreCannotStart(f"The store's {name} server ended at once: {_last_words(store.plan, name)}")
        if time.monotonic() > until:
            raise StoreCannotStart(f"The store's {waiting[0]} server did not answer in {START_WITHIN_S:.0f} s.")
        waiting = [each for each in waiting if not _answers(store.plan.port_of(each))]
        if waiting:
            time.sleep(0.05)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _last_words(plan: StorePlan, name: str) -> str:
    text = (plan.log_dir / f"{name}.log").read_text(encoding="utf-8", errors="replace").strip()
    return text.splitlines()[-1][-300:] if text else "it left no message"


def _finish_interrupted_updates(plan: StorePlan) -> None:
    """List objects whose entry in the bucket's listing was lost when the store was killed."""
    if not any((plan.node_dir / "d1").glob("async_pending*/*/*")):
        return
    subprocess.run(
        [
            plan.python,
            plan.environment / "bin" / "swift-object-updater",
            plan.config_dir / "object-server.conf",
            "once",
        ],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=START_WITHIN_S,
    )


def _parsed() -> StorePlan:
    parser = argparse.ArgumentParser(prog="python -m embedded.store")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8610)
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret-key", required=True)
    parser.add_argument("--allow-origin", required=True)
    parser.add_argument("--bucket", default="headroom")
    parser.add_argument("--environment", type=Path, default=default_environment())
    given = parser.parse_args()
    return StorePlan(
        data_dir=given.data.resolve(),
        port=given.port,
        access_key=given.access_key,
        secret_key=given.secret_key,
        allow_origin=given.allow_origin,
        bucket=given.bucket,
        environment=given.environment.absolute(),
    )


def default_environment() -> Path:
    """`.venv-store` beside the product."""
    return Path(__file__).resolve().parents[2] / ".venv-store"


def main() -> int:
    """Run until told to stop; 0 on a clean stop, 1 when a server died, 2 when it could not start."""
    told_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    try:
        store = start(_parsed())
    except StoreCannotStart as reason:
        print(reason, file=sys.stderr, flush=True)
        return 2
    print(f"ready {store.url}", flush=True)
    try:
        while not told_to_stop.wait(0.5):
            name = store.died()
            if name is not None:
                print(f"The store's {name} server ended: {_last_words(store.plan, name)}", file=sys.stderr)
                return 1
    finally:
        store.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
