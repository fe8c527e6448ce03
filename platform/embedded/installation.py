"""One installation on this machine: its data directory, its secrets, its ports, and who runs it now."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from embedded.environments import ROOT

PORTS_FREE_WITHIN_S = 4.0


class CannotStart(RuntimeError):
    """One or two sentences for the person at the terminal."""


@dataclass(frozen=True)
class Ports:
    """Where the parts listen, on loopback. The store takes `store` and the three ports after it."""

    web: int
    store: int
    stripe: int
    smtp: int
    inbox: int

    @property
    def base_url(self) -> str:
        # A name and not a number: passkeys need one, and cookies of 127.0.0.1 would reach every other port.
        return f"http://localhost:{self.web}"

    @property
    def store_url(self) -> str:
        return f"http://127.0.0.1:{self.store}"

    @property
    def stripe_url(self) -> str:
        return f"http://127.0.0.1:{self.stripe}"

    @property
    def inbox_url(self) -> str:
        return f"http://127.0.0.1:{self.inbox}"


DEFAULT_PORTS = Ports(web=8600, store=8610, stripe=8620, smtp=8630, inbox=8631)


@dataclass(frozen=True)
class State:
    """What a running installation tells others: written when its site answers, gone when it stops."""

    supervisor_id: int
    ports: Ports
    database_url: str


@dataclass(frozen=True)
class Installation:
    """`<data root>/<name>`: `main` for `up`, `demo` for `demo`, `bench` for `bench`."""

    name: str

    @property
    def folder(self) -> Path:
        return data_root() / self.name

    @property
    def log_folder(self) -> Path:
        return self.folder / "logs"

    @property
    def state_path(self) -> Path:
        return self.folder / "state.json"

    @property
    def store_info_path(self) -> Path:
        return self.folder / "store.json"

    def prepare(self) -> None:
        """Make the folders, private to the user: they hold keys and other people's music."""
        for folder in (self.folder, self.log_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _refuse_foreign(folder)

    def lock(self) -> IO[str] | None:
        """Become the one that runs it, until the file is closed or this process ends; None when another does."""
        handle = (self.folder / "lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        return handle

    def state(self) -> State | None:
        try:
            found = json.loads(self.state_path.read_text(encoding="utf-8"))
            return State(found["supervisor_id"], Ports(**found["ports"]), found["database_url"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def await_state(self, *, within_s: float = 90.0) -> State | None:
        """The state of an installation that another process is starting right now."""
        deadline = time.monotonic() + within_s
        while (state := self.state()) is None and time.monotonic() < deadline:
            time.sleep(0.2)
        return state

    def write_state(self, ports: Ports, *, database_url: str) -> None:
        write_private(self.state_path, json.dumps(asdict(State(os.getpid(), ports, database_url))))

    def forget_state(self) -> None:
        self.state_path.unlink(missing_ok=True)

    def secrets(self) -> dict[str, str]:
        """The keys of this installation, made once; a later version's new ones are added to the old."""
        path = self.folder / "secrets.json"
        known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        missing = {name: value for name, value in _fresh_secrets().items() if name not in known}
        if missing:
            write_private(path, json.dumps(known | missing, indent=1))
        return known | missing


def data_root() -> Path:
    """Where installations keep their data: `.headroom` in the checkout, or the folder HEADROOM_DATA names."""
    named = os.environ.get("HEADROOM_DATA", "")
    return Path(named).absolute() if named else ROOT / ".headroom"


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def choose_ports(*, web: int | None, say_moved: list[str]) -> Ports:
    """Free ports for every part: the usual ones, or the next free ones, noted in `say_moved`.

    Raises CannotStart when `web` was asked for by number and is taken.
    """
    if web is not None and not _are_free(web, 1):
        raise CannotStart(f"Port {web} is in use by another program: choose another one with --port.")
    usual = DEFAULT_PORTS
    deadline = time.monotonic() + PORTS_FREE_WITHIN_S
    # The children of a supervisor killed a moment ago need that moment to vanish.
    while not all(_are_free(*wanted) for wanted in _groups(usual, web)) and time.monotonic() < deadline:
        if not _left_by_us(usual):
            break
        time.sleep(0.1)
    chosen_web = web or _next_free(usual.web, 1, stride=1, what="site", say_moved=say_moved)
    store = _next_free(usual.store, 4, stride=30, what="object store", say_moved=say_moved)
    stripe = _next_free(usual.stripe, 1, stride=1, what="payment stand-in", say_moved=say_moved)
    smtp = _next_free(usual.smtp, 2, stride=2, what="mail catcher", say_moved=say_moved)
    return Ports(web=chosen_web, store=store, stripe=stripe, smtp=smtp, inbox=smtp + 1)


def _groups(ports: Ports, web: int | None) -> list[tuple[int, int]]:
    return [(web or ports.web, 1), (ports.store, 4), (ports.stripe, 1), (ports.smtp, 2)]


def _left_by_us(ports: Ports) -> bool:
    """Whether what holds the ports may be dying children of ours: nobody answers there any more."""
    return not any(_answers(first) for first, _ in _groups(ports, None))


def _next_free(first: int, count: int, *, stride: int, what: str, say_moved: list[str]) -> int:
    for port in range(first, first + 40 * stride, stride):
        if _are_free(port, count):
            if port != first:
                say_moved.append(f"Port {first} is busy; the {what} is on {port}.")
            return port
    raise CannotStart(f"No free port for the {what} from {first} on: end what listens there.")


def _are_free(first: int, count: int) -> bool:
    return all(_is_free(port) for port in range(first, first + count))


def _is_free(port: int) -> bool:
    """Whether nobody listens there. Both loopbacks count: `localhost` may mean either."""
    return all(_can_bind(family, host, port) for family, host in _loopbacks())


def _loopbacks() -> list[tuple[socket.AddressFamily, str]]:
    found = [(socket.AF_INET, "127.0.0.1")]
    if socket.has_ipv6 and _can_bind(socket.AF_INET6, "::1", 0):
        found.append((socket.AF_INET6, "::1"))
    return found


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    # Without SO_REUSEPORT: with it, two servers share a port in silence.
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.3).close()
    except OSError:
        return False
    return True


def _refuse_foreign(folder: Path) -> None:
    owner = folder.stat().st_uid
    if os.getuid() not in (0, owner):
        raise CannotStart(f"{folder} belongs to user {owner}: start as that user, or give the folder to yourself.")


def _fresh_secrets() -> dict[str, str]:
    return {
        "S3_ACCESS_KEY": "headroom:studio",
        "S3_SECRET_KEY": secrets.token_hex(24),
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "STRIPE_CONNECT_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(24)}",
        "HEADROOM_SESSION_KEYS": _ring(),
        "HEADROOM_PEPPERS": _ring(),
        "HEADROOM_FIELD_KEYS": _ring(),
        "HEADROOM_AUDIT_KEYS": _ring(),
        "HEADROOM_REHEARSAL_TOKEN": secrets.token_urlsafe(24),
    }


def _ring() -> str:
    # The id says where the key comes from, so that a production start can refuse it.
    return "rehearsal1:" + base64.b64encode(secrets.token_bytes(32)).decode()
