"""Doors of the rehearsal only: sign in as a demo person with one click, move the clock, grant a capability.

Registered in the rehearsal profile alone, and every machine route needs HEADROOM_REHEARSAL_TOKEN as a bearer
token. Sign-in links carry a keyed hash of the person's id, so that they are worth nothing elsewhere.

    POST /rehearsal/links          {"email": …}                → {"person_id", "url"}
    POST /rehearsal/capabilities   {"email": …, "capability": "engineer" | "staff"}
    GET  /rehearsal/clock          → {"seconds", "now"}
    POST /rehearsal/clock          {"advance_seconds": …}      → {"seconds", "now"}
    GET  /rehearsal/ledger         → {"lines": [{"account", "currency", "amount_minor"}]}, zero per currency
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Literal

from flask import Blueprint, redirect, render_template, request, url_for
from pydantic import Field
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from blueprints.forms import Form, read_json
from blueprints.signed_in import machine, public
from blueprints.visit import current_settings, current_visit, remote_address
from headroom import clock, db
from headroom.accounts import capabilities, people, sign_in
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.audit import Action
from headroom.audit import record as audit
from headroom.db import reading, unit
from headroom.errors import NotAllowed
from headroom.ledger import journals

bp = Blueprint("rehearsal", __name__, url_prefix="/rehearsal")
DOOR = Actor.system("rehearsal")
LONGEST_STEP_S = 400 * 24 * 3600
_MOVE = text(
    "INSERT INTO clock_offset (id, seconds) VALUES (1, :seconds) "
    "ON CONFLICT (id) DO UPDATE SET seconds = clock_offset.seconds + excluded.seconds"
)


class LinkAsked(Form):
    email: str


class CapabilityAsked(Form):
    email: str
    capability: Literal["engineer", "staff"]


class ClockMove(Form):
    advance_seconds: int = Field(ge=0, le=LONGEST_STEP_S)


@bp.post("/links")
@machine
def link_for() -> Any:
    _require_token()
    asked = read_json(LinkAsked)
    with reading() as session:
        person = _confirmed(session, asked.email)
    path = url_for("rehearsal.sign_in_page", person_id=person.id, proof=_proof(person.id))
    return {"person_id": person.id, "url": current_settings().base_url + path}


@bp.post("/capabilities")
@machine
def give_capability() -> Any:
    _require_token()
    asked = read_json(CapabilityAsked)
    with unit(DOOR) as session:
        person = _confirmed(session, asked.email)
        capabilities.grant(session, person.id, asked.capability, by=DOOR, now=clock.now())
    return {"person_id": person.id, "capability": asked.capability}


@bp.get("/clock")
@machine
def clock_shown() -> Any:
    _require_token()
    return _clock()


@bp.post("/clock")
@machine
def clock_moved() -> Any:
    _require_token()
    asked = read_json(ClockMove)
    with unit(DOOR) as session:
        session.execute(_MOVE, {"seconds": asked.advance_seconds})
        audit(
            session,
            Action.CLOCK_MOVED,
            by=DOOR,
            object_kind="clock",
            object_ref=str(asked.advance_seconds),
            now=clock.now(),
        )
    clock.use_offset_from(db.clock_offset)  # read it anew in this process; the others do within half a second
    return _clock()


@bp.get("/ledger")
@machine
def ledger_shown() -> Any:
    """The trial balance: every account that holds something, debits positive."""
    _require_token()
    with reading() as session:
        lines = journals.trial_balance(session)
    return {
        "lines": [
            {"account": line.account_id, "currency": line.currency, "amount_minor": line.amount_minor} for line in lines
        ]
    }


@bp.get("/sign-in/<person_id>.<proof>")
@public
def sign_in_page(person_id: str, proof: str) -> Any:
    _require_proof(person_id, proof)
    with reading() as session:
        person = people.get_person(session, person_id)
    return render_template("site/rehearsal_sign_in.html", name=person.display_name)


@bp.post("/sign-in/<person_id>.<proof>")
@public
def sign_in_clicked(person_id: str, proof: str) -> Any:
    _require_proof(person_id, proof)
    live = current_visit().live
    with unit(DOOR) as session:
        token = sign_in.sign_in(
            session,
            people.get_person(session, person_id).id,
            ip=remote_address(),
            user_agent=request.user_agent.string,
            now=clock.now(),
            instead_of=live.session_id if live is not None else None,
        )
    current_visit().began(token)
    return redirect(url_for("site.home"), 303)


def _clock() -> dict[str, object]:
    return {"seconds": int(db.clock_offset().total_seconds()), "now": clock.now().isoformat()}


def _confirmed(session: Session, email: str) -> Person:
    person = people.find_confirmed(session, email)
    if person is None:
        raise NotFound
    return person


def _require_token() -> None:
    """Raise NotAllowed unless the request carries the rehearsal's bearer token."""
    presented = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(presented.encode(), _token()):
        raise NotAllowed(reason="rehearsal_token")


def _require_proof(person_id: str, proof: str) -> None:
    if not hmac.compare_digest(proof.encode(), _proof(person_id).encode()):
        raise NotFound


def _proof(person_id: str) -> str:
    return hmac.new(_token(), b"sign-in\x00" + person_id.encode(), hashlib.sha256).hexdigest()


def _token() -> bytes:
    """The rehearsal's token; without one these doors stay shut."""
    token = current_settings().rehearsal_token.get_secret_value()
    if not token:
        raise NotAllowed(reason="rehearsal_token")
    return token.encode()
