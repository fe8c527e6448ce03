"""Composition root of the web processes: settings → database → doors → headers, and nothing else.

A WSGI server imports `wsgi:app`; tests and the worker call `create_app(settings)`.
"""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import StrictUndefined
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from blueprints import (
    csrf,
    errors,
    formats,
    headers,
    incoming,
    locales,
    request_log,
    signed_in,
    statics,
    visit,
)
from blueprints.forms import CSRF_FIELD, ONCE_FIELD
from headroom import clock, db, failpoints, logs
from headroom.accounts import sessions
from headroom.actors import Actor
from headroom.files import capabilities
from headroom.settings import Settings, read_settings, refusals

DOORS = ("site", "accounts", "account", "legal", "staff", "engineers", "mixing", "files", "ledger")
REHEARSAL_DOORS = ("rehearsal",)
ROOT = Path(__file__).resolve().parent


class _Templates(Environment):
    """Templates that share one plain dict of globals.

    Jinja gives each template a chain of dicts, to which every import on a page is compared name by name.
    Nothing here loads a template with globals of its own.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **d} if d else self.globals


class RefusedToStart(RuntimeError):
    """The settings are not fit for this profile; the message lists every reason."""


def create_app(settings: Settings | None = None, *, database: db.Database | None = None) -> Flask:
    """The whole site as a WSGI application. Raises RefusedToStart, or UndeclaredRoute for a bare route.

    The worker, which needs the templates only, passes the `database` it already opened.
    """
    settings = settings or read_settings()
    reasons = refusals(settings)
    if reasons:
        raise RefusedToStart("\n".join(reasons))
    app = Flask("headroom", root_path=str(ROOT), static_folder=None, template_folder="templates")
    app.jinja_environment = _Templates
    app.extensions["headroom.settings"] = settings
    logs.set_up(settings.log_level)
    if database is None:
        _connect(settings)
    _frame(app, settings)
    for name in DOORS + (REHEARSAL_DOORS if settings.is_rehearsal else ()):
        app.register_blueprint(import_module(f"blueprints.{name}").bp)
    signed_in.refuse_undeclared(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _connect(settings: Settings) -> None:
    """Open this process's database and teach it to re-check sign-in sessions; set the clock and the faults."""
    database = db.connect(settings, role=db.WEB)
    database.check_session = _check_session
    refuse_unfit_world(settings)
    clock.use_offset_from(db.clock_offset if settings.is_rehearsal else None)
    failpoints.arm(settings.faults)


def refuse_unfit_world(settings: Settings) -> None:
    """In production, refuse what the database knows to be unfit. Raises RefusedToStart with every reason.

    Each process looks for itself: one that is started alone has no bootstrap before it.
    """
    if not settings.is_production:
        return
    reasons = []
    if db.holds_clock_offset():
        reasons.append("The database holds a clock offset, which belongs to rehearsal.")
    with db.reading() as session:
        if capabilities.is_known_open(session, settings.s3_endpoint, settings.s3_bucket):
            reasons.append("The store was seen to be readable without a signature; run `./headroom storage doctor`.")
    if reasons:
        raise RefusedToStart("\n".join(reasons))


def _check_session(session: Session, actor: Actor) -> None:
    sessions.require_live(session, actor, now=clock.now())


def _frame(app: Flask, settings: Settings) -> None:
    """Everything that is the same for all doors. The order of `before_request` hooks is the order here."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.session_interface = visit.VisitInterface(settings)
    app.url_map.strict_slashes = False
    headers.install(app, settings)
    request_log.install(app)
    locales.install(app)
    incoming.install(app)
    app.before_request(csrf.refuse_foreign)
    signed_in.install(app)
    statics.install(app, settings.build)
    errors.install(app)
    app.jinja_env.globals.update(_template_globals(settings))
    app.context_processor(_page_facts)


def _template_globals(settings: Settings) -> dict[str, Any]:
    return {
        "csrf_field": _csrf_field,
        "csrf_token": visit.csrf_token,
        "once_field": _once_field,
        "fmt_money": formats.fmt_money,
        "fmt_time": formats.fmt_time,
        "fmt_date": formats.fmt_date,
        "fmt_bytes": formats.fmt_bytes,
        "rehearsal": settings.is_rehearsal,
        "operator_name": settings.operator_name,
        "legal_email": settings.operator_legal_email,
    }


def _page_facts() -> dict[str, Any]:
    """What the layout shows of the reader. The actor carries their own name here and nowhere else."""
    live = visit.current_visit().live
    return {
        "locale": locales.current_locale(),
        "theme": locales.current_theme(),
        "current_actor": replace(live.actor, name=live.display_name) if live is not None else None,
        "unread_notices": live.unseen_notices if live is not None else 0,
    }


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, visit.csrf_token())


def _once_field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(ONCE_FIELD, secrets.token_hex(16))


def __getattr__(name: str) -> Flask:
    """Build `app` when a server asks for it, so that importing this module opens no connection."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = app = create_app()
    return app
