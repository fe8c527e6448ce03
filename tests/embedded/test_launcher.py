"""`./headroom` on machines that lack something: it works, or says in one sentence what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from embedded import environments, locking
from embedded.environments import PIP_WHEEL, PRODUCT, CannotInstall
from embedded.launcher import VERBS
from tests.embedded.conftest import ROOT

LAUNCHER = ROOT / "headroom"
OLD_PYTHON = (
    "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); sys.argv = ['headroom']; "
    "runpy.run_path({!r}, run_name='__main__')"
)
# What a checkout needs to install itself.
CARRIED = ("headroom", "platform", "locks", "vendor", "pyproject.toml")


def launch(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(LAUNCHER), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout without its environments, in a folder with spaces."""
    folder = tmp_path / "my music site"
    folder.mkdir()
    for name in CARRIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
        else:
            shutil.copy2(source, folder / name)
    return folder


def test_help_names_every_verb() -> None:
    said = launch("--help").stdout
    assert [name for name in VERBS if f"  {name}" not in said] == []


def test_an_unknown_verb_is_answered_with_the_list() -> None:
    answer = launch("dance")
    assert answer.returncode == 2
    assert "There is no verb 'dance'." in answer.stderr
    assert "demo" in answer.stderr


def test_an_old_python_is_answered_in_one_sentence() -> None:
    command = [sys.executable, "-c", OLD_PYTHON.format(str(LAUNCHER))]
    answer = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/nowhere"}, check=False)
    assert answer.stderr == "Headroom needs Python 3.11 or newer; this is Python 3.9.\n"


def test_a_package_file_in_the_source_root_is_refused_before_it_breaks_anything(checkout: Path) -> None:
    (checkout / "platform" / "__init__.py").touch()
    answer = subprocess.run([sys.executable, checkout / "headroom"], capture_output=True, text=True, check=False)
    assert "Remove platform/__init__.py" in answer.stderr


def test_a_first_start_without_a_network_says_so(checkout: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "HOME": "/nowhere"}
    nowhere |= {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, str(checkout / "headroom"), "settings"]
    answer = subprocess.run(command, capture_output=True, text=True, env=nowhere, check=False)
    assert answer.returncode == 1
    assert "The first start needs a network" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_altered_installer_is_refused(checkout: Path) -> None:
    with (checkout / "vendor" / PIP_WHEEL).open("ab") as wheel:
        wheel.write(b"x")
    command = [sys.executable, str(checkout / "headroom"), "settings"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "is not the file this checkout was published with" in answer.stderr


def test_an_environment_that_fits_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing may be started")

    monkeypatch.setattr(environments, "_differs", lambda *_: False)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    environments.ensure(tests=True, store=True)


def test_the_tests_packages_stay_when_the_product_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments.Environment, "stamp", lambda _: {"lock": "test"})
    assert environments._lock_for(PRODUCT, "run") == "test"


def test_a_failed_installation_is_told_with_its_reason(tmp_path: Path) -> None:
    environment = environments.Environment(tmp_path, ("run",))
    command = ["/bin/sh", "-c", "echo no space left >&2; exit 2"]
    failed = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    failed.wait()
    with pytest.raises(CannotInstall, match="no space left"):
        environments._finish(environment, "run", failed)
    assert environment.stamp() == {}


@pytest.mark.parametrize("lock", locking.SOURCES)
def test_locks_name_no_host_and_hash_every_package(lock: str) -> None:
    text = environments.lock_path(lock).read_text(encoding="utf-8")
    packages = re.findall(r"^[\w.\[\]-]+==", text, re.M)
    assert "://" not in text
    assert packages
    assert len(re.findall(r"==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", text)) == len(packages)


def test_the_tests_lock_contains_the_products() -> None:
    def pins(lock: str) -> set[str]:
        text = environments.lock_path(lock).read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.\[\]-]+==[^ \\;]+)", text, re.M))

    assert pins("run") <= pins("test")


@pytest.mark.slow
def test_a_clean_checkout_installs_itself_without_ensurepip_and_starts_offline_afterwards(
    checkout: Path, tmp_path: Path
) -> None:
    without = tmp_path / "without" / "ensurepip"
    without.mkdir(parents=True)
    (without / "__init__.py").write_text("raise ImportError('not on this machine')")
    env = os.environ | {"PYTHONPATH": str(without.parent)}
    command = [sys.executable, str(checkout / "headroom"), "settings"]
    first = subprocess.run(command, capture_output=True, text=True, env=env, cwd="/", check=False)
    if "The first start needs a network" in first.stderr:
        pytest.skip("no network and no package mirror")
    assert first.returncode == 0, first.stderr
    assert re.search(r"the product \(\d+ packages\): \d+ MB in [\d.]+ s", first.stderr)
    offline = env | {"PIP_INDEX_URL": "http://127.0.0.1:9/", "UV_OFFLINE": "1"}
    second = subprocess.run(command, capture_output=True, text=True, env=offline, cwd="/", check=False)
    assert (second.returncode, second.stderr) == (0, "")
    assert "HEADROOM_BASE_URL" in second.stdout
