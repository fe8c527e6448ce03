"""What a person reads when something stopped them: what happened, whether money moved, what to do next.

A code's own words come first, then those of the classes it derives from. A domain adds its codes beside its
handlers: `say("order_moved", title=_l("…"), happened=_l("…"), todo=_l("…"))`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from headroom.errors import DomainError, Invalid


@dataclass(frozen=True, slots=True)
class Words:
    """The text of one error page; lazy strings, put into the reader's language when shown."""

    title: Any
    happened: Any
    todo: Any


_WORDS: dict[str, Words] = {}

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def say(code: str, *, title: Any, happened: Any, todo: Any) -> None:
    """Give a code its words; ValueError if it has some already."""
    if code in _WORDS:
        raise ValueError(f"the code {code!r} has words already")
    _WORDS[code] = Words(title, happened, todo)


def words_for(code: str) -> Words | None:
    """The words of exactly this code."""
    return _WORDS.get(code)


def words_of(error: DomainError) -> Words:
    """The words of an error: of its own code, else of the nearest class above it."""
    for kind in type(error).__mro__:
        words = _WORDS.get(getattr(kind, "code", ""))
        if words is not None:
            return words
    return _WORDS["error"]


def money_sentence(status: int) -> str:
    """Whether money moved: refusals and looking at pages move none; a broken act says what is known."""
    if status < 500 or request.method in _SAFE:
        return str(_("No money was moved."))
    return str(
        _(
            "If you were paying, look at the order before you try again. "
            "The same payment cannot be taken twice; it is either recorded once or not at all."
        )
    )


def field_messages(error: Invalid) -> dict[str, str]:
    """The sentence for each field that could not be taken, by field name."""
    facts: Mapping[str, Mapping[str, Any]] = getattr(error, "facts", {})
    return {name: explain(code, facts.get(name, {})) for name, code in error.fields.items()}


def explain(code: str, facts: Mapping[str, Any]) -> str:
    """One sentence for a field's code that says what to do."""
    if code == "string_too_short":
        count = int(facts["min_length"])
        return str(ngettext("Use at least %(num)s character.", "Use at least %(num)s characters.", count))
    if code == "string_too_long":
        count = int(facts["max_length"])
        return str(ngettext("Use at most %(num)s character.", "Use at most %(num)s characters.", count))
    if code in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return _limit(code, facts)
    words = _FIELD_WORDS.get(code)
    return str(words) if words is not None else _("This value cannot be used.")


def _limit(code: str, facts: Mapping[str, Any]) -> str:
    number = next(iter(facts.values()), "")
    sentences = {
        "greater_than_equal": _("Use %(number)s or more.", number=number),
        "greater_than": _("Use more than %(number)s.", number=number),
        "less_than_equal": _("Use %(number)s or less.", number=number),
        "less_than": _("Use less than %(number)s.", number=number),
    }
    return str(sentences[code])


def say_field(code: str, sentence: Any) -> None:
    """Give a field's code its sentence; ValueError if it has one already."""
    if code in _FIELD_WORDS:
        raise ValueError(f"the field code {code!r} has words already")
    _FIELD_WORDS[code] = sentence


_FIELD_WORDS: dict[str, Any] = {
    "missing": _l("Fill this in."),
    "extra_forbidden": _l("This form has no such field."),
    "given_twice": _l("Give this once."),
    "int_parsing": _l("Write a whole number."),
    "int_type": _l("Write a whole number."),
    "int_from_float": _l("Write a whole number."),
    "float_parsing": _l("Write a number."),
    "decimal_parsing": _l("Write a number."),
    "bool_parsing": _l("Choose yes or no."),
    "enum": _l("Choose one of the options."),
    "literal_error": _l("Choose one of the options."),
    "string_pattern_mismatch": _l("Write this in the form shown."),
    "string_type": _l("Write some text."),
    "too_short": _l("Choose at least one."),
    "too_long": _l("This is more than can be taken."),
    "datetime_parsing": _l("Write a date and time."),
    "date_from_datetime_parsing": _l("Write a date."),
    "key_reused": _l("This form was sent before with other contents. Open it again."),
    "request_key_missing": _l("This form is incomplete. Open it again."),
}

say(
    "error",
    title=_l("This did not work"),
    happened=_l("The request was stopped and nothing was changed."),
    todo=_l("Go back and try again. If it happens again, write to us with the reference below."),
)
say(
    "not_found",
    title=_l("There is nothing at this address"),
    happened=_l("The page does not exist, or it is not yours to see."),
    todo=_l("Check the address, or start from the home page."),
)
say(
    "not_signed_in",
    title=_l("Sign in first"),
    happened=_l("This is for people who are signed in, and your session is over or has not begun."),
    todo=_l("Sign in and try again."),
)
say(
    "not_allowed",
    title=_l("This is not yours to do"),
    happened=_l("Your account may not do this, so nothing was changed."),
    todo=_l("If you think it should, write to us with the reference below."),
)
say(
    "conflict",
    title=_l("This changed while you were looking"),
    happened=_l("Somebody or something was quicker, so your request no longer fits and nothing was changed."),
    todo=_l("Go back, reload the page and look at what it says now."),
)
say(
    "invalid",
    title=_l("Something in the form cannot be used"),
    happened=_l("Nothing was changed."),
    todo=_l("Go back and correct what is listed below."),
)
say(
    "unreadable_body",
    title=_l("The request could not be read"),
    happened=_l("What was sent is damaged, too large in some respect, or not in the expected form."),
    todo=_l("Open the page again and repeat. If you wrote a program, see the code in the answer."),
)
say(
    "request_key_missing",
    title=_l("The form is incomplete"),
    happened=_l("It lacks the hidden number that keeps a repeated click from acting twice."),
    todo=_l("Open the page again and repeat."),
)
say(
    "gone",
    title=_l("This has been removed"),
    happened=_l("It existed and was deleted or has run out, as planned."),
    todo=_l("There is nothing to repair. The page you came from says more."),
)
say(
    "too_many",
    title=_l("Too many tries"),
    happened=_l("This was tried too often in a short time, so nothing was done this time."),
    todo=_l("Wait a little and try again."),
)
say(
    "outside_down",
    title=_l("A service we depend on does not answer"),
    happened=_l("We asked it and got no usable answer. What you asked for is kept where that is safe."),
    todo=_l("Look at the page you came from in a minute before you repeat anything."),
)
say(
    "busy",
    title=_l("The studio is full for a moment"),
    happened=_l("All hands are taken, so your request was not begun."),
    todo=_l("Try again in a few seconds."),
)
say(
    "foreign_request",
    title=_l("The form is out of date"),
    happened=_l("We could not tell that it came from a page of ours in this browser, so nothing was changed."),
    todo=_l("Open the page again and repeat. Cookies have to be allowed for this site."),
)
say(
    "unexpected",
    title=_l("Something broke on our side"),
    happened=_l("The error is recorded. What was not finished was taken back."),
    todo=_l("Try again in a minute. If it happens again, write to us with the reference below."),
)
say(
    "method_not_allowed",
    title=_l("This address does not do that"),
    happened=_l("It exists, but not for this kind of request."),
    todo=_l("Start from the home page."),
)
say(
    "too_large",
    title=_l("That is too much at once"),
    happened=_l("What was sent is larger than this page takes, so none of it was kept."),
    todo=_l("Send less. Sound files are uploaded on the order's page, in parts."),
)
