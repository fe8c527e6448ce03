"""Read people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headroom.accounts.models import MAX_EMAIL, MAX_NAME, Person
from headroom.errors import NotFound

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a person and in which language."""

    person_id: str
    email: str
    display_name: str
    locale: str
    time_zone: str


def get_person(session: Session, person_id: str) -> Person:
    """The person, or NotFound."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound(kind="person")
    return person


def contact_of(session: Session, person_id: str) -> Contact:
    """The person's contact, or NotFound."""
    person = get_person(session, person_id)
    return Contact(person.id, person.email, person.display_name, person.locale, person.time_zone)


def names_of(session: Session, person_ids: Iterable[str]) -> dict[str, str]:
    """Display names by id, in one statement; ids of nobody are left out."""
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = session.execute(select(Person.id, Person.display_name).where(Person.id.in_(wanted)))
    return {row.id: row.display_name for row in rows}


def find_confirmed(session: Session, email: str) -> Person | None:
    """The one person who confirmed this address, if any."""
    return session.scalars(
        select(Person).where(func.lower(Person.email) == email.lower(), Person.email_verified_at.is_not(None))
    ).one_or_none()


def clean_email(text: str) -> str | None:
    """The address in the form that is stored, or None when mail cannot be sent to it.

    The part before @ must be ASCII (no relay can be counted on to take more); the domain may be international.
    """
    local, at, domain = text.strip().rpartition("@")
    try:
        ascii_domain = unicodedata.normalize("NFC", domain).encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    proper = len(labels) >= 2 and all(_LABEL.fullmatch(label) for label in labels)
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if not at or not proper or dots or _LOCAL.fullmatch(local) is None:
        return None
    address = f"{local}@{ascii_domain}"
    return address if len(address) <= MAX_EMAIL else None


def clean_name(text: str) -> str | None:
    """A display name in NFC with single spaces; None if nothing visible is left or it is too long.

    Control, direction and other invisible characters go: they let one name look like another.
    """
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C" or c == " ")
    name = " ".join("".join(kept).split())
    return name if 0 < len(name) <= MAX_NAME else None
