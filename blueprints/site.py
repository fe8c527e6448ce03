"""The site's own pages: start, notices, preferences, probes, reports of the browser, contacts of security."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.exceptions import NotFound

from blueprints import start_page
from blueprints.error_words import words_for
from blueprints.errors import wants_json
from blueprints.forms import Form, body_cap, read_form
from blueprints.headers import REPORT_PATH
from blueprints.locales import CHOICE_COOKIE_S, LOCALE_COOKIE, LOCALES, THEME_COOKIE, THEMES
from blueprints.redirects import safe_path
from blueprints.signed_in import machine, public, signed_in
from blueprints.visit import current_settings, remote_address
from headroom import clock
from headroom.accounts import limits, preferences
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.errors import Busy, Invalid
from headroom.notices import telling

bp = Blueprint("site", __name__)
log = logging.getLogger("headroom.web")
REPORTS = Actor.system("browser reports")
REPORT_SHOWN = 300  # characters of a report in the log: the page and what was refused stand first


@bp.app_template_global("now_iso")
def now_iso() -> str:
    """The instant at which a page is made, so that its script counts days from it and not from a device's clock."""
    return clock.now_as_last_read().isoformat(timespec="seconds")


class PreferencesForm(Form):
    locale: str = ""
    theme: str = ""
    next: str = ""


@bp.get("/")
@public
def home(actor: Actor | None) -> Any:
    if actor is None:
        return render_template("site/welcome.html")
    return render_template("site/home.html", waiting=start_page.waiting_for(actor))


@bp.get("/notices")
@signed_in
def notices(actor: Actor) -> Any:
    return render_template("site/notices.html", items=start_page.news_of(actor))


@bp.post("/notices/seen")
@signed_in
def notices_seen(actor: Actor) -> Any:
    assert actor.person_id is not None
    with unit(actor) as session:
        telling.mark_seen(session, actor.person_id, now=clock.now())
    return redirect(url_for("site.notices"), 303)


@bp.post("/preferences")
@public
def preferences_chosen(actor: Actor | None) -> Any:
    form = read_form(PreferencesForm)
    if (form.locale and form.locale not in LOCALES) or (form.theme and form.theme not in THEMES):
        raise Invalid({"": "literal_error"})
    if actor is not None and actor.person_id is not None:
        with unit(actor) as session:
            preferences.choose(session, actor.person_id, locale=form.locale or None, theme=form.theme or None)
    response = make_response(redirect(safe_path(form.next or None, otherwise=url_for("site.home")), 303))
    for name, value in ((LOCALE_COOKIE, form.locale), (THEME_COOKIE, form.theme)):
        if value:
            _remember(response, name, value)
    return response


@bp.get("/problems/<code>")
@public
def problem(code: str) -> Any:
    """What a code in a machine-readable error means."""
    words = words_for(code)
    if words is None:
        raise NotFound
    if wants_json():
        return {"code": code, "title": str(words.title), "detail": str(words.happened), "next": str(words.todo)}
    return render_template("errors/code.html", code=code, words=words)


@bp.get("/healthz")
@machine
def healthz() -> Any:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@machine
def readyz() -> Any:
    """The process can work: the database answers and its schema is there."""
    with reading() as session:
        ready = session.scalar(text("SELECT to_regclass('person') IS NOT NULL"))
    if not ready:
        raise Busy(retry_after_s=5)
    return {"status": "ready"}


@bp.post(REPORT_PATH)
@machine
@body_cap(16 * 1024)
def csp_reported() -> Any:
    """The browser reports something it refused to load; kept in the log, scrubbed, without the page's query.

    So many per network, then TooMany: anybody may send here, and the log is for those who read it.
    """
    secret = current_settings().ring("session_keys").current[1]
    with unit(REPORTS) as session:
        counted = limits.subject(secret, limits.network_of(remote_address()))
        limits.spend(session, limits.BROWSER_REPORTS, counted, now=clock.now())
    body = request.get_data(cache=False).decode("utf-8", errors="replace")
    log.warning("content security policy report: %s", body.split("?")[0][:REPORT_SHOWN])
    return "", 204


@bp.get("/.well-known/security.txt")
@machine
def security_txt() -> Any:
    """Where to report a weakness, as RFC 9116 has it."""
    settings = current_settings()
    expires = (clock.wall_now() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: mailto:{settings.operator_security_email}",
        f"Expires: {expires}",
        "Preferred-Languages: en, ru",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _remember(response: Response, name: str, value: str) -> None:
    settings = current_settings()
    response.set_cookie(name, value, max_age=CHOICE_COOKIE_S, httponly=True, samesite="Lax", secure=settings.is_https)
