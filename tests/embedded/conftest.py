"""Servers of their own for tests about starting and stopping them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def made_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was started and stopped once; tests copy it, which is quicker than making one."""
    data_dir = tmp_path_factory.mktemp("cluster") / "postgres"
    postgres.start(data_dir).stop()
    return data_dir


@pytest.fixture
def data_dir(made_cluster: Path, tmp_path: Path) -> Iterator[Path]:
    """A cluster of the test's own; whatever runs on it is ended after the test."""
    target = tmp_path / "postgres"
    shutil.copytree(made_cluster, target, symlinks=True)
    yield target
    _end_servers_below(tmp_path)


def _end_servers_below(folder: Path) -> None:
    from embedded.cluster import Cluster, server_processes

    for data_dir in folder.rglob("PG_VERSION"):
        if data_dir.parent.name in ("base", "1", "4", "5") or not (data_dir.parent / "global").exists():
            continue
        for process_id in server_processes(Cluster(data_dir.parent)):
            os.kill(process_id, 9)


@pytest.fixture
def background() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run Python code in another process whose output can be read; killed after the test."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [sys.executable, "-c", code, *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, **options
        )
        started.append(process)
        return process  # type: ignore[no-any-return]

    yield run
    for process in started:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool], *, within_s: float = 15.0) -> bool:
    """Whether it became so in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
