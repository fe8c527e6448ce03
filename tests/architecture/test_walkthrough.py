"""The walk through the house names files and functions that exist."""

import ast
import re

import pytest

from tests.architecture.test_links import ROOT

TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PLACES = sorted(set(re.findall(r"`((?:blueprints|headroom|worker)/[\w/]+\.py)(?:: (\w+))?`", TEXT)))


def test_the_walk_names_places() -> None:
    assert len(PLACES) > 20


@pytest.mark.parametrize(("path", "name"), PLACES, ids=lambda part: part or "-")
def test_every_place_on_the_walk_exists(path: str, name: str) -> None:
    file = ROOT / ("platform/" + path if path.startswith("headroom/") else path)
    tree = ast.parse(file.read_text("utf-8"))
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        named |= {target.id for target in targets if isinstance(target, ast.Name)}
    assert not name or name in named
