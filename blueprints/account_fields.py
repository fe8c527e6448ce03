"""The fields of an account's forms: what each takes, and the sentence for what it does not."""

from __future__ import annotations

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from blueprints.error_words import say_field
from headroom.accounts import passwords, people
from headroom.accounts.models import MAX_EMAIL


def _proper_email(text: str) -> str:
    address = people.clean_email(text)
    if address is None:
        raise PydanticCustomError("email", "not an address that mail can be sent to")
    return address


def _proper_name(text: str) -> str:
    name = people.clean_name(text)
    if name is None:
        raise PydanticCustomError("name", "nothing visible, or too long")
    return name


def _proper_password(text: str) -> str:
    length = len(passwords.normalized(text))
    if length < passwords.MIN_LENGTH:
        raise PydanticCustomError("password_too_short", "too short", {"min_length": passwords.MIN_LENGTH})
    if length > passwords.MAX_LENGTH:
        raise PydanticCustomError("password_too_long", "too long", {"max_length": passwords.MAX_LENGTH})
    return text


def _proper_year(text: str) -> int:
    if not (len(text) == 4 and text.isascii() and text.isdigit()):
        raise PydanticCustomError("year", "not a year of four digits")
    return int(text)


Year = Annotated[int, BeforeValidator(_proper_year)]
Email = Annotated[str, Field(max_length=MAX_EMAIL), AfterValidator(_proper_email)]
Name = Annotated[str, AfterValidator(_proper_name)]
NewPassword = Annotated[str, StringConstraints(strip_whitespace=False), AfterValidator(_proper_password)]
# No minimum here: what is too short for a new password is simply wrong for an old one.
OldPassword = Annotated[str, StringConstraints(strip_whitespace=False, max_length=4 * passwords.MAX_LENGTH)]

say_field("email", _l("Write an address like name@example.org, in Latin letters before the @."))
say_field("year", _l("Write the year in four digits, such as 1990."))
say_field("name", _l("Write a name of 1 to 60 visible characters."))
say_field("password_too_short", _l("Use at least 12 characters. Several words make a good password."))
say_field("password_too_long", _l("Use at most 256 characters."))
say_field(
    "no_accept_privacy",
    _l("Tick the box of the privacy policy if you accept it. Without it we cannot open an account."),
)
say_field("no_accept_terms", _l("Tick the box of the terms if you accept them. Without it we cannot open an account."))
