"""`expand[]`: ids in an answer replaced by the objects they name (https://docs.stripe.com/api/expanding_objects)."""

from __future__ import annotations

from collections.abc import Callable

from standins.stripe import resources
from standins.stripe.errors import StripeError, invalid
from standins.stripe.store import Document
from standins.stripe.world import World

DEEPEST = 4

INCLUDED: dict[tuple[str, str], Callable[[World, Document], Document]] = {}
"""Fields that are lists made on demand, by (kind, field); behaviors add theirs."""


def expand(world: World, document: Document, paths: list[str]) -> Document:
    """The answer with each named path expanded; refuses a path that leads nowhere."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", param="expand"
            )
        _expand(world, document, steps, path)
    return document


def _expand(world: World, document: Document, steps: list[str], path: str) -> None:
    name, rest = steps[0], steps[1:]
    if document["object"] == "list":
        if name != "data" or not rest:
            raise _cannot(path)
        for item in document["data"]:
            _expand(world, item, rest, path)
        return
    kind = str(document["object"])
    if not resources.can_expand(kind, name) and not isinstance(document.get(name), dict):
        raise _cannot(path)
    child = _child(world, kind, document, name)
    document[name] = child
    if rest and isinstance(child, dict) and "object" in child:
        _expand(world, child, rest, path)


def _child(world: World, kind: str, document: Document, name: str) -> object:
    value = document.get(name)
    if (kind, name) in INCLUDED and not isinstance(value, dict):
        return INCLUDED[kind, name](world, document)
    if isinstance(value, str):
        return world.store.get(value)
    return value


def _cannot(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded ({path}).", param="expand", code=None)
