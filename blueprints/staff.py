"""Staff: orders and alarms by id, the audit's tail, and a person's data only with a reason."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l
from pydantic import Field

from blueprints.error_words import field_messages, say_field
from blueprints.forms import Form, read_form
from blueprints.signed_in import signed_in
from headroom import clock
from headroom.accounts.capabilities import STAFF
from headroom.actors import Actor
from headroom.admin import pages
from headroom.db import reading, unit
from headroom.errors import Invalid, NotFound

bp = Blueprint("staff", __name__, url_prefix="/staff")


class LookUpForm(Form):
    who: str = Field(min_length=1, max_length=254)
    reason: str = Field(default="", max_length=400)


@bp.get("")
@signed_in(capability=STAFF)
def overview(_actor: Actor) -> Any:
    with reading() as session:
        return render_template("staff/overview.html", facts=pages.overview(session), errors={}, who="")


@bp.post("/people")
@signed_in(capability=STAFF)
def person_looked_up(actor: Actor) -> Any:
    """One person's data; the look and its reason are recorded before anything is shown."""
    form = read_form(LookUpForm)
    try:
        with unit(actor) as session:
            person = pages.look_up(session, form.who, reason=form.reason, by=actor, now=clock.now())
    except Invalid as problem:
        return _overview_with(field_messages(problem), form.who), 422
    except NotFound:
        return _overview_with({"who": str(_l("Nobody has this id or confirmed address."))}, form.who), 404
    return render_template("staff/person.html", person=person, reason=form.reason)


def _overview_with(errors: dict[str, str], who: str) -> str:
    with reading() as session:
        return render_template("staff/overview.html", facts=pages.overview(session), errors=errors, who=who)


say_field("reason_needed", _l("Say why, in at least ten characters. It is recorded and shown to the person."))
