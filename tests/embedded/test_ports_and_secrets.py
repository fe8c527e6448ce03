"""Where an installation listens and what it keeps to itself."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from embedded import installation
from embedded.installation import CannotStart, Installation, Ports, choose_ports
from headroom.settings import RINGS, KeyRing

Listen = Callable[..., int]


@pytest.fixture(autouse=True)
def far_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports that no running Headroom on this machine uses."""
    monkeypatch.setattr(
        installation, "DEFAULT_PORTS", Ports(web=27600, store=27610, stripe=27620, smtp=27630, inbox=27631)
    )
    monkeypatch.setattr(installation, "PORTS_FREE_WITHIN_S", 0.3)


@pytest.fixture
def listen() -> Iterator[Listen]:
    with ExitStack() as stack:

        def start(port: int, *, host: str = "127.0.0.1", shared: bool = False) -> int:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            server = stack.enter_context(socket.socket(family))
            if shared:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((host, port))
            server.listen()
            return port

        yield start


def test_the_usual_ports_when_they_are_free() -> None:
    said: list[str] = []
    assert (choose_ports(web=None, say_moved=said).web, said) == (27600, [])


@pytest.mark.parametrize("shared", [False, True], ids=["plain", "sharing its port"])
def test_a_busy_default_port_moves_to_the_next_one_and_says_so(listen: Listen, shared: bool) -> None:
    listen(27600, shared=shared)
    said: list[str] = []
    assert choose_ports(web=None, say_moved=said).web == 27601
    assert said == ["Port 27600 is busy; the site is on 27601."]


def test_a_listener_on_the_other_loopback_counts_as_busy(listen: Listen) -> None:
    try:
        listen(27600, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    assert choose_ports(web=None, say_moved=[]).web == 27601


def test_a_busy_port_that_was_asked_for_is_one_sentence(listen: Listen) -> None:
    listen(27777)
    with pytest.raises(
        CannotStart, match=r"^Port 27777 is in use by another program: choose another one with --port\.$"
    ):
        choose_ports(web=27777, say_moved=[])


def test_the_stores_four_ports_move_together(listen: Listen) -> None:
    listen(27612)
    assert choose_ports(web=None, say_moved=[]).store == 27640


def test_secrets_are_made_once_and_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    made = Installation("main")
    made.prepare()
    assert made.secrets() == made.secrets()
    assert stat.S_IMODE((made.folder / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700


def test_a_secret_of_a_later_version_is_added_to_the_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    made = Installation("main")
    made.prepare()
    (made.folder / "secrets.json").write_text(json.dumps({"S3_SECRET_KEY": "kept"}))
    secrets = made.secrets()
    assert secrets["S3_SECRET_KEY"] == "kept"
    assert secrets["HEADROOM_PEPPERS"]


@pytest.mark.parametrize("ring", RINGS)
def test_keys_made_here_are_readable_and_marked_as_rehearsal(
    ring: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    made = Installation("main")
    made.prepare()
    key_id, _ = KeyRing.parse(made.secrets()[f"HEADROOM_{ring.upper()}"], name=ring).current
    assert key_id.startswith("rehearsal")


def test_a_second_starter_finds_the_installation_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    made = Installation("main")
    made.prepare()
    first = made.lock()
    assert first is not None
    assert made.lock() is None
    first.close()
    again = made.lock()
    assert again is not None
    again.close()
