"""Response shapes read from the SDK's resource classes, and the closed list of event types."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from standins.stripe.contract import sdk_folder
from standins.stripe.store import Document

# Fields Stripe leaves out of an answer unless they are asked for through `expand`.
ONLY_WHEN_EXPANDED = frozenset(
    {("charge", "refunds"), ("checkout.session", "line_items"), ("account", "deleted"), ("customer", "deleted")}
)


@dataclass(frozen=True)
class Attribute:
    """One field of an answer: its annotation, whether null or absence is allowed, whether it can be expanded."""

    name: str
    annotation: ast.expr
    optional: bool
    expandable: bool


@dataclass(frozen=True)
class Resource:
    name: str
    attributes: dict[str, Attribute]
    nested: dict[str, Resource]


@cache
def event_types() -> frozenset[str]:
    """Names of events the API can send, as `Event.type` lists them."""
    tree = ast.parse((sdk_folder() / "_event.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "type":
            names = [each.value for each in ast.walk(node.annotation) if isinstance(each, ast.Constant)]
            return frozenset(name for name in names if isinstance(name, str) and "." in name)
    raise LookupError("The installed SDK does not list event types.")


@cache
def resource(object_name: str) -> Resource:
    """The resource class whose OBJECT_NAME is this."""
    return _by_object_name()[object_name]


def complete(document: Document) -> Document:
    """The document with every field its class allows to be null filled in, as Stripe's answers are."""
    kind = str(document["object"])
    empty = {
        attribute.name: None
        for attribute in resource(kind).attributes.values()
        if attribute.optional and (kind, attribute.name) not in ONLY_WHEN_EXPANDED
    }
    return {**empty, **document}


def problems(document: Document) -> list[str]:
    """Where a document differs from its class: missing, unknown or wrongly typed fields, at any depth."""
    return list(_problems(resource(str(document["object"])), document, at=str(document["object"])))


def can_expand(object_name: str, field: str) -> bool:
    """True when `field` may be named in `expand` for this kind of object."""
    if (object_name, field) in ONLY_WHEN_EXPANDED:
        return True
    attribute = resource(object_name).attributes.get(field)
    return attribute is not None and attribute.expandable


@cache
def _by_object_name() -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for file in _resource_files():
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ClassDef) and (name := _object_name(node)):
                found[name] = _resource(node)
    return found


def _resource_files() -> list[Path]:
    folder = sdk_folder()
    files = [*folder.glob("_*.py"), *folder.glob("checkout/_*.py"), *folder.glob("radar/_*.py")]
    return [file for file in files if "OBJECT_NAME" in file.read_text() and not file.stem.endswith("_service")]


def _object_name(node: ast.ClassDef) -> str | None:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and ast.unparse(each.target) == "OBJECT_NAME":
            return str(ast.literal_eval(each.value)) if each.value is not None else None
    return None


def _resource(node: ast.ClassDef) -> Resource:
    attributes: dict[str, Attribute] = {}
    nested: dict[str, Resource] = {}
    for each in node.body:
        if isinstance(each, ast.ClassDef):
            nested[each.name] = _resource(each)
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            text = ast.unparse(each.annotation)
            if each.target.id.startswith("_") or text.startswith("ClassVar"):
                continue
            name = each.target.id
            attributes[name] = Attribute(name, each.annotation, text.startswith("Optional["), "ExpandableField" in text)
    return Resource(node.name, attributes, nested)


def _problems(kind: Resource, document: Document, *, at: str) -> list[str]:
    found = [f"{at}.{name} is unknown" for name in document if name not in kind.attributes]
    for name, attribute in kind.attributes.items():
        if name not in document:
            if not attribute.optional:
                found.append(f"{at}.{name} is missing")
            continue
        value = document[name]
        if value is None:
            if not attribute.optional:
                found.append(f"{at}.{name} is null")
            continue
        found += _mismatch(kind, attribute.annotation, value, at=f"{at}.{name}")
    return found


def _mismatch(kind: Resource, annotation: ast.expr, value: object, *, at: str) -> list[str]:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.Subscript):
        name, inner = ast.unparse(annotation.value), annotation.slice
        if name == "Optional":
            return _mismatch(kind, inner, value, at=at)
        if name == "List":
            if not isinstance(value, list):
                return [f"{at} is not a list"]
            return [each for item in value for each in _mismatch(kind, inner, item, at=f"{at}[]")]
        if name in {"ExpandableField", "Union"}:
            return []
        if name == "Literal":
            return [] if value in ast.literal_eval(ast.Tuple([*_parts(inner)])) else [f"{at} has value {value!r}"]
        return [] if isinstance(value, dict) else [f"{at} is not an object"]
    return _plain_mismatch(kind, ast.unparse(annotation), value, at=at)


def _parts(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _plain_mismatch(kind: Resource, name: str, value: object, *, at: str) -> list[str]:
    plain = {"str": str, "int": int, "bool": bool, "float": (int, float)}
    if name in plain:
        wrong = not isinstance(value, plain[name]) or (isinstance(value, bool) and name != "bool")  # type: ignore[arg-type]
        return [f"{at} is {type(value).__name__}, not {name}"] if wrong else []
    if name in kind.nested:
        return _problems(kind.nested[name], value, at=at) if isinstance(value, dict) else [f"{at} is not an object"]
    return []
