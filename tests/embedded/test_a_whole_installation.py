"""`./headroom up` as a person has it: started, asked, interrupted, killed, started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.embedded.conftest import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole installation"), pytest.mark.timeout(300)]

READY = "Ctrl-C stops everything."
STARTS_WITHIN_S = 90.0


class Started:
    """One `up` with data of its own."""

    def __init__(self, data: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.output = data.parent / f"{data.name}.out"
        surroundings = (env or dict(os.environ)) | {"HEADROOM_DATA": str(data), "PYTHONUNBUFFERED": "1"}
        for name in [name for name in surroundings if name.startswith("HEADROOM_") and name != "HEADROOM_DATA"]:
            del surroundings[name]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "embedded.supervisor", "up", *arguments],
                cwd="/",
                env=surroundings,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        return self.process.poll() is not None or READY in self.said()

    def said(self) -> str:
        return self.output.read_text()

    def address(self) -> str:
        found = re.search(r"Site +(http://\S+)", self.said())
        assert found, self.said()
        return found.group(1)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    started: list[Started] = []

    def go(*arguments: str, env: dict[str, str] | None = None) -> Started:
        one = Started(tmp_path / "data of mine", *arguments, env=env)
        started.append(one)
        assert wait_until(one.is_ready, within_s=STARTS_WITHIN_S), one.said()
        return one

    yield go
    for one in started:
        one.process.kill()
        one.process.wait()
    assert wait_until(lambda: processes_of(tmp_path / "data of mine") == [], within_s=20)


def processes_of(data: Path) -> list[str]:
    """Command lines of live processes that were started for this data."""
    mark = f"HEADROOM_DATA={data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:
            continue
    return [line for line in found if line]


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return int(answer.status)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_stops_every_child(start: Callable[..., Started], how: signal.Signals) -> None:
    one = start()
    assert status_of(one.address() + "/readyz") == 200
    one.process.send_signal(how)
    assert one.process.wait(40) == 0
    assert processes_of(one.data) == []


def test_killed_it_leaves_nothing_that_blocks_the_next_start(start: Callable[..., Started]) -> None:
    first = start()
    first.process.kill()
    second = start()
    assert second.process.poll() is None, second.said()
    assert status_of(second.address() + "/readyz") == 200
    assert second.address() == first.address(), "nothing of the first one may hold its port"


def test_killed_while_it_starts_it_leaves_nothing_that_blocks_the_next_start(
    tmp_path: Path, start: Callable[..., Started]
) -> None:
    first = Started(tmp_path / "data of mine")
    web_log = first.data / "main" / "logs" / "web.log"
    assert wait_until(lambda: web_log.exists() or first.process.poll() is not None, within_s=STARTS_WITHIN_S)
    first.process.kill()
    first.process.wait()
    second = start()
    assert status_of(second.address() + "/readyz") == 200


def test_a_second_up_says_where_the_first_one_is(start: Callable[..., Started], tmp_path: Path) -> None:
    first = start()
    again = subprocess.run(
        [sys.executable, "-m", "embedded.supervisor", "up"],
        env=os.environ | {"HEADROOM_DATA": str(first.data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 1
    assert again.stderr == f"Headroom already runs: {first.address()}\n"


def test_a_worker_that_dies_is_started_again(start: Callable[..., Started]) -> None:
    one = start()
    assert wait_until(lambda: any("-m worker" in line for line in processes_of(one.data)))
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ, command = (folder / "environ").read_bytes(), (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if str(one.data).encode() in environ and command.endswith(b"-m\0worker\0"):
            os.kill(int(folder.name), signal.SIGKILL)
    assert wait_until(lambda: "worker ended (-9) and is started again." in one.said())


@pytest.mark.skipif(os.getuid() != 0, reason="only root needs unshare")
def test_without_unshare_it_works_all_the_same(start: Callable[..., Started], tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("env", "nice", "sh"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    one = start(env={"PATH": str(programs), "HOME": str(tmp_path)})
    assert status_of(one.address() + "/readyz") == 200


def test_a_port_that_is_asked_for_is_taken_and_every_part_keeps_a_log(start: Callable[..., Started]) -> None:
    one = start("--port", "27901")
    assert one.address() == "http://localhost:27901"
    logs = {path.stem for path in (one.data / "main" / "logs").glob("*.log")}
    assert {"web", "worker", "store", "stripe", "mail", "bootstrap"} <= logs
