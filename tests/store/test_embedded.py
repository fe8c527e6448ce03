"""The embedded store as a neighbor on one machine: it keeps its data, blocks nobody, and says plainly what it lacks."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded import store as embedded
from embedded.store_config import StorePlan
from headroom.gateways import s3
from tests.conftest import make_settings
from tests.stores import ROOT, SECRET_KEY, free_ports

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, int]:
    return tmp_path / "a studio's data", free_ports()


@pytest.fixture
def start(place: tuple[Path, int]) -> Iterator[Start]:
    """Start the store as the launcher does, and wait for its first line."""
    running: list[subprocess.Popen[str]] = []

    def run() -> subprocess.Popen[str]:
        data_dir, port = place
        command = [
            *(sys.executable, "-m", "embedded.store", "--data", str(data_dir), "--port", str(port)),
            *("--access-key", "headroom:tests", "--secret-key", SECRET_KEY, "--allow-origin", "http://localhost:8600"),
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT / "platform")},
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def bucket(port: int) -> s3.Store:
    return s3.connect(
        make_settings(
            s3_endpoint=f"http://127.0.0.1:{port}",
            s3_access_key="headroom:tests",
            s3_secret_key=SECRET_KEY,
            s3_bucket="headroom",
        )
    )


def test_what_was_stored_outlives_a_kill_of_the_store(start: Start, place: tuple[Path, int]) -> None:
    data_dir, port = place
    first = start()
    assert said(first).startswith("ready")
    bucket(port).put("o/kept", b"eight stems", content_type="audio/wav")
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start()
    assert said(second).startswith("ready")
    assert b"".join(bucket(port).stream("o/kept").chunks) == b"eight stems"
    assert embedded.data_files_on_disk(data_dir).files == 1
    bucket(port).delete("o/kept")
    assert embedded.data_files_on_disk(data_dir) == embedded.DiskCount(files=0, bytes=0)


def test_a_second_store_on_the_same_data_is_refused(start: Start) -> None:
    assert said(start()).startswith("ready")
    second = start()
    assert "already running" in said(second)
    assert second.wait() == 2


def test_a_busy_port_is_named(start: Start, place: tuple[Path, int]) -> None:
    _, port = place
    with socket.create_server(("127.0.0.1", port + 2)):
        process = start()
        assert f"Port {port + 2}" in said(process)
        assert process.wait() == 2


def test_it_stops_cleanly_when_told(start: Start) -> None:
    process = start()
    assert said(process).startswith("ready")
    process.terminate()
    assert process.wait() == 0


def test_a_disk_without_extended_attributes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    with pytest.raises(embedded.StoreCannotStart, match="extended attributes"):
        embedded.check_extended_attributes(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("access_key", "secret_key", "name"),
    [("nocolon", SECRET_KEY, "headroom"), ("a:b", "short", "headroom"), ("a:b", SECRET_KEY, "ab")],
)
def test_names_the_store_cannot_take_are_refused_before_it_starts(
    tmp_path: Path, access_key: str, secret_key: str, name: str
) -> None:
    plan = StorePlan(
        data_dir=tmp_path,
        port=1,
        access_key=access_key,
        secret_key=secret_key,
        allow_origin="http://localhost:8600",
        bucket=name,
        environment=embedded.default_environment(),
    )
    with pytest.raises(embedded.StoreCannotStart):
        embedded.start(plan)
