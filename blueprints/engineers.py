"""Doors of the directory and of the engineer's studio."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from pydantic import Field
from sqlalchemy.orm import Session

from blueprints.error_words import field_messages, say_field
from blueprints.forms import Form, FormInvalid, form_values, once, read_form
from blueprints.locales import current_locale
from blueprints.mixing.deal import fee_bp
from blueprints.mixing.forms import BriefForm, Nothing, TermsForm, Title, Words
from blueprints.signed_in import public, signed_in
from blueprints.visit import remote_address
from headroom import clock
from headroom.accounts import capabilities, consent, documents
from headroom.accounts.documents import Kind
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.errors import Invalid
from headroom.idempotency import keys
from headroom.idempotency.keys import RequestKey
from headroom.ledger import payees
from headroom.mixing import directory as catalog
from headroom.mixing import lists, offers, studio
from headroom.mixing.access import Side
from headroom.money import minor_digits

bp = Blueprint("engineers", __name__)
STUDIO = Actor.system("studio")


class ProfileForm(Form):
    handle: str = Field(min_length=3, max_length=40)
    studio_name: str = Field(min_length=1, max_length=60)
    headline: Title
    about: Words = ""
    genres: str = Field(default="", max_length=200)
    capacity: int = Field(default=6, ge=1, le=50)
    accept_agreement: bool = False

    def to_profile(self) -> studio.Profile:
        genres = tuple(dict.fromkeys(part.strip().lower() for part in self.genres.split(",") if part.strip()))
        return studio.Profile(self.handle, self.studio_name, self.headline, self.about, genres[:8], self.capacity)


class CreditForm(Form):
    credit_artist: Title
    credit_title: Title
    credit_role: str = Field(min_length=1, max_length=60)
    credit_year: int | None = Field(default=None, ge=1950, le=2100)


class PackageForm(TermsForm):
    package_title: Title
    package_id: str = Field(default="", max_length=40)
    confirmed: bool = False


@bp.get("/engineers")
@public
def directory() -> str:
    genre = request.args.get("genre", "")[:40] or None
    with reading() as session:
        lines = catalog.engineers(session, genre=genre)
    return render_template("engineers/directory.html", lines=lines, genre=genre)


@bp.get("/engineers/<handle>")
@public
def engineer(actor: Actor | None, handle: str) -> str:
    with reading() as session:
        page = catalog.engineer_page(session, handle)
    is_own = actor is not None and actor.person_id == page.profile.person_id
    return render_template("engineers/engineer.html", page=page, is_own=is_own)


@bp.get("/engineers/<handle>/request")
@signed_in
def request_page(actor: Actor, handle: str) -> Response:
    del actor
    return _request_page(handle, kept={}, errors={}, status=200)


@bp.post("/engineers/<handle>/request")
@signed_in
@once
def begin_request(actor: Actor, handle: str, once: RequestKey) -> Any:
    """A draft order with the brief; its page takes the rough mix and sends the request."""
    try:
        form = read_form(BriefForm)
    except FormInvalid as problem:
        return _request_page(handle, kept=_kept(), errors=field_messages(problem), status=422)
    now = clock.now()
    with unit(actor) as session:
        keys.claim(session, once, now=now)
        page = catalog.engineer_page(session, handle)
        order = offers.begin(session, page.profile.person_id, form.to_brief(), by=actor, now=now)
        location = url_for("mixing.order", order_id=order.id)
        keys.answer(session, once, location)
    return redirect(location, 303)


def _request_page(handle: str, *, kept: dict[str, Any], errors: dict[str, str], status: int) -> Response:
    with reading() as session:
        page = catalog.engineer_page(session, handle)
    return make_response(render_template("engineers/request.html", page=page, kept=kept, errors=errors), status)


@bp.get("/studio")
@signed_in
def studio_page(actor: Actor) -> Response:
    return _studio(actor, kept={}, errors={}, status=200)


def _studio(actor: Actor, *, kept: dict[str, Any], errors: dict[str, str], status: int) -> Response:
    person_id = str(actor.person_id)
    with reading() as session:
        page = catalog.studio_page(session, person_id)
        lines = lists.orders_of(session, person_id, Side.ENGINEER) if page else ()
        payee = payees.payee_state(session, person_id)
    body = render_template("engineers/studio.html", page=page, lines=lines, payee=payee, kept=kept, errors=errors)
    return make_response(body, status)


@bp.post("/studio/profile")
@signed_in
@once
def save_profile(actor: Actor, once: RequestKey) -> Any:
    """Write the profile. The first time the engineer agreement is accepted and the capability granted."""
    try:
        form = read_form(ProfileForm)
        with acting(actor, once) as (session, now):
            is_first = catalog.studio_page(session, str(actor.person_id)) is None
            studio.save_profile(session, form.to_profile(), by=actor, now=now)
            if is_first:
                _become_engineer(session, actor, agreed=form.accept_agreement, now=now)
    except Invalid as problem:
        return _studio_again(actor, problem)
    return to_studio()


def _become_engineer(session: Session, actor: Actor, *, agreed: bool, now: datetime) -> None:
    """Record the acceptance of the engineer agreement and grant the capability. Raises Invalid without it."""
    if not agreed:
        raise Invalid({"accept_agreement": "agreement_missing"})
    person_id = str(actor.person_id)
    consent.record(
        session,
        person_id=person_id,
        kind=Kind.ENGINEER,
        document=documents.in_force(session, Kind.ENGINEER, current_locale(), now=now),
        action="accept",
        method="studio_box",
        locale=current_locale(),
        ip=remote_address(),
        user_agent=request.user_agent.string,
        now=now,
        session_ref=actor.session_id,
    )
    capabilities.grant(session, person_id, capabilities.ENGINEER, by=STUDIO, now=now)


@bp.post("/studio/credits")
@signed_in(capability=capabilities.ENGINEER)
@once
def add_credit(actor: Actor, once: RequestKey) -> Any:
    try:
        form = read_form(CreditForm)
        with acting(actor, once) as (session, now):
            studio.add_credit(
                session,
                artist=form.credit_artist,
                title=form.credit_title,
                role=form.credit_role,
                year=form.credit_year,
                by=actor,
                now=now,
            )
    except Invalid as problem:
        return _studio_again(actor, problem)
    return to_studio()


@bp.post("/studio/credits/<credit_id>/removal")
@signed_in(capability=capabilities.ENGINEER)
@once
def remove_credit(actor: Actor, credit_id: str, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, once) as (session, _now):
        studio.remove_credit(session, credit_id, by=actor)
    return to_studio()


@bp.get("/studio/packages/new")
@signed_in(capability=capabilities.ENGINEER)
def package_page(actor: Actor) -> Response:
    """The form of a package: empty, or what `?from=` stands there now."""
    with reading() as session:
        mine = catalog.packages_of(session, str(actor.person_id))
    shown = next((one for one in mine if one.id == request.args.get("from")), None)
    kept = _as_typed(shown) if shown is not None else {}
    return make_response(render_template("engineers/package.html", kept=kept, errors={}, ahead=None, terms=None))


@bp.post("/studio/packages")
@signed_in(capability=capabilities.ENGINEER)
@once
def publish_package(actor: Actor, once: RequestKey) -> Any:
    """First show net pay and the transfer date; publish when that was seen and confirmed."""
    try:
        form = read_form(PackageForm)
        if not form.confirmed:
            return _look_ahead(actor, form)
        with acting(actor, once) as (session, now):
            package_id = form.package_id or None
            studio.publish_package(
                session, form.to_terms(), title=form.package_title, by=actor, now=now, package_id=package_id
            )
    except Invalid as problem:
        errors = field_messages(problem)
        return render_template("engineers/package.html", kept=_kept(), errors=errors, ahead=None, terms=None), 422
    return to_studio()


def _look_ahead(actor: Actor, form: PackageForm) -> str:
    terms = form.to_terms()
    with reading() as session:
        ahead = studio.look_ahead(session, terms, fee_bp=fee_bp(), by=actor, now=clock.now())
    return render_template("engineers/package.html", kept=_kept(), errors={}, ahead=ahead, terms=terms)


def _as_typed(shown: catalog.PackageView) -> dict[str, Any]:
    """A package on offer as the form's values, for its next version."""
    digits = minor_digits(shown.currency)
    return {
        "package_id": shown.id,
        "package_title": shown.title,
        "price": f"{shown.price_minor / 10**digits:.{digits}f}",
        "turnaround_days": shown.turnaround_days,
        "revisions": shown.revisions,
        "max_stems": shown.max_stems,
        "deliverables_list": list(shown.deliverables),
        "sample_rate_hz": shown.sample_rate_hz,
        "bit_depth": shown.bit_depth,
        "terms_note": shown.summary,
    }


@bp.post("/studio/packages/<package_id>/retirement")
@signed_in(capability=capabilities.ENGINEER)
@once
def retire_package(actor: Actor, package_id: str, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, once) as (session, now):
        studio.retire_package(session, package_id, by=actor, now=now)
    return to_studio()


@bp.post("/studio/publication")
@signed_in(capability=capabilities.ENGINEER)
@once
def publish(actor: Actor, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, once) as (session, now):
        studio.publish(session, by=actor, now=now)
    return to_studio()


@bp.post("/studio/pause")
@signed_in(capability=capabilities.ENGINEER)
@once
def pause(actor: Actor, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, once) as (session, now):
        studio.pause(session, by=actor, now=now)
    return to_studio()


@bp.post("/studio/resumption")
@signed_in(capability=capabilities.ENGINEER)
@once
def resume(actor: Actor, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, once) as (session, _now):
        studio.resume(session, by=actor)
    return to_studio()


@contextmanager
def acting(actor: Actor, once: RequestKey) -> Iterator[tuple[Session, datetime]]:
    """The one unit of an act in the studio, done once per key."""
    now = clock.now()
    with unit(actor) as session:
        keys.claim(session, once, now=now)
        yield session, now
        keys.answer(session, once, url_for("engineers.studio_page"))


def to_studio() -> Any:
    return redirect(url_for("engineers.studio_page"), 303)


def _studio_again(actor: Actor, problem: Invalid) -> Response:
    """The studio with the refused form's words in their fields."""
    if isinstance(problem, keys.KeyReused):
        raise problem
    return _studio(actor, kept=_kept(), errors=field_messages(problem), status=422)


def _kept() -> dict[str, Any]:
    """What the person typed, by field; ticked boxes of one name as a list."""
    given = {name: values for name, values in form_values().items() if values}
    typed: dict[str, Any] = {name: values[0] for name, values in given.items()}
    return {**typed, "deliverables_list": given["deliverables"]} if "deliverables" in given else typed


say_field("agreement_missing", _l("Accept the engineer agreement to open your studio."))
