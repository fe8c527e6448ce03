"""Programs that die, hang, leave grandchildren or outlive a killed supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import child
from embedded.children import RESTARTS_ALLOWED, ChildFailed, Children, Part, python
from embedded.cluster import is_alive
from tests.embedded.conftest import wait_until

SLEEPS = "import time; time.sleep(120)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(120)"
)
LEAVES_A_GRANDCHILD = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(120)']);"
    "print(p.pid, flush=True); time.sleep(120)"
)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    made = Children(log_folder=tmp_path, roll_path=tmp_path / "children.json")
    yield made
    made.stop_all()


def part(
    code: str, *, name: str = "part", is_ready: Callable[[], bool] = lambda: True, stops_first: bool = False
) -> Part:
    command = python("-c", code)
    return Part(name, command, is_ready, ready_within_s=10, stop_within_s=2, stops_first=stops_first)


def test_a_part_that_ends_at_once_is_reported_with_its_last_words(children: Children) -> None:
    started = children.start(part("import sys; sys.exit('no disk left')", is_ready=lambda: False), os.environ)
    with pytest.raises(ChildFailed, match=r"part ended at once: no disk left \(see .*part\.log\)"):
        children.await_ready(started)


def test_a_part_that_ignores_us_is_ended_all_the_same(children: Children, tmp_path: Path) -> None:
    started = children.start(part(STUBBORN), os.environ)
    assert wait_until(lambda: "up" in (tmp_path / "part.log").read_text())
    children.stop_all()
    assert started.process.returncode == -signal.SIGKILL


def test_grandchildren_are_stopped_too(children: Children, tmp_path: Path) -> None:
    children.start(part(LEAVES_A_GRANDCHILD), os.environ)
    log = tmp_path / "part.log"
    assert wait_until(lambda: log.read_text().strip().isdigit())
    children.stop_all()
    assert wait_until(lambda: not is_alive(int(log.read_text())))


def test_a_part_that_dies_is_started_again_and_said(children: Children) -> None:
    started = children.start(part(SLEEPS), os.environ)
    first = started.process.pid
    started.process.kill()
    started.process.wait()
    assert children.revive(os.environ) == ["part ended (-9) and is started again."]
    assert started.process.pid != first


def test_a_part_that_keeps_dying_is_given_up(children: Children) -> None:
    started = children.start(part("raise SystemExit('broken')"), os.environ)
    for _ in range(RESTARTS_ALLOWED - 1):
        started.process.wait()
        children.revive(os.environ)
    started.process.wait()
    with pytest.raises(ChildFailed, match="part keeps ending: broken"):
        children.revive(os.environ)


def test_who_uses_others_stops_first_and_then_the_last_one_started(children: Children, tmp_path: Path) -> None:
    told = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    open({!r}, 'a').write({!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(120)"
    )
    for name in ("web", "store", "mail"):
        started = part(code.format(str(told), name + " "), name=name, stops_first=name == "web")
        children.start(started, os.environ)
        assert wait_until(lambda name=name: "up" in (tmp_path / f"{name}.log").read_text())  # type: ignore[misc]
    children.stop_all()
    assert told.read_text() == "web mail store "


def test_what_a_killed_supervisor_left_is_ended_by_the_next_start(tmp_path: Path) -> None:
    roll = tmp_path / "children.json"
    left = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    began = int(Path(f"/proc/{left.pid}/stat").read_text().rpartition(")")[2].split()[19])
    roll.write_text(f"[[{left.pid}, {began}]]")
    Children(log_folder=tmp_path, roll_path=roll).end_leftovers()
    assert left.wait(5) == -signal.SIGKILL


def test_another_program_with_a_remembered_number_is_left_alone(tmp_path: Path) -> None:
    roll = tmp_path / "children.json"
    other = subprocess.Popen([sys.executable, "-c", SLEEPS], start_new_session=True)
    roll.write_text(f"[[{other.pid}, 1]]")
    Children(log_folder=tmp_path, roll_path=roll).end_leftovers()
    time.sleep(0.2)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_child_dies_with_the_process_that_started_it(background: Callable[..., subprocess.Popen[str]]) -> None:
    code = (
        "import subprocess, sys, time; from embedded import child\n"
        "p = subprocess.Popen(child.command_dying_with_us([sys.executable, '-c', 'import time; time.sleep(120)']))\n"
        "print(p.pid, flush=True); time.sleep(120)"
    )
    starter = background(code)
    assert starter.stdout is not None
    number = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    assert wait_until(lambda: not is_alive(number))


def test_a_child_whose_parent_died_meanwhile_does_not_start() -> None:
    command = child.command_dying_with_us([sys.executable, "-c", "print('started')"])
    through_another = ["/bin/sh", "-c", '"$@"; exit $?', "sh", *command]
    done = subprocess.run(through_another, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (child.EXIT_ORPHANED, "")


def test_a_program_that_is_missing_is_named() -> None:
    done = subprocess.run(
        child.command_dying_with_us(["/nowhere/program"]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (127, "/nowhere/program: No such file or directory\n")
