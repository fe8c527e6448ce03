"""The two Python environments of a checkout, installed from hash-locked files. Standard library only.

`.venv`        the product (`locks/run.txt`), or with its tests and tools (`locks/test.txt`, which contains run)
`.venv-store`  the object store, which needs other versions of the same packages (`locks/store.txt`)

How they are made: `venv --without-pip` (a fresh Debian lacks `ensurepip`), then the pip wheel kept in
`vendor/` installs the pinned installer `uv`, which makes the environment equal to the lock. A stamp says which
lock an environment stands for, so that a later start reads two small files and touches no network.

    python -m embedded.environments --tests     fetch what the tests need (done quietly after a first start)
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embedded.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


class CannotInstall(RuntimeError):
    """The text says in one or two sentences what stands in the way."""


@dataclass(frozen=True)
class Environment:
    """A folder with a Python of its own and the lock files it may stand for, smallest first."""

    folder: Path
    locks: tuple[str, ...]

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def stamp_path(self) -> Path:
        return self.folder / "stands-for.json"

    def stamp(self) -> dict[str, str]:
        try:
            found = json.loads(self.stamp_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


PRODUCT = Environment(ROOT / ".venv", ("run", "test"))
STORE = Environment(ROOT / ".venv-store", ("store",))


def ensure(*, tests: bool, store: bool, quiet: bool = False) -> None:
    """Make the environments equal to their locks; returns at once when they are.

    Raises CannotInstall, for example on a first start without a network.
    """
    wanted = [(PRODUCT, _lock_for(PRODUCT, "test" if tests else "run"))]
    if store:
        wanted.append((STORE, "store"))
    if not any(_differs(environment, lock) for environment, lock in wanted):
        _write_path_file(PRODUCT)
        return
    with _one_at_a_time(), Progress(quiet=quiet) as progress:
        missing = [(environment, lock) for environment, lock in wanted if _differs(environment, lock)]
        for environment, _ in missing:
            _create(environment)
        uv = _installer(progress)
        # Both are bound by the network, so they run side by side.
        running = [(environment, lock, _sync(uv, environment, lock, progress)) for environment, lock in missing]
        for environment, lock, process in running:
            progress.wait_for(process)
            _finish(environment, lock, process)
    _write_path_file(PRODUCT)


def is_complete(*, tests: bool) -> bool:
    """Whether the product's environment already stands for what is asked."""
    return not _differs(PRODUCT, "test" if tests else "run")


def lock_path(lock: str) -> Path:
    return ROOT / "locks" / f"{lock}.txt"


def _lock_for(environment: Environment, lock: str) -> str:
    """Keep the tests' packages once they are there: the bigger lock contains the smaller one."""
    stands_for = environment.stamp().get("lock", "")
    return "test" if stands_for == "test" else lock


def _differs(environment: Environment, lock: str) -> bool:
    expected = {"lock": lock, "sha256": _sha256(lock_path(lock)), "python": _python_version()}
    return environment.stamp() != expected or not environment.python.exists()


def _finish(environment: Environment, lock: str, process: subprocess.Popen[str]) -> None:
    if process.returncode != 0:
        output = process.stderr.read() if process.stderr is not None else ""
        raise CannotInstall(
            f"The packages of locks/{lock}.txt could not be installed: {_last_lines(output)}\n"
            "The first start needs a network (or a package mirror); later starts do not."
        )
    stamp = {"lock": lock, "sha256": _sha256(lock_path(lock)), "python": _python_version()}
    draft = environment.stamp_path.with_suffix(".new")
    draft.write_text(json.dumps(stamp), encoding="utf-8")
    draft.replace(environment.stamp_path)


def _create(environment: Environment) -> None:
    """A bare environment; one made by another Python is made anew."""
    made_by = environment.stamp().get("python", _python_version())
    if environment.python.exists() and made_by == _python_version():
        return
    # Never make an environment from an environment: it would end with the one it came from.
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "venv", "--clear", "--without-pip", str(environment.folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CannotInstall(f"{base} cannot make an environment: {_last_lines(made.stderr + made.stdout)}")


def _installer(progress: Progress) -> Path:
    """The pinned `uv`, installed by the pinned pip that this checkout carries."""
    folder = PRODUCT.folder / "installer"
    stamp = folder / _sha256(lock_path("uv"))
    uv = folder / "bin" / "uv"
    if stamp.exists() and uv.exists():
        return uv
    wheel = ROOT / "vendor" / PIP_WHEEL
    if _sha256(wheel) != PIP_SHA256:
        raise CannotInstall(f"{wheel} is not the file this checkout was published with: clone it again.")
    command = [str(PRODUCT.python), "-I", str(wheel / "pip"), "install", "--require-hashes", "--quiet"]
    command += ["--only-binary", ":all:", "--no-deps", "--disable-pip-version-check", "--upgrade"]
    command += ["--target", str(folder), "--requirement", str(lock_path("uv"))]
    process = progress.start("installer", command, env=os.environ | {"PIP_ROOT_USER_ACTION": "ignore"})
    progress.wait_for(process)
    if process.returncode != 0:
        output = process.stderr.read() if process.stderr is not None else ""
        raise CannotInstall(
            f"The installer could not be fetched: {_last_lines(output)}\n"
            "The first start needs a network (or a package mirror); later starts do not."
        )
    stamp.touch()
    return uv


def _sync(uv: Path, environment: Environment, lock: str, progress: Progress) -> subprocess.Popen[str]:
    path = lock_path(lock)
    packages = sum("==" in line for line in path.read_text(encoding="utf-8").splitlines())
    command = [str(uv), "pip", "sync", "--require-hashes", "--only-binary", ":all:", "--no-progress"]
    command += ["--python", str(environment.python), str(path)]
    what = {"run": "the product", "test": "the product, its tests and tools", "store": "the object store"}
    return progress.start(f"{what[lock]} ({packages} packages)", command, env=_installer_environment())


def _installer_environment() -> dict[str, str]:
    """Tell uv of the mirror and certificates that pip was told of, and where it may keep its cache."""
    told = dict(os.environ)
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
        told.pop(name, None)
    for pip_name, uv_name in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_CERT", "SSL_CERT_FILE")):
        if told.get(pip_name):
            told.setdefault(uv_name, told[pip_name])
    if not os.access(Path.home(), os.W_OK):
        told.setdefault("UV_CACHE_DIR", str(ROOT / ".headroom" / "cache"))
    return told | {"UV_PYTHON_DOWNLOADS": "never"}


def _write_path_file(environment: Environment) -> None:
    """Put the checkout on the environment's path; rewritten when the checkout was moved."""
    text = f"{ROOT / 'platform'}\n{ROOT}\n"
    for folder in environment.folder.glob("lib/python3*/site-packages"):
        path = folder / "headroom-source.pth"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    folder = ROOT / ".headroom"
    folder.mkdir(exist_ok=True)
    with (folder / "environments.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _last_lines(text: str) -> str:
    return " ".join(text.strip().splitlines()[-4:]) or "no reason was given"


def main() -> int:
    """Fetch what the tests need, without a word unless it fails."""
    started = time.monotonic()
    try:
        ensure(tests="--tests" in sys.argv, store=True, quiet=True)
    except CannotInstall as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"{time.monotonic() - started:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
