"""Request schemas read from the SDK's params TypedDicts, and forms checked and typed against them.

Literals are closed here even where the SDK says `Literal | str`: Stripe refuses a value outside its list.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from standins.stripe.contract import sdk_folder
from standins.stripe.errors import StripeError, invalid
from standins.stripe.forms import Tree

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
Params: TypeAlias = dict[str, Any]
"""Parameters of one call, typed and checked against its schema."""

# Parameters that steer the client, not the API; every params class inherits them.
CLIENT_OPTIONS = frozenset({"api_key", "stripe_version", "stripe_account", "stripe_context", "max_network_retries"})
SCALARS = frozenset({"str", "int", "float", "bool", "Decimal"})
TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Scalar:
    kind: str


@dataclass(frozen=True)
class Choice:
    values: tuple[str, ...]


@dataclass(frozen=True)
class Sequence:
    item: Type


@dataclass(frozen=True)
class Mapping:
    item: Type


@dataclass(frozen=True)
class Shape:
    module: str
    name: str


@dataclass(frozen=True)
class AnyOf:
    options: tuple[Type, ...]


Type: TypeAlias = Scalar | Choice | Sequence | Mapping | Shape | AnyOf


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    required: bool


def read(params: tuple[str, str] | None, form: dict[str, Tree]) -> dict[str, Value]:
    """The typed parameters of a request; raises what Stripe would answer to a wrong one."""
    if params is None:
        if form:
            raise _unknown(sorted(form)[0])
        return {}
    return _read_shape(Shape(*params), form, at="")


@cache
def fields(module: str, name: str) -> tuple[Field, ...]:
    """Fields of one params class, bases within the SDK included."""
    classes = _classes(module)
    if name not in classes:
        raise LookupError(f"{module} has no class {name}")
    found: list[Field] = []
    for base in classes[name].bases:
        if isinstance(base, ast.Name) and base.id in classes:
            found.extend(fields(module, base.id))
    for node in classes[name].body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.target.id in CLIENT_OPTIONS:
                continue
            inner, required = _presence(node.annotation)
            found.append(Field(node.target.id, _type(inner, module), required))
    return tuple(found) + _functional(module, name)


@cache
def _module(module: str) -> ast.Module:
    file = sdk_folder().parent / (module.replace(".", "/") + ".py")
    return ast.parse(file.read_text())


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    return {node.name: node for node in _module(module).body if isinstance(node, ast.ClassDef)}


@cache
def _functional(module: str, name: str) -> tuple[Field, ...]:
    """Fields whose names are Python keywords: the SDK states them as `_NameBase = TypedDict(..., {"in": …})`."""
    for node in _module(module).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and len(node.value.args) == 2):
            continue
        target, table = node.targets[0], node.value.args[1]
        if not (isinstance(target, ast.Name) and isinstance(table, ast.Dict)):
            continue
        bases = [ast.unparse(base) for base in _classes(module)[name].bases]
        if target.id not in bases:
            continue
        pairs = [(key, *_presence(value)) for key, value in zip(table.keys, table.values, strict=True)]
        return tuple(
            Field(str(key.value), _type(inner, module), required)
            for key, inner, required in pairs
            if isinstance(key, ast.Constant)
        )
    return ()


def _presence(annotation: ast.expr) -> tuple[ast.expr, bool]:
    annotation = _unquoted(annotation)
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "NotRequired":
        return annotation.slice, False
    return annotation, True


def _unquoted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _type(node: ast.expr, module: str) -> Type:
    node = _unquoted(node)
    if isinstance(node, ast.BinOp):
        return _any_of([_type(node.left, module), _type(node.right, module)])
    if isinstance(node, ast.Subscript):
        return _generic(ast.unparse(node.value), node.slice, module)
    name = ast.unparse(node)
    if name in SCALARS:
        return Scalar(name)
    if name in _classes(module):
        return Shape(module, name)
    if name in {"Any", "object", "UntypedStripeObject"}:
        return Mapping(Scalar("str"))
    raise LookupError(f"{module}: type {name} is not understood")


def _generic(name: str, inner: ast.expr, module: str) -> Type:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return Choice(tuple(str(part.value) for part in parts if isinstance(part, ast.Constant)))
    if name in {"Union", "Optional"}:
        return _any_of([_type(part, module) for part in parts])
    if name == "List":
        return Sequence(_type(parts[0], module))
    if name in {"Dict", "UntypedStripeObject"}:
        return Mapping(_type(parts[-1], module))
    if name == "NotRequired":
        return _type(parts[0], module)
    raise LookupError(f"{module}: generic {name} is not understood")


def _any_of(options: list[Type]) -> Type:
    flat = [each for option in options for each in (option.options if isinstance(option, AnyOf) else (option,))]
    unique = list(dict.fromkeys(flat))
    # `Literal[…] | str` leaves the list open for future values; today's list is what Stripe accepts today.
    if any(isinstance(each, Choice) and each.values != ("",) for each in unique):
        unique = [each for each in unique if each != Scalar("str")]
    return unique[0] if len(unique) == 1 else AnyOf(tuple(unique))


def _read_shape(shape: Shape, form: dict[str, Tree], *, at: str) -> dict[str, Value]:
    known = {field.name: field for field in fields(shape.module, shape.name)}
    for name in form:
        if name not in known:
            raise _unknown(_path(at, name))
    for field in known.values():
        if field.required and field.name not in form:
            path = _path(at, field.name)
            raise invalid(f"Missing required param: {path}.", param=path, code="parameter_missing")
    return {name: _read(known[name].type, node, at=_path(at, name)) for name, node in form.items()}


def _read(expected: Type, node: Tree, *, at: str) -> Value:
    if isinstance(expected, AnyOf):
        return _read_any(expected, node, at=at)
    if isinstance(expected, Scalar):
        return _read_scalar(expected, node, at=at)
    if isinstance(expected, Choice):
        if isinstance(node, str) and node in expected.values:
            return node
        raise _not_a_choice(expected, at)
    if isinstance(expected, Sequence):
        if not isinstance(node, list):
            raise invalid("Invalid array", param=at)
        return [_read(expected.item, each, at=f"{at}[{index}]") for index, each in enumerate(node)]
    if isinstance(node, list):
        node = {str(index): each for index, each in enumerate(node)}
    if not isinstance(node, dict):
        raise invalid("Invalid object", param=at)
    if isinstance(expected, Mapping):
        return {key: _read(expected.item, each, at=_path(at, key)) for key, each in node.items()}
    return _read_shape(expected, node, at=at)


def _read_any(expected: AnyOf, node: Tree, *, at: str) -> Value:
    last: StripeError | None = None
    for option in sorted(expected.options, key=lambda each: each == Scalar("str")):
        try:
            return _read(option, node, at=at)
        except StripeError as error:
            # The deepest complaint is about the option that was meant.
            if last is None or len(error.param or "") > len(last.param or ""):
                last = error
    if last is None:
        raise invalid("Invalid value", param=at)
    raise last


def _read_scalar(expected: Scalar, node: Tree, *, at: str) -> Value:
    if not isinstance(node, str):
        raise invalid(f"Invalid string: {at}", param=at)
    if expected.kind == "int":
        if not re.fullmatch(r"-?\d{1,18}", node):
            raise invalid(f"Invalid integer: {node}", param=at, code="parameter_invalid_integer")
        return int(node)
    if expected.kind == "float":
        if not re.fullmatch(r"-?\d+(\.\d+)?", node):
            raise invalid(f"Invalid decimal: {node}", param=at)
        return float(node)
    if expected.kind == "bool":
        if node not in TRUTHS:
            raise invalid(f"Invalid boolean: {node}", param=at)
        return TRUTHS[node]
    if node == "":
        raise _empty(at)
    return node


def _path(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _unknown(path: str) -> StripeError:
    return invalid(f"Received unknown parameter: {path}", param=path, code="parameter_unknown")


def _empty(path: str) -> StripeError:
    message = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
        f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value."
    )
    return invalid(message, param=path, code="parameter_invalid_empty")


def _not_a_choice(expected: Choice, path: str) -> StripeError:
    *most, final = expected.values
    listed = f"{', '.join(most)}, or {final}" if most else final
    return invalid(f"Invalid {path}: must be one of {listed}", param=path)
