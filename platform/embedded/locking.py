"""Writes the hash-locked requirement files in `locks/` from pyproject.toml (`./headroom lock`).

One file fits Python 3.11 to 3.14. No file names a package index: which one is asked is the machine's own matter.
Every locked version must have a wheel for each Python, so that nobody needs a compiler.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from embedded.environments import ROOT, lock_path

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
HEADER = "# Written by ./headroom lock from pyproject.toml. Fits Python 3.11 to 3.14, wheels only.\n"

# Name of the lock → what it is made from. `test` is bound by `run`, so that the one contains the other.
SOURCES = {
    "uv": ["--group", "installer"],
    "run": ["pyproject.toml"],
    "test": ["pyproject.toml", "--group", "test", "--constraint", "locks/run.txt"],
    "store": ["--group", "store"],
}


def main(arguments: list[str]) -> int:
    """Write every lock; `--upgrade` looks for newer versions than those locked now."""
    upgrade = ["--upgrade"] if "--upgrade" in arguments else []
    for lock, source in SOURCES.items():
        if not _compile(lock, [*source, *upgrade]):
            return 1
        failed = [python for python in PYTHONS if not _has_wheels(lock, python)]
        if failed:
            print(f"locks/{lock}.txt: not every package has a wheel for Python {', '.join(failed)}")
            return 1
        packages = sum("==" in line for line in lock_path(lock).read_text(encoding="utf-8").splitlines())
        print(f"locks/{lock}.txt: {packages} packages, wheels for Python {', '.join(PYTHONS)}")
    return 0


def _compile(lock: str, source: list[str]) -> bool:
    path = lock_path(lock)
    command = [*_uv(), "--universal", "--generate-hashes", "--python-version", PYTHONS[0]]
    command += ["--output-file", str(path), *source]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        return False
    text = path.read_text(encoding="utf-8")
    if "://" in text:
        print(f"locks/{lock}.txt names a host; it must not")
        return False
    path.write_text(HEADER + text.removeprefix(HEADER), encoding="utf-8")
    return True


def _has_wheels(lock: str, python: str) -> bool:
    asked = [
        subprocess.run(
            [*_uv(), "--python-version", python, "--python-platform", platform, str(lock_path(lock))],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        for platform in PLATFORMS
    ]
    return all(done.returncode == 0 for done in asked)


def _uv() -> list[str]:
    program = ROOT / ".venv" / "installer" / "bin" / "uv"
    found = program if program.exists() else Path(sys.executable).with_name("uv")
    options = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    return [str(found), "pip", "compile", *options, "--only-binary", ":all:"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
