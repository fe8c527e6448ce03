"""What a data directory says about its server: which process, which lock, which socket directory."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

SOCKET_PORT = 5432
# The kernel's sun_path holds 108 bytes with the closing zero; the server exits above that.
SOCKET_PATH_LIMIT_BYTES = 107


class PostgresUnavailable(RuntimeError):
    """The embedded server cannot run here; the text says in one sentence what to do."""


@dataclass(frozen=True)
class Cluster:
    """One data directory and the files beside it (the lock must not lie inside what initdb fills)."""

    data_dir: Path

    @property
    def lock_path(self) -> Path:
        return self.data_dir.with_name(self.data_dir.name + ".lock")

    @property
    def users_path(self) -> Path:
        return self.data_dir.with_name(self.data_dir.name + ".users")

    @property
    def log_path(self) -> Path:
        return self.data_dir.with_name(self.data_dir.name + ".log")

    @property
    def pid_path(self) -> Path:
        return self.data_dir / "postmaster.pid"

    def is_initialized(self) -> bool:
        return (self.data_dir / "PG_VERSION").exists()

    def log_tail(self, *, lines: int = 8) -> str:
        try:
            text = self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return "(no log)"
        return "\n".join(text.splitlines()[-lines:])


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel lets it go when this process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def postmaster_id(cluster: Cluster) -> int | None:
    """The live postmaster of this data directory, or None.

    A killed postmaster stays a zombie until somebody reaps it, and after a reboot its number may belong
    to another program: only a live process that stands in this directory counts.
    """
    try:
        process_id = int(cluster.pid_path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return process_id if _stands_in(process_id, cluster.data_dir) else None


def server_processes(cluster: Cluster) -> list[int]:
    """Every live server process of this data directory, orphans of a killed postmaster included."""
    numbers = (int(name) for name in os.listdir("/proc") if name.isdigit())
    return [number for number in numbers if _stands_in(number, cluster.data_dir)]


def is_alive(process_id: int) -> bool:
    """Whether the process runs; a zombie does not."""
    state = _state_of(process_id)
    return state is not None and state not in "ZX"


def _stands_in(process_id: int, data_dir: Path) -> bool:
    if not is_alive(process_id):
        return False
    try:
        name = Path(f"/proc/{process_id}/comm").read_text().strip()
        return name == "postgres" and os.path.samefile(f"/proc/{process_id}/cwd", data_dir)
    except OSError:
        return False


def _state_of(process_id: int) -> str | None:
    try:
        text = Path(f"/proc/{process_id}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may itself hold spaces and parentheses.
    return text.rpartition(")")[2].split()[0]


def socket_directory(data_dir: Path) -> Path:
    """A short private directory for the socket, the same one for the same data directory.

    Raises PostgresUnavailable when somebody else prepared the name (a link, another owner, open to others).
    """
    name = f"headroom-{os.getuid()}-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}"
    directory = _runtime_base(name) / name
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) != 0o700:
        raise PostgresUnavailable(f"{directory} is not private: remove it and start again.")
    if found.st_uid not in {os.getuid(), data_dir_owner(data_dir)}:
        raise PostgresUnavailable(f"{directory} belongs to another user: remove it and start again.")
    return directory


def data_dir_owner(data_dir: Path) -> int:
    """Who owns the cluster; before it exists, who we are."""
    try:
        return data_dir.stat().st_uid
    except FileNotFoundError:
        return os.getuid()


def _runtime_base(name: str) -> Path:
    wanted = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(wanted) if wanted else Path("/tmp")  # noqa: S108 - the directory made below is private and checked
    longest = base / name / f".s.PGSQL.{SOCKET_PORT}"
    fits = len(os.fsencode(longest)) <= SOCKET_PATH_LIMIT_BYTES
    return base if fits and base.is_dir() and os.access(base, os.W_OK) else Path("/tmp")  # noqa: S108
