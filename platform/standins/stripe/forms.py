"""Stripe's form encoding: nested brackets become nested dicts and lists (https://docs.stripe.com/api)."""

from __future__ import annotations

import re
from typing import TypeAlias
from urllib.parse import parse_qsl

from standins.stripe.errors import invalid

Tree: TypeAlias = "str | dict[str, Tree] | list[Tree]"

MOST_FIELDS = 2000


def decode(raw: str) -> dict[str, Tree]:
    """Fields of a form or query; raises a refusal when one name is both a value and a parent."""
    root: dict[str, Tree] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, max_num_fields=MOST_FIELDS):
        _place(root, _keys(name), value, name=name)
    return {key: _listed(child) for key, child in root.items()}


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket:
        return [head]
    return [head, *re.findall(r"([^\[\]]*)\]", rest)]


def _place(root: dict[str, Tree], keys: list[str], value: str, *, name: str) -> None:
    at = root
    for key in keys[:-1]:
        child = at.setdefault(key or str(len(at)), {})
        if not isinstance(child, dict):
            raise invalid(f"Invalid parameter name: {name}", param=name)
        at = child
    at[keys[-1] or str(len(at))] = value


def _listed(node: Tree) -> Tree:
    if not isinstance(node, dict):
        return node
    children = {key: _listed(child) for key, child in node.items()}
    if children and all(key.isdigit() for key in children):
        return [children[key] for key in sorted(children, key=int)]
    return children
