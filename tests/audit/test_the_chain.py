"""The audit's chain tells when somebody edits, deletes or cuts."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audit import Action, record
from headroom.audit.sealing import seal, verify
from headroom.db import unit
from tests.conftest import PrivateDatabase

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ADA = Actor(person_id="per_ada")


def write(session: Session, count: int = 5) -> list[str]:
    return [
        record(
            session,
            Action.STAFF_READ,
            by=ADA,
            object_kind="order",
            object_ref=f"ord_{n}",
            now=NOW,
            reason="asked by the client",
            payload={"address": f"10.0.0.{n}"},
        )
        for n in range(count)
    ]


@pytest.fixture
def sealed(private_database: PrivateDatabase) -> list[str]:
    with unit(ADA) as session:
        entries = write(session)
    with unit(ADA) as session:
        assert seal(session, now=NOW) == 5
    return entries


def tamper(database: PrivateDatabase, statement: str, **values: object) -> None:
    """As somebody with the keys to the database would: with the triggers off."""
    with database.engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(statement), values)


def broken_at(database: PrivateDatabase) -> str | None:
    with database.session() as session:
        return verify(session).broken_at


def test_an_untouched_chain_is_whole(sealed: list[str], private_database: PrivateDatabase) -> None:
    assert broken_at(private_database) is None


def test_the_unsealed_tail_is_reported(sealed: list[str], private_database: PrivateDatabase) -> None:
    with unit(ADA) as session:
        write(session, 2)
    with private_database.session() as session:
        verdict = verify(session)
    assert (verdict.sealed, verdict.unsealed) == (5, 2)


def test_an_edited_entry_is_named(sealed: list[str], private_database: PrivateDatabase) -> None:
    tamper(private_database, "UPDATE audit_entry SET reason = 'none' WHERE object_ref = 'ord_3'")
    with private_database.session() as session:
        verdict = verify(session)
    assert verdict.broken_at in sealed
    assert verdict.reason == "the entry was changed"


def test_an_edited_payload_is_named(sealed: list[str], private_database: PrivateDatabase) -> None:
    tamper(private_database, "UPDATE audit_payload SET payload = '{}' WHERE entry_id = :id", id=sealed[1])
    assert broken_at(private_database) == sealed[1]


def test_a_link_taken_out_is_noticed(sealed: list[str], private_database: PrivateDatabase) -> None:
    tamper(private_database, "DELETE FROM audit_seal WHERE seq = 2")
    assert broken_at(private_database) is not None


def test_an_erased_payload_leaves_the_chain_whole(sealed: list[str], private_database: PrivateDatabase) -> None:
    with unit(ADA) as session:
        session.execute(text("DELETE FROM audit_payload WHERE entry_id = :id"), {"id": sealed[0]})
    assert broken_at(private_database) is None


def test_sealing_again_finds_nothing(sealed: list[str]) -> None:
    with unit(ADA) as session:
        assert seal(session, now=NOW) == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET reason = 'x'", "UPDATE audit_seal SET seq = seq + 10", "DELETE FROM audit_seal"],
)
def test_the_database_itself_refuses_edits(
    sealed: list[str], private_database: PrivateDatabase, statement: str
) -> None:
    with pytest.raises(IntegrityError), unit(ADA) as session:
        session.execute(text(statement))
