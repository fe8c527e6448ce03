"""Sign up, confirm the address, sign in, sign out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from flask_babel import lazy_gettext as _l
from pydantic import Field

from blueprints.account_fields import Email, Name, NewPassword, OldPassword, Year
from blueprints.error_words import field_messages, say
from blueprints.forms import Form, FormInvalid, once, read_form
from blueprints.locales import current_locale
from blueprints.redirects import safe_path
from blueprints.signed_in import public, signed_in
from blueprints.visit import current_settings, current_visit, remote_address
from headroom import clock
from headroom.accounts import age, consent, documents, limits, passwords, people, sign_in, sign_up
from headroom.accounts.documents import Kind
from headroom.accounts.errors import AddressNotConfirmed, TooYoung, WrongPassword
from headroom.accounts.hashing import slots
from headroom.accounts.limits import Limit
from headroom.accounts.models import MAX_EMAIL
from headroom.accounts.sessions import hash_token
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.idempotency import keys
from headroom.idempotency.keys import RequestKey

bp = Blueprint("accounts", __name__)
DOOR = Actor.system("accounts")
SCREENED_COOKIE = "screened"  # this browser's answer to the age question, so that it is asked once
ACCEPTANCES = ("accept_privacy", "accept_terms")
SCREENED_S = 24 * 3600


class SignUpForm(Form):
    display_name: Name
    email: Email
    password: NewPassword
    birth_year: Year
    accept_privacy: bool = False
    accept_terms: bool = False
    privacy_document: str = Field(max_length=40)
    terms_document: str = Field(max_length=40)


class SignInForm(Form):
    email: str = Field(max_length=4 * MAX_EMAIL)
    password: OldPassword
    next: str = ""


class ConfirmForm(Form):
    password: OldPassword = ""


@bp.get("/sign-up")
@public
def sign_up_page(actor: Actor | None) -> Any:
    return redirect(url_for("site.home")) if actor is not None else _sign_up_page()


@bp.post("/sign-up")
@public
@once
def sign_up_submitted(once: RequestKey) -> Any:
    try:
        form = _accepted(read_form(SignUpForm))
    except FormInvalid as problem:
        return _sign_up_page(errors=field_messages(problem) | _boxes_left_open()), 400
    now = clock.now()
    if request.cookies.get(SCREENED_COOKIE):
        raise TooYoung
    rule = age.passed_rule(form.birth_year, now=now)
    secret = _secret()
    _spend(limits.SIGN_UP_NETWORK, limits.network_of(remote_address()))
    _spend(limits.MAIL_TO_ADDRESS, form.email.lower())
    with slots.one():
        record = passwords.make_record(form.password, current_settings().ring("peppers"))
    with unit(DOOR) as session:
        keys.claim(session, once, now=now)
        sign_up.sign_up(
            session,
            sign_up.NewPerson(form.email, form.display_name, current_locale(), "UTC", rule),
            record=record,
            evidence=sign_up.Evidence(
                privacy_id=form.privacy_document,
                terms_id=form.terms_document,
                ip=remote_address(),
                user_agent=request.user_agent.string,
                subject_key_hash=consent.address_hash(secret, form.email),
                browser_hash=hash_token(current_visit().ensure_token()),
            ),
            confirm_url=_confirm_url(),
            now=now,
        )
        keys.answer(session, once, url_for("accounts.link_sent"))
    return redirect(url_for("accounts.link_sent"), 303)


@bp.get("/sign-up/sent")
@public
def link_sent() -> Any:
    return render_template("accounts/link_sent.html")


@bp.get("/confirm/<token>")
@public
def confirm_page(token: str) -> Any:
    with reading() as session:
        link = sign_up.look_at_link(session, token, now=clock.now())
    return _confirm_page(link, {})


@bp.post("/confirm/<token>")
@public
def confirm(token: str) -> Any:
    form = read_form(ConfirmForm)
    now = clock.now()
    _spend(limits.CONFIRM_NETWORK, limits.network_of(remote_address()))
    with reading() as session:
        link = sign_up.look_at_link(session, token, now=now)
    if not _is_same_browser(link) and not _password_is_right(form.password, link.record):
        return _confirm_page(link, {"password": str(_l("That is not the password of this account."))}), 422
    with unit(DOOR) as session:
        person = sign_up.confirm_address(session, token, now=now)
        opened = sign_in.sign_in(session, person.id, ip=remote_address(), user_agent=request.user_agent.string, now=now)
    current_visit().began(opened)
    return redirect(url_for("site.home"), 303)


@bp.get("/sign-in")
@public
def sign_in_page(actor: Actor | None) -> Any:
    target = safe_path(request.args.get("next"), otherwise=url_for("site.home"))
    return redirect(target) if actor is not None else _sign_in_page(target)


@bp.post("/sign-in")
@public
def sign_in_submitted() -> Any:
    form = read_form(SignInForm)
    target = safe_path(form.next or None, otherwise=url_for("site.home"))
    email = people.clean_email(form.email) or ""
    network = limits.network_of(remote_address())
    _spend(limits.SIGN_IN_NETWORK, network)
    _spend(limits.SIGN_IN, email.lower(), network)
    try:
        token = _proved(email, form.password)
    except WrongPassword:
        return _sign_in_page(target, email=form.email, wrong=True), 422
    except AddressNotConfirmed as problem:
        _send_again(problem.person_id, email)
        return redirect(url_for("accounts.link_sent"), 303)
    with unit(DOOR) as session:
        limits.forgive(session, limits.SIGN_IN, limits.subject(_secret(), email.lower(), network))
    current_visit().began(token)
    return redirect(target, 303)


@bp.post("/sign-out")
@signed_in
def sign_out(actor: Actor) -> Any:
    with unit(actor) as session:
        sign_in.sign_out(session, by=actor, now=clock.now())
    current_visit().ended()
    response = make_response(redirect(url_for("site.home"), 303))
    # storage: unfinished uploads keep names of songs there, which the next person at this browser must not find
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.errorhandler(TooYoung)
def too_young(_error: TooYoung) -> FlaskResponse:
    """The neutral answer to the age question; the browser remembers it, we keep nothing."""
    response = make_response(render_template("accounts/not_open.html"), 403)
    secure = current_settings().is_https
    response.set_cookie(SCREENED_COOKIE, "1", max_age=SCREENED_S, httponly=True, samesite="Lax", secure=secure)
    return response


def _boxes_left_open() -> dict[str, str]:
    """The sentences for unticked boxes, so that they stand beside whatever else is wrong."""
    missing = {box: f"no_{box}" for box in ACCEPTANCES if not request.form.get(box)}
    return field_messages(FormInvalid(missing, {}))


def _accepted(form: SignUpForm) -> SignUpForm:
    """The form, if both boxes are ticked."""
    missing = [name for name in ACCEPTANCES if not getattr(form, name)]
    if missing:
        raise FormInvalid({box: f"no_{box}" for box in missing}, {})
    return form


def _proved(email: str, password: str) -> str:
    """A session token for the person whom address and password name; the same time is spent on a stranger."""
    peppers = current_settings().ring("peppers")
    now = clock.now()
    with reading() as session:
        candidate = sign_in.candidate_for(session, email)
    new_record = None
    with slots.one():
        right = passwords.matches(password, candidate.record if candidate else None, peppers)
        if right and candidate is not None and passwords.is_outdated(candidate.record, peppers):
            new_record = passwords.make_record(password, peppers)
    if candidate is None:
        raise WrongPassword
    if not right:
        with unit(DOOR) as session:
            sign_in.note_failure(session, candidate.person_id, ip=remote_address(), now=now)
        raise WrongPassword
    if not candidate.confirmed:
        raise AddressNotConfirmed(candidate.person_id)
    live = current_visit().live
    with unit(DOOR) as session:
        return sign_in.sign_in(
            session,
            candidate.person_id,
            ip=remote_address(),
            user_agent=request.user_agent.string,
            now=now,
            new_record=new_record,
            instead_of=live.session_id if live is not None else None,
        )


def _send_again(person_id: str, email: str) -> None:
    _spend(limits.MAIL_TO_ADDRESS, email.lower())
    with unit(DOOR) as session:
        person = people.get_person(session, person_id)
        browser = hash_token(current_visit().ensure_token())
        sign_up.send_link(session, person, _confirm_url(), browser_hash=browser, now=clock.now())


def _password_is_right(password: str, record: bytes | None) -> bool:
    with slots.one():
        return passwords.matches(password, record, current_settings().ring("peppers"))


def _is_same_browser(link: sign_up.PendingLink) -> bool:
    """Whether this browser asked for the link: then holding the mail is proof enough."""
    token = current_visit().token
    return token is not None and link.browser_hash == hash_token(token)


def _spend(limit: Limit, *counted: str) -> None:
    """Count a try in a transaction of its own, so that a failure does not give it back."""
    with unit(DOOR) as session:
        limits.spend(session, limit, limits.subject(_secret(), *counted), now=clock.now())


def _sign_up_page(errors: dict[str, str] | None = None) -> str:
    now = clock.now()
    with reading() as session:
        privacy = documents.in_force(session, Kind.PRIVACY, current_locale(), now=now)
        terms = documents.in_force(session, Kind.TERMS, current_locale(), now=now)
    return render_template(
        "accounts/sign_up.html",
        errors=errors or {},
        given=request.form,
        privacy=privacy,
        terms=terms,
        min_password=passwords.MIN_LENGTH,
    )


def _sign_in_page(target: str, *, email: str = "", wrong: bool = False) -> str:
    return render_template("accounts/sign_in.html", target=target, email=email, wrong=wrong)


def _confirm_page(link: sign_up.PendingLink, errors: dict[str, str]) -> str:
    return render_template("accounts/confirm.html", link=link, same_browser=_is_same_browser(link), errors=errors)


def _confirm_url() -> str:
    return current_settings().base_url + url_for("accounts.confirm_page", token="")


def _secret() -> bytes:
    """The key of keyed hashes (limits, proof of addresses)."""
    return current_settings().ring("audit_keys").current[1]


say(
    "link_spent",
    title=_l("This link does not work any more"),
    happened=_l("It was used already, a newer one was sent, or it is older than a day."),
    todo=_l("Sign in with your password: if your address still needs confirming, a fresh link is mailed."),
)
say(
    "address_taken",
    title=_l("This address belongs to an account already"),
    happened=_l("Another account confirmed it first, so this one was not opened."),
    todo=_l("Sign in to that account instead."),
)
say(
    "document_moved",
    title=_l("The documents have changed meanwhile"),
    happened=_l("A newer version of a document is in force than the one you ticked, so nothing was opened."),
    todo=_l("Open the page again, read the new version and tick the box."),
)
