"""A started installation: its database, its children, and how it begins and ends."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO

from embedded import child, parts, postgres
from embedded.children import ChildFailed, Children, python, stop
from embedded.environments import ROOT
from embedded.installation import Installation, Ports, choose_ports

POLL_S = 0.1
PLAYER_STOPS_WITHIN_S = 5.0


@dataclass
class Running:
    """Everything runs; leaving the context stops it."""

    installation: Installation
    ports: Ports
    env: Mapping[str, str]
    children: Children
    database: postgres.Server | None
    lock: IO[str]

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run(self, command: list[str]) -> int:
        """Run a command at this terminal with the installation's settings, and watch the parts meanwhile."""
        player = subprocess.Popen(child.command_dying_with_us(command), env=dict(self.env), start_new_session=True)
        try:
            while player.poll() is None:
                for sentence in self.revive():
                    print(sentence, file=sys.stderr, flush=True)
                time.sleep(POLL_S)
        finally:
            stop(player, within_s=PLAYER_STOPS_WITHIN_S)
        return player.returncode

    def revive(self) -> list[str]:
        """Start again what ended by itself; a sentence for each."""
        return self.children.revive(self.env)

    def stop(self) -> None:
        """Stop everything, the site first and the database last. Safe to call on a half-started one."""
        self.installation.forget_state()
        self.children.stop_all()
        if self.database is not None:
            self.database.stop()
        self.lock.close()


def start(installation: Installation, *, port: int | None) -> Running | None:
    """Start an installation; None when it runs already.

    Raises CannotStart, ChildFailed or PostgresUnavailable; then nothing is left running.
    """
    installation.prepare()
    lock = installation.lock()
    if lock is None:
        return None
    installation.forget_state()
    children = Children(log_folder=installation.log_folder, roll_path=installation.folder / "children.json")
    children.end_leftovers()
    moved: list[str] = []
    try:
        ports = choose_ports(web=port, say_moved=moved)
    except BaseException:
        lock.close()
        raise
    running = Running(installation, ports, {}, children, None, lock)
    try:
        for sentence in moved:
            print(sentence, flush=True)
        _start_parts(running)
    except BaseException:
        running.stop()
        raise
    return running


def _start_parts(running: Running) -> None:
    """What needs nothing starts first and gets ready while the database does."""
    installation, ports, children = running.installation, running.ports, running.children
    early = parts.environment(installation, ports, database_url="")
    waiting = []
    if not parts.is_own("store"):
        waiting.append(children.start(parts.store(installation, ports, early), early))
    if not parts.is_own("stripe"):
        waiting.append(children.start(parts.stripe(installation, ports, early), early))
    if not parts.is_own("mail"):
        waiting.append(children.start(parts.mail(installation, ports), early))
    if not parts.is_own("database"):
        running.database = postgres.start(installation.folder / "postgres")
    url = running.database.url if running.database is not None else early["DATABASE_URL"]
    running.env = parts.environment(installation, ports, database_url=url)
    if not parts.is_own("store"):
        parts.write_store_info(installation, running.env)
    _bootstrap(running)
    for known in waiting:
        children.await_ready(known)
    site = children.start(parts.web(ports), running.env)
    children.start(parts.worker(), running.env)
    children.await_ready(site)
    installation.write_state(ports, database_url=url)


def _bootstrap(running: Running) -> None:
    """Bring the schema, the roles and the legal texts to this version's."""
    log_path = running.installation.log_folder / "bootstrap.log"
    command = child.command_dying_with_us(python("-m", "headroom.operating", "bootstrap"))
    with log_path.open("wb") as log:
        done = subprocess.run(command, env=dict(running.env), cwd=ROOT, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        words = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ChildFailed(f"The database could not be prepared: {words[-1] if words else ''} (see {log_path})")
