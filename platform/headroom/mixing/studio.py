"""Verbs of the engineer's studio: the profile, credits and packages that clients choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.errors import Invalid
from headroom.mixing.entering import payee_tier
from headroom.mixing.errors import EngineerNotFound, HandleTaken, NotNow, PackageNotFound
from headroom.mixing.models import EngineerCredit, EngineerProfile, PackageVersion, ServicePackage
from headroom.mixing.offers import DELIVERABLES, Terms
from headroom.mixing.pricing import MAX_PRICE_MINOR, MIN_PRICE_MINOR, Prospect, prospect

HANDLE = re.compile(r"[a-z0-9](-?[a-z0-9])*")
MAX_CREDITS = 60
MAX_PACKAGES = 12
DEFAULT_CAPACITY = 6


@dataclass(frozen=True, slots=True)
class Profile:
    """What an engineer says about themselves."""

    handle: str
    display_name: str
    headline: str
    about: str
    genres: Sequence[str] = ()
    capacity: int = DEFAULT_CAPACITY


def profile_of(session: Session, person_id: str) -> EngineerProfile:
    """The engineer's own profile; EngineerNotFound before it exists."""
    found = session.get(EngineerProfile, person_id)
    if found is None:
        raise EngineerNotFound()
    return found


def save_profile(session: Session, profile: Profile, *, by: Actor, now: datetime) -> EngineerProfile:
    """Write the profile, the first time or again. Raises Invalid for a handle's shape, HandleTaken."""
    assert by.person_id is not None
    if not HANDLE.fullmatch(profile.handle) or not 3 <= len(profile.handle) <= 40:
        raise Invalid({"handle": "handle_shape"})
    taken = select(exists().where(EngineerProfile.handle == profile.handle, EngineerProfile.person_id != by.person_id))
    if session.scalar(taken):
        raise HandleTaken()
    found = session.get(EngineerProfile, by.person_id)
    if found is None:
        found = EngineerProfile(person_id=by.person_id, created_at=now)
        session.add(found)
    found.handle, found.display_name = profile.handle, profile.display_name
    found.headline, found.about = profile.headline, profile.about
    found.genres, found.capacity = list(profile.genres), profile.capacity
    session.flush()
    return found


def publish(session: Session, *, by: Actor, now: datetime) -> None:
    """Show the profile in the directory. Needs at least one package."""
    engineer = profile_of(session, by.person_id or "")
    on_offer = exists().where(ServicePackage.engineer_id == engineer.person_id, ServicePackage.retired_at.is_(None))
    if not session.scalar(select(on_offer)):
        raise NotNow(order_id="", guard="has_package")
    engineer.published_at = engineer.published_at or now
    session.flush()


def pause(session: Session, *, by: Actor, now: datetime, why: str = "own_wish") -> None:
    """Take no new orders; live ones go on."""
    engineer = profile_of(session, by.person_id or "")
    if engineer.paused_at is None:
        engineer.paused_at, engineer.paused_why = now, why
        session.flush()


def resume(session: Session, *, by: Actor) -> None:
    """Take orders again."""
    engineer = profile_of(session, by.person_id or "")
    engineer.paused_at = engineer.paused_why = None
    session.flush()


def add_credit(
    session: Session, *, artist: str, title: str, role: str, year: int | None, by: Actor, now: datetime
) -> EngineerCredit:
    engineer = profile_of(session, by.person_id or "")
    count = len(
        session.scalars(select(EngineerCredit.id).where(EngineerCredit.engineer_id == engineer.person_id)).all()
    )
    if count >= MAX_CREDITS:
        raise Invalid({"title": "too_long"})
    credit = EngineerCredit(
        engineer_id=engineer.person_id, artist=artist, title=title, role=role, year=year, added_at=now
    )
    session.add(credit)
    session.flush()
    return credit


def remove_credit(session: Session, credit_id: str, *, by: Actor) -> None:
    credit = session.get(EngineerCredit, credit_id)
    if credit is None or credit.engineer_id != by.person_id:
        raise EngineerNotFound()
    session.delete(credit)
    session.flush()


def look_ahead(session: Session, terms: Terms, *, fee_bp: int, by: Actor, now: datetime) -> Prospect:
    """Net pay and the transfer date to expect, before anything is published."""
    tier = payee_tier(session, by.person_id or "")
    turnaround = timedelta(days=terms.turnaround_days)
    return prospect(terms.price_minor, fee_bp=fee_bp, turnaround=turnaround, tier=tier, now=now)


def publish_package(
    session: Session,
    terms: Terms,
    *,
    title: str,
    by: Actor,
    now: datetime,
    package_id: str | None = None,
) -> ServicePackage:
    """Put a package on offer, or its next version; `terms.note` is its summary. Orders keep the version they bought."""
    engineer = profile_of(session, by.person_id or "")
    _require_sound(terms)
    package = _package(session, engineer.person_id, package_id) if package_id else None
    if package is None:
        package = ServicePackage(engineer_id=engineer.person_id, current=0, created_at=now)
        session.add(package)
    package.current += 1
    session.flush()
    session.add(
        PackageVersion(
            package_id=package.id,
            number=package.current,
            title=title,
            summary=terms.note,
            price_minor=terms.price_minor,
            currency=terms.currency,
            turnaround_days=terms.turnaround_days,
            revisions=terms.revisions,
            max_stems=terms.max_stems,
            deliverables=list(terms.deliverables),
            sample_rate_hz=terms.sample_rate_hz,
            bit_depth=terms.bit_depth,
            published_at=now,
        )
    )
    session.flush()
    return package


def retire_package(session: Session, package_id: str, *, by: Actor, now: datetime) -> None:
    """Take a package off the shelf; orders that bought it go on."""
    package = _package(session, by.person_id or "", package_id)
    package.retired_at = package.retired_at or now
    session.flush()


def _package(session: Session, engineer_id: str, package_id: str) -> ServicePackage:
    package = session.get(ServicePackage, package_id, with_for_update=True)
    if package is None or package.engineer_id != engineer_id:
        raise PackageNotFound()
    return package


def _require_sound(terms: Terms) -> None:
    if not MIN_PRICE_MINOR <= terms.price_minor <= MAX_PRICE_MINOR:
        raise Invalid({"price": "price_range"})
    if not terms.deliverables or any(code not in DELIVERABLES for code in terms.deliverables):
        raise Invalid({"deliverables": "too_short"})
