"""docs/faults.md names tests that exist, and none of its rows is without one."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    line
    for line in (ROOT / "docs" / "faults.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| fault ")
]
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def functions_of(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.exists():
        return frozenset()
    return frozenset(
        node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    )


def test_each_fault_names_a_test() -> None:
    assert len(ROWS) > 40
    assert [row.split("|")[1].strip() for row in ROWS if not NODE.search(row)] == []


def test_each_named_test_exists() -> None:
    named = {found for row in ROWS for found in NODE.findall(row)}
    assert {f"{path}::{name}" for path, name in named if name not in functions_of(path)} == set()


def test_each_fault_proved_in_this_folder_is_listed() -> None:
    named = {path for row in ROWS for path, _ in NODE.findall(row)}
    here = {str(path.relative_to(ROOT)) for path in Path(__file__).parent.glob("test_*.py")}
    assert here - named == {"tests/faults/test_the_list.py"}
