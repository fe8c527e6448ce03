"""What a person chooses for themselves: language, theme, time zone, name."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from headroom.accounts.models import Person


def choose(
    session: Session,
    person_id: str,
    *,
    locale: str | None = None,
    theme: str | None = None,
    time_zone: str | None = None,
    display_name: str | None = None,
) -> None:
    """Store what is given; None leaves a choice as it is. The door has checked the values."""
    given = {"locale": locale, "theme": theme, "time_zone": time_zone, "display_name": display_name}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes:
        session.execute(update(Person).where(Person.id == person_id).values(**changes))
