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
from headroom.admin.order_reading import read_order
from headroom.db import reading, unit
from headroom.errors import Invalid, NotFound

bp = Blueprint("staff", __name__, url_prefix="/staff")


class LookUpForm(Form):
    who: str = Field(min_length=1, max_length=254)
    reason: str = Field(default="", max_length=400)


class ReadOrderForm(Form):
    order: str = Field(min_length=1, max_length=40)
    order_reason: str = Field(default="", max_length=400)


@bp.get("")
@signed_in(capability=STAFF)
def overview(_actor: Actor) -> Any:
    return _overview_with({})


@bp.post("/people")
@signed_in(capability=STAFF)
def person_looked_up(actor: Actor) -> Any:
    """One person's data; the look and its reason are recorded before anything is shown."""
    form = read_form(LookUpForm)
    try:
        with unit(actor) as session:
            person = pages.look_up(session, form.who, reason=form.reason, by=actor, now=clock.now())
    except Invalid as problem:
        return _overview_with(field_messages(problem), who=form.who), 422
    except NotFound:
        return _overview_with({"who": str(_l("Nobody has this id or confirmed address."))}, who=form.who), 404
    return render_template("staff/person.html", person=person, reason=form.reason)


@bp.post("/orders")
@signed_in(capability=STAFF)
def order_read(actor: Actor) -> Any:
    """One order without its bytes; the look and its reason are recorded about both sides before it is shown."""
    form = read_form(ReadOrderForm)
    try:
        with unit(actor) as session:
            found = read_order(session, form.order, reason=form.order_reason, by=actor, now=clock.now())
            return render_template("staff/order.html", found=found, order=found.order, reason=form.order_reason)
    except Invalid as problem:
        return _overview_with({"order_reason": field_messages(problem)["reason"]}, order=form.order), 422
    except NotFound:
        return _overview_with({"order": str(_l("No order has this number."))}, order=form.order), 404


def _overview_with(errors: dict[str, str], *, who: str = "", order: str = "") -> str:
    with reading() as session:
        return render_template(
            "staff/overview.html", facts=pages.overview(session), errors=errors, who=who, order=order
        )


say_field("reason_needed", _l("Say why, in at least ten characters. It is recorded and shown to the person."))
