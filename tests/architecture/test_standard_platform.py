"""Our source root is called `platform`, and so is a module of the standard library: ours must never win."""

from __future__ import annotations

import platform
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = "import platform; print(platform.python_implementation(), platform.__file__)"
SITE = """
import platform
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [platform.python_implementation().encode()]
"""


def test_the_source_root_is_no_package() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_under_pytest_it_is_the_standard_library() -> None:
    assert platform.python_implementation()
    assert not str(platform.__file__).startswith(str(ROOT / "platform"))


@pytest.mark.parametrize("where", ["the checkout", "the source root", "another directory"])
@pytest.mark.parametrize("how", ["-c", "-m"])
def test_it_is_the_standard_library_from(where: str, how: str, tmp_path: Path) -> None:
    folder = {"the checkout": ROOT, "the source root": ROOT / "platform", "another directory": tmp_path}[where]
    command = [sys.executable, "-c", ASK] if how == "-c" else [sys.executable, "-m", "platform"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    assert said.strip()
    assert str(ROOT / "platform") not in said


def test_it_is_the_standard_library_under_the_web_server(tmp_path: Path) -> None:
    (tmp_path / "asking_site.py").write_text(SITE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "asking_site:app"]
    server = subprocess.Popen([*command, "--working-dir", str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        assert answer_of(f"http://127.0.0.1:{port}/") == sys.implementation.name.replace("cpython", "CPython")
    finally:
        server.terminate()  # the server ends its workers; killed, it would leave them
        server.wait(20)


def answer_of(url: str) -> str:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.1)
    return "no answer"
