"""A started installation: its database, its children, and how it begins and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO

from embedded import asides, child, parts, postgres, preparation
from embedded.children import Child, ChildFailed, Children, python, stop
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
    asides: list[asides.Aside] = field(default_factory=list)

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
                for sentence in self.look_after():
                    print(sentence, file=sys.stderr, flush=True)
                time.sleep(POLL_S)
        finally:
            stop(player, within_s=PLAYER_STOPS_WITHIN_S)
        return player.returncode

    def look_after(self) -> list[str]:
        """Start again what ended by itself; a sentence for each, and the news of what happens aside."""
        return [*self.children.revive(self.env), *(line for aside in self.asides for line in aside.news())]

    def fetch_test_packages(self) -> None:
        """Begin to fetch them in the background, unless they are there."""
        found = asides.fetch_test_packages(self.installation.log_folder)
        self.asides += [found] if found else []

    def stop(self) -> None:
        """Stop everything, the site first and the database last. Safe to call on a half-started one."""
        self.installation.forget_state()
        for aside in self.asides:
            aside.stop()
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
            print(sentence, file=sys.stderr, flush=True)
        _start_parts(running)
    except BaseException:
        running.stop()
        raise
    return running


def _start_parts(running: Running) -> None:
    """Start everything at once as far as one part does not need another to begin.

    Imports are what a start costs, so a database that this very version prepared is not prepared again.
    """
    installation, ports, children = running.installation, running.ports, running.children
    began = time.monotonic()
    if not parts.is_own("database"):
        running.database = postgres.start(installation.folder / "postgres")
        _say_ready("database", began)
    url = running.database.url if running.database is not None else os.environ["DATABASE_URL"]
    running.env = parts.environment(installation, ports, database_url=url)
    stamp = preparation.stamp(running.env)
    is_prepared = running.database is not None and preparation.stamp_of(url) == stamp
    waiting = [children.start(parts.web(ports), running.env)] if is_prepared else []
    waiting += _start_neighbors(running)
    if not is_prepared:
        _prepare(running)
        if running.database is not None:
            preparation.note(url, stamp)
        _say_ready("schema", began)
        waiting.append(children.start(parts.web(ports), running.env))
    for known in sorted(waiting, key=lambda known: known.part.name == "web"):
        children.await_ready(known)
        _say_ready(known.part.name, began)
    # The queue can wait a second; the person who looks at an empty page cannot.
    children.start(parts.worker(), running.env)
    running.asides.append(asides.examine_store(running.env, installation.log_folder))
    installation.write_state(ports, database_url=url)


def _start_neighbors(running: Running) -> list[Child]:
    """The store and the stand-ins that the operator does not bring."""
    installation, ports, env = running.installation, running.ports, running.env
    wanted = []
    if not parts.is_own("store"):
        parts.write_store_info(installation, env)
        wanted.append(parts.store(installation, ports, env))
    if not parts.is_own("stripe"):
        wanted.append(parts.stripe(installation, ports, env))
    if not parts.is_own("mail"):
        wanted.append(parts.mail(installation, ports))
    return [running.children.start(part, env) for part in wanted]


def _say_ready(what: str, began: float) -> None:
    print(f"  {what:<10}ready after {time.monotonic() - began:4.1f} s", file=sys.stderr, flush=True)


def _prepare(running: Running) -> None:
    """Bring the schema, the roles and the legal texts to this version's."""
    log_path = running.installation.log_folder / "bootstrap.log"
    command = child.command_dying_with_us(python("-m", "headroom.operating", "bootstrap"))
    with log_path.open("wb") as log:
        done = subprocess.run(command, env=dict(running.env), cwd=ROOT, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        words = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ChildFailed(f"The database could not be prepared: {words[-1] if words else ''} (see {log_path})")
