"""Routes of Stripe's API as the installed SDK's service classes state them."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Route:
    """One call of the API: `params` is (module, class) of its request schema, or None when it takes none."""

    method: str
    path: str
    params: tuple[str, str] | None
    returns: str
    service: str
    operation: str

    @property
    def names(self) -> list[str]:
        """Names of the ids in the path, in order."""
        return re.findall(r"{(\w+)}", self.path)


@dataclass(frozen=True)
class Match:
    route: Route
    ids: dict[str, str]


@cache
def sdk_folder() -> Path:
    """Folder of the installed SDK; found without importing it, so the process stays small."""
    spec = importlib.util.find_spec("stripe")
    if spec is None or spec.origin is None:
        raise RuntimeError("The stripe package is not installed; the stand-in reads its contract from it.")
    return Path(spec.origin).parent


@cache
def api_version() -> str:
    """The API version the installed SDK speaks."""
    text = (sdk_folder() / "_api_version.py").read_text()
    found = re.search(r'CURRENT = "([^"]+)"', text)
    if found is None:
        raise RuntimeError("The installed stripe package does not state its API version.")
    return found.group(1)


@cache
def routes() -> tuple[Route, ...]:
    """Every v1 call of the SDK, in no particular order."""
    found: dict[tuple[str, str], Route] = {}
    for file in sorted(sdk_folder().rglob("_*_service.py")):
        if "v2" in file.relative_to(sdk_folder()).parts:
            continue
        for route in _routes_of(ast.parse(file.read_text())):
            found.setdefault((route.method, route.path), route)
    return tuple(found.values())


def match(method: str, path: str) -> Match | None:
    """The route of a request, fixed segments before named ones; None when Stripe has no such call."""
    for pattern, route in _patterns():
        if route.method == method and (hit := pattern.fullmatch(path)):
            return Match(route, hit.groupdict())
    return None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Route], ...]:
    ordered = sorted(routes(), key=lambda route: (route.path.count("{"), route.path))
    return tuple((re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path)), route) for route in ordered)


def _routes_of(tree: ast.Module) -> Iterator[Route]:
    modules = _imported_names(tree)
    for service in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        for operation in [node for node in service.body if isinstance(node, ast.FunctionDef)]:
            call = _request_call(operation)
            if call is None:
                continue
            method, path = call
            if not path.startswith("/v1/"):
                continue
            name = _params_class(operation)
            params = (modules[name], name) if name and name in modules else None
            returns = ast.unparse(operation.returns).strip("'\"") if operation.returns else ""
            yield Route(method, path, params, returns, service.name, operation.name)


def _imported_names(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.name: node.module for alias in node.names})
    return found


def _request_call(operation: ast.FunctionDef) -> tuple[str, str] | None:
    for node in ast.walk(operation):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr != "_request" or len(node.args) < 2:
            continue
        method, path = node.args[0], node.args[1]
        if isinstance(path, ast.Call) and isinstance(path.func, ast.Attribute):
            path = path.func.value
        if isinstance(method, ast.Constant) and isinstance(path, ast.Constant):
            return str(method.value), str(path.value)
    return None


def _params_class(operation: ast.FunctionDef) -> str | None:
    for argument in operation.args.args:
        if argument.arg == "params" and argument.annotation is not None:
            found = re.search(r"\w*Params\b", ast.unparse(argument.annotation))
            return found.group(0) if found else None
    return None
