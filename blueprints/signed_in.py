"""The access declaration: every route carries exactly one, and start-up refuses a route without.

    @signed_in                          a signed-in person; the handler gets their `actor` first
    @signed_in(capability=ENGINEER)     … who holds that capability
    @public                             anybody; a handler whose first parameter is `actor` gets Actor or None
    @machine                            no person and no form: webhooks, probes. The only routes without CSRF

The order on a handler is `@bp.post(…)`, then the declaration, then `@once` if it creates something.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast, overload

from flask import Flask, current_app, request
from flask_login import LoginManager, UserMixin

from blueprints.visit import current_actor, current_visit
from headroom.errors import NotAllowed, NotSignedIn

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "__headroom_access__"


class Kind(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route."""

    kind: Kind
    capability: str | None = None


@overload
def signed_in(view: View) -> View: ...
@overload
def signed_in(*, capability: str) -> Callable[[View], View]: ...
def signed_in(view: View | None = None, *, capability: str | None = None) -> View | Callable[[View], View]:
    """Only signed-in people, with `capability` if given; raises NotSignedIn or NotAllowed otherwise."""

    def declare(view: View) -> View:
        @functools.wraps(view)
        def guarded(**arguments: Any) -> Any:
            actor = current_actor()
            if actor is None:
                raise NotSignedIn
            if capability is not None and not actor.has(capability):
                raise NotAllowed(capability=capability)
            return view(actor, **arguments)

        return cast(View, _declared(guarded, Access(Kind.SIGNED_IN, capability), view))

    return declare(view) if view is not None else declare


def public(view: View) -> View:
    """Anybody. Gives `actor: Actor | None` to a handler that asks for it by its first parameter."""
    wants_actor = next(iter(inspect.signature(view).parameters), None) == "actor"

    @functools.wraps(view)
    def opened(**arguments: Any) -> Any:
        return view(current_actor(), **arguments) if wants_actor else view(**arguments)

    return cast(View, _declared(opened, Access(Kind.PUBLIC), view))


def machine(view: View) -> View:
    """Programs that prove themselves in their own way (signatures), or need not (probes)."""

    @functools.wraps(view)
    def called(**arguments: Any) -> Any:
        return view(**arguments)

    return cast(View, _declared(called, Access(Kind.MACHINE), view))


def _declared(wrapper: Any, access: Access, view: Any) -> Any:
    if hasattr(view, _ATTRIBUTE):
        raise TypeError(f"{view.__qualname__} declares its access twice")
    setattr(wrapper, _ATTRIBUTE, access)
    return wrapper


def access_of(app: Flask, endpoint: str | None) -> Access | None:
    """The declaration of an endpoint; None for no endpoint (unknown address)."""
    view = app.view_functions.get(endpoint or "")
    access = getattr(view, _ATTRIBUTE, None)
    return access if isinstance(access, Access) else None


class UndeclaredRoute(RuntimeError):
    """A route says nothing about who may call it."""


def refuse_undeclared(app: Flask) -> None:
    """Raise UndeclaredRoute if any route carries no declaration; called once all are registered."""
    bare = [rule for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    if bare:
        listed = ", ".join(f"{rule.rule} ({rule.endpoint})" for rule in bare)
        raise UndeclaredRoute(f"add @signed_in, @public or @machine to: {listed}")


def is_machine_route() -> bool:
    """Whether the request being served is for a machine route."""
    access = access_of(current_app, request.endpoint)
    return access is not None and access.kind is Kind.MACHINE


class SignedInPerson(UserMixin):  # type: ignore[misc]
    """What Flask-Login's `current_user` is: the actor and the name to greet, nothing of the database."""

    def __init__(self) -> None:
        live = current_visit().live
        assert live is not None
        self.id = live.person_id
        self.display_name = live.display_name
        self.actor = live.actor


class _Logins(LoginManager):  # type: ignore[misc]
    """Flask-Login over our own session rows: no remember cookie, no ids in a client-side session."""

    def _load_user_from_remember_cookie(self, _cookie: str) -> SignedInPerson | None:
        return _load_person()

    def _load_user_from_request(self, _request: object) -> SignedInPerson | None:
        return _load_person()


def _load_person() -> SignedInPerson | None:
    return SignedInPerson() if current_visit().live is not None else None


def install(app: Flask) -> None:
    """Give templates and handlers `current_user`."""
    logins = _Logins()
    logins.session_protection = None
    logins.request_loader(lambda _request: _load_person())
    logins.init_app(app)
