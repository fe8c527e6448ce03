"""A person's own account: name, time zone, open sessions, what they accepted, who looked at their data."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.account_fields import Name
from blueprints.error_words import field_messages
from blueprints.forms import Form, FormInvalid, read_form
from blueprints.locales import is_time_zone
from blueprints.signed_in import signed_in
from headroom import clock
from headroom.accounts import consent, people, preferences, sessions
from headroom.actors import Actor
from headroom.audit.looks import looks_at
from headroom.db import reading, unit

bp = Blueprint("account", __name__, url_prefix="/account")


# Order matters: most browsers also name those they descend from.
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class AccountForm(Form):
    display_name: Name
    time_zone: str


@bp.get("")
@signed_in
def page(actor: Actor) -> Any:
    return _page(actor, {})


@bp.post("")
@signed_in
def changed(actor: Actor) -> Any:
    try:
        form = read_form(AccountForm)
        if not is_time_zone(form.time_zone):
            raise FormInvalid({"time_zone": "literal_error"}, {})
    except FormInvalid as problem:
        return _page(actor, field_messages(problem)), 422
    assert actor.person_id is not None
    with unit(actor) as session:
        preferences.choose(session, actor.person_id, time_zone=form.time_zone, display_name=form.display_name)
    flash(_("Saved."), "good")
    return redirect(url_for("account.page"), 303)


@bp.post("/sessions/others/end")
@signed_in
def others_ended(actor: Actor) -> Any:
    assert actor.person_id is not None
    with unit(actor) as session:
        sessions.end_all(session, actor.person_id, now=clock.now(), except_id=actor.session_id)
    flash(_("All other sessions are ended."), "good")
    return redirect(url_for("account.page"), 303)


def browser_name(user_agent: str | None) -> str:
    """A browser and a system as people call them; the whole text stays in the row."""
    text = user_agent or ""
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return ", ".join(filter(None, (browser, system))) or text[:40] or "–"


def _page(actor: Actor, errors: dict[str, str]) -> str:
    assert actor.person_id is not None
    with reading() as session:
        contact = people.contact_of(session, actor.person_id)
        opened = sessions.open_ones(session, actor.person_id, now=clock.now())
        acceptances = consent.history(session, actor.person_id)
        looks = looks_at(session, actor.person_id)
    return render_template(
        "accounts/account.html",
        contact=contact,
        sessions=[(browser_name(one.user_agent), one) for one in opened],
        this_session=actor.session_id,
        acceptances=acceptances,
        looks=looks,
        zones=[
            (name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"
        ],
        given=request.form,
        errors=errors,
    )
