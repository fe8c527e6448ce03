"""The table of calls that have behavior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from standins.stripe import contract, schema
from standins.stripe.errors import StripeError
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import World

Act: TypeAlias = Callable[[World, "Ask"], Document]

ALWAYS_PLAYED = frozenset({"expand", "limit", "starting_after", "ending_before", "created", "metadata"})


@dataclass(frozen=True)
class Ask:
    """One call as a behavior gets it: the ids of its path, and its checked parameters."""

    refs: dict[str, str]
    params: Params


@dataclass(frozen=True)
class Behavior:
    """What one call does, and which of its parameters it understands (dotted for nested ones)."""

    act: Act
    plays: frozenset[str]


BEHAVIORS: dict[tuple[str, str], Behavior] = {}


def plays(method: str, path: str, *params: str) -> Callable[[Act], Act]:
    """Registers the behavior of one of the SDK's calls; a call the SDK does not have is a mistake here."""
    route = next((each for each in contract.routes() if (each.method, each.path) == (method, path)), None)
    if route is None:
        raise LookupError(f"The installed SDK has no {method} {path}")
    known = {field.name for field in schema.fields(*route.params)} if route.params else set()
    if foreign := {name.split(".")[0] for name in params} - known:
        raise LookupError(f"The installed SDK's {method} {path} has no {foreign}")

    def register(act: Act) -> Act:
        BEHAVIORS[method, path] = Behavior(act, frozenset(params) | ALWAYS_PLAYED)
        return act

    return register


def refuse_unplayed(behavior: Behavior, params: Params) -> None:
    """Raises 501 for a parameter that Stripe knows and this behavior would have to ignore."""
    for name in _names(params, at=""):
        top = name.split(".")[0]
        if top not in behavior.plays and name not in behavior.plays:
            raise StripeError(
                501,
                "api_error",
                f"The rehearsal stand-in does not play the parameter {name}.",
                name,
                "standin_no_behavior",
            )


def _names(params: Params, *, at: str) -> list[str]:
    found: list[str] = []
    for name, value in params.items():
        path = f"{at}.{name}" if at else name
        if isinstance(value, dict) and name != "metadata":
            found += _names(value, at=path) or [path]
        else:
            found.append(path)
    return found
