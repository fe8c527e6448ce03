"""What the database itself refuses, and I12."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from headroom.db import reading
from tests.conftest import PrivateDatabase
from tests.ledger.desk import Desk

NAMES = ("Mara", "Ivo", "Lena", "studio.test")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount_minor = 1",
        "DELETE FROM posting",
        "TRUNCATE posting CASCADE",
        "UPDATE journal SET key = 'x'",
        "DELETE FROM journal",
        "UPDATE ledger_account SET kind = 'rev'",
    ],
)
def test_what_is_booked_is_never_changed(desk: Desk, statement: str) -> None:
    desk.paid("ord_1")
    with pytest.raises(IntegrityError, match="append-only"), desk.database.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_journal_that_does_not_sum_to_zero_is_refused_at_commit(desk: Desk) -> None:
    desk.paid("ord_1")
    unbalanced = (
        "INSERT INTO journal (id, sequence, key, kind, subject, fact, occurred_at, booked_at)"
        " VALUES ('jrn_x', 9, 'x', 'x', 'x', '{}', now(), now());"
        "INSERT INTO posting VALUES ('jrn_x', 'stripe:::USD', 1), ('jrn_x', 'fees:::USD', -2)"
    )
    with pytest.raises(IntegrityError, match="does not sum to zero"), desk.database.engine.begin() as connection:
        connection.execute(text(unbalanced))


def test_a_line_added_to_an_old_journal_is_refused_at_commit(desk: Desk) -> None:
    desk.paid("ord_1")
    with pytest.raises(IntegrityError, match="does not sum to zero"), desk.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger_account VALUES ('rev:::USD', 'rev', '', '', 'USD');"
                "INSERT INTO posting SELECT id, 'rev:::USD', 1 FROM journal LIMIT 1"
            )
        )


def test_a_fact_is_booked_once_even_by_two_who_did_not_ask(desk: Desk) -> None:
    desk.paid("ord_1")
    with pytest.raises(IntegrityError), desk.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO journal SELECT 'jrn_y', sequence, key, kind, subject, fact, NULL, occurred_at, booked_at"
                " FROM journal LIMIT 1"
            )
        )


def test_a_payment_has_one_open_attempt_whoever_inserts(desk: Desk) -> None:
    desk.opened("ord_1")
    with pytest.raises(IntegrityError), desk.database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO payment_attempt SELECT 'pat_other', payment_id, state, NULL, NULL, NULL, return_path,"
                " cancel_path, locale, opened_at, expires_at, looked_at, closed_at FROM payment_attempt"
            )
        )


def test_i12_the_books_hold_ids_and_no_names(desk: Desk, private_database: PrivateDatabase) -> None:
    desk.paid("ord_1")
    desk.release("ord_1")
    with reading() as session:
        for table in ("journal", "posting", "ledger_account", "ledger_balance"):
            for row in session.execute(text(f"SELECT CAST(t AS text) FROM {table} t")).scalars():
                assert not any(name in row for name in NAMES)
