"""Read models of the directory and the studio: engineers, their credits and what is on offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from headroom.mixing.errors import EngineerNotFound
from headroom.mixing.models import EngineerCredit, EngineerProfile, Order, PackageVersion, ServicePackage
from headroom.mixing.states import State

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class PackageView:
    """A package as it is on offer now."""

    id: str
    version: int
    title: str
    summary: str
    price_minor: int
    currency: str
    turnaround_days: int
    revisions: int
    max_stems: int
    deliverables: tuple[str, ...]
    sample_rate_hz: int | None
    bit_depth: int | None


@dataclass(frozen=True, slots=True)
class EngineerLine:
    """One engineer in the directory. `completed` counts orders that ended well here."""

    handle: str
    display_name: str
    headline: str
    genres: tuple[str, ...]
    is_open: bool
    from_minor: int | None
    currency: str | None
    fastest_days: int | None
    completed: int


@dataclass(frozen=True, slots=True)
class EngineerPage:
    profile: EngineerProfile
    packages: tuple[PackageView, ...]
    credits: tuple[EngineerCredit, ...]
    completed: int

    @property
    def is_open(self) -> bool:
        return self.profile.paused_at is None


def engineers(session: Session, *, genre: str | None = None) -> tuple[EngineerLine, ...]:
    """Published engineers, those who take orders first, then by orders completed here. One statement."""
    rows = session.execute(_lines(genre))
    lines = [
        EngineerLine(
            profile.handle,
            profile.display_name,
            profile.headline,
            tuple(profile.genres),
            profile.paused_at is None,
            lowest,
            currency,
            fastest,
            completed,
        )
        for profile, lowest, currency, fastest, completed in rows
    ]
    return tuple(sorted(lines, key=lambda line: (not line.is_open, -line.completed, line.display_name)))


def _lines(genre: str | None) -> Select[Any]:
    completed = (
        select(func.count())
        .where(Order.engineer_id == EngineerProfile.person_id, Order.state == State.COMPLETED)
        .correlate(EngineerProfile)
        .scalar_subquery()
    )
    query = (
        select(
            EngineerProfile,
            func.min(PackageVersion.price_minor),
            func.min(PackageVersion.currency),
            func.min(PackageVersion.turnaround_days),
            completed,
        )
        .outerjoin(
            ServicePackage,
            and_(ServicePackage.engineer_id == EngineerProfile.person_id, ServicePackage.retired_at.is_(None)),
        )
        .outerjoin(PackageVersion, _is_current())
        .where(EngineerProfile.published_at.is_not(None))
        .group_by(EngineerProfile.person_id)
        .limit(PER_PAGE)
    )
    return query.where(EngineerProfile.genres.contains([genre])) if genre else query


def _is_current() -> Any:
    return and_(PackageVersion.package_id == ServicePackage.id, PackageVersion.number == ServicePackage.current)


def engineer_page(session: Session, handle: str) -> EngineerPage:
    """A published engineer; EngineerNotFound otherwise."""
    profile = session.scalars(
        select(EngineerProfile).where(EngineerProfile.handle == handle, EngineerProfile.published_at.is_not(None))
    ).one_or_none()
    if profile is None:
        raise EngineerNotFound()
    return _page(session, profile)


def studio_page(session: Session, person_id: str) -> EngineerPage | None:
    """The engineer's own page, published or not; None before there is a profile."""
    profile = session.get(EngineerProfile, person_id)
    return _page(session, profile) if profile is not None else None


def _page(session: Session, profile: EngineerProfile) -> EngineerPage:
    credits_found = session.scalars(
        select(EngineerCredit)
        .where(EngineerCredit.engineer_id == profile.person_id)
        .order_by(EngineerCredit.year.desc().nulls_last(), EngineerCredit.added_at.desc())
    ).all()
    completed = session.scalar(
        select(func.count()).where(Order.engineer_id == profile.person_id, Order.state == State.COMPLETED)
    )
    return EngineerPage(profile, packages_of(session, profile.person_id), tuple(credits_found), completed or 0)


def packages_of(session: Session, engineer_id: str) -> tuple[PackageView, ...]:
    """What is on offer, cheapest first."""
    rows = session.scalars(
        select(PackageVersion)
        .join(ServicePackage, _is_current())
        .where(ServicePackage.engineer_id == engineer_id, ServicePackage.retired_at.is_(None))
        .order_by(PackageVersion.price_minor)
    )
    return tuple(
        PackageView(
            row.package_id, row.number, row.title, row.summary, row.price_minor, row.currency, row.turnaround_days,
            row.revisions, row.max_stems, tuple(row.deliverables), row.sample_rate_hz, row.bit_depth,
        )
        for row in rows
    )  # fmt: skip
