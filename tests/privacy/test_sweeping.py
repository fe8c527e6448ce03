"""Every value goes when its rule says, and not a day earlier."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from headroom.accounts.models import DAYS_TO_CONFIRM, Person
from headroom.data_rules import CONTACT, KEY, SECURITY_FACT, TECHNICAL, AtEnd, RowLife, days, ruled
from headroom.db import WORKER, Base, Database, UtcTime
from headroom.operating import roles
from headroom.privacy import sweeper
from headroom.privacy.sweeper import Act, Sweep
from migrations import models as _every_model  # noqa: F401
from tests.conftest import PrivateDatabase

SEEN = datetime(2026, 1, 1, tzinfo=UTC)


class Shelf(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = {datetime: UtcTime()}


class Visit(Shelf):
    __tablename__ = "visit_for_test"
    __subject__ = "id"
    __row_life__ = RowLife("seen_at", 365)
    id: Mapped[str] = mapped_column(primary_key=True, info=ruled(KEY))
    seen_at: Mapped[datetime] = mapped_column(info=ruled(TECHNICAL))
    address: Mapped[str | None] = mapped_column(
        Text, info=ruled(SECURITY_FACT, retain=days("seen_at", 30, at_end=AtEnd.CUT_ADDRESS))
    )
    email: Mapped[str | None] = mapped_column(Text, info=ruled(CONTACT, retain=days("seen_at", 90)))


@pytest.fixture
def visits(session: Session) -> Session:
    Shelf.metadata.create_all(session.connection())
    session.add_all(
        [
            Visit(id="four", seen_at=SEEN, address="203.0.113.77", email="mara@example.test"),
            Visit(id="six", seen_at=SEEN, address="2001:db8:1:2:3::9", email="ivo@example.test"),
        ]
    )
    session.flush()
    return session


def sweep_on_day(session: Session, day: float) -> dict[str, tuple[str | None, str | None]]:
    lives = sweeper.row_lives([Visit])
    for sweep in sweeper.plan(Shelf.metadata, lives):
        sweeper.sweep_batch(session, sweep, now=SEEN + timedelta(days=day))
    rows = session.execute(text("SELECT id, address, email FROM visit_for_test"))
    return {row.id: (row.address, row.email) for row in rows}


def test_nothing_goes_on_the_last_day(visits: Session) -> None:
    assert sweep_on_day(visits, 30)["four"] == ("203.0.113.77", "mara@example.test")


def test_addresses_are_cut_to_their_network(visits: Session) -> None:
    left = sweep_on_day(visits, 30.1)
    assert left["four"][0] == "203.0.113.0/24"
    assert left["six"][0] == "2001:db8:1::/48"


def test_a_second_sweep_changes_nothing(visits: Session) -> None:
    assert sweep_on_day(visits, 31) == sweep_on_day(visits, 32)


def test_values_are_cleared(visits: Session) -> None:
    assert sweep_on_day(visits, 90.1)["four"][1] is None


def test_rows_go(visits: Session) -> None:
    assert sweep_on_day(visits, 365.1) == {}


def test_the_plan_can_be_read_before_it_runs() -> None:
    plan = sweeper.plan(Shelf.metadata, sweeper.row_lives([Visit]))
    assert Sweep("visit_for_test", ("id",), "email", "seen_at", 90, Act.CLEAR) in plan
    assert plan[-1].act is Act.DELETE_ROW


def test_an_account_that_nobody_confirmed_is_not_kept(session: Session) -> None:
    for name, confirmed in (("mara", SEEN), ("ghost", None)):
        session.add(
            Person(
                id=f"per_{name}",
                email=f"{name}@example.test",
                email_verified_at=confirmed,
                display_name=name,
                locale="en",
                time_zone="UTC",
                theme="system",
                age_rule="16",
                created_at=SEEN,
            )
        )
    session.flush()
    (sweep,) = [one for one in sweeper.plan(Base.metadata, sweeper.row_lives([Person])) if one.name == "person.*"]
    assert sweeper.sweep_batch(session, sweep, now=SEEN + timedelta(days=DAYS_TO_CONFIRM)) == 0
    assert sweeper.sweep_batch(session, sweep, now=SEEN + timedelta(days=DAYS_TO_CONFIRM, hours=1)) == 1
    assert session.scalars(text("SELECT id FROM person")).all() == ["per_mara"]


def test_the_workers_role_may_make_every_rule_of_the_product_true(private_database: PrivateDatabase) -> None:
    with private_database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        roles.make_roles(connection)
        roles.grant(connection)
    database = Database(private_database.url, pool_size=1, role=WORKER)
    lives = sweeper.row_lives(mapper.class_ for mapper in Base.registry.mappers)
    plan = sweeper.plan(Base.metadata, lives)
    assert len(plan) > 10
    for sweep in plan:
        with database.sessions.begin() as session:
            assert sweeper.sweep_batch(session, sweep, now=SEEN) == 0, sweep.name
    database.engine.dispose()
