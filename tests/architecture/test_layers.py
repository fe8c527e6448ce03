"""The contracts in pyproject.toml about who may import whom, and what they cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ROOT / "platform" / "headroom"
# Names that say nothing about what is inside collect everything.
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service"}
# It starts a child process and hands on where programs lie.
READS_THE_PATH = DOMAINS / "audio" / "child.py"
ASKS_THE_CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def calls_of(path: Path) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr, node.lineno


def test_every_import_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_only_the_clock_asks_what_time_it_is() -> None:
    """Verbs take `now`, so that the demo and the tests can pass thirty days."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules("platform/headroom")
        for name, attribute, line in calls_of(path)
        if (name, attribute) in ASKS_THE_CLOCK and path != DOMAINS / "clock.py"
    ]
    assert found == []


def test_only_the_settings_read_the_environment() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules("platform/headroom", "blueprints", "worker")
        for name, attribute, line in calls_of(path)
        if (name, attribute) in {("os", "environ"), ("os", "getenv")}
        and path not in (DOMAINS / "settings.py", READS_THE_PATH)
    ]
    assert found == []


def test_every_domains_models_are_known_to_the_migrations() -> None:
    listed = set(_migrated_modules())
    made = {f"headroom.{path.parent.name}.models" for path in DOMAINS.glob("*/models.py")}
    assert made - listed == set(), "add them to migrations/models.py"


def _migrated_modules() -> tuple[str, ...]:
    from migrations.models import MODULES

    return MODULES


@pytest.mark.parametrize("folder", ["platform", "blueprints", "worker"])
def test_module_names_say_what_is_inside(folder: str) -> None:
    found = [str(path.relative_to(ROOT)) for path in modules(folder) if path.stem in VAGUE]
    assert found == []
