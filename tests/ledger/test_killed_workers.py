"""kill -9, for real: a worker's process dies at a named place, another one finishes its work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from headroom.ledger.models import Refund
from tests.conftest import PrivateDatabase
from tests.ledger.desk import Desk

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def kill_at(private_database: PrivateDatabase, desk: Desk) -> Any:
    """Run a task in a process that kills itself at `place`."""

    def run(place: str, task: str, **args: str) -> None:
        paths = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
        environment = os.environ | {
            "DATABASE_URL": private_database.url, "HEADROOM_FAULTS": f"{place}:kill", "PYTHONPATH": paths,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.ledger.killed", task, json.dumps(args)]
        ended = subprocess.run(command, env=environment, cwd=ROOT, timeout=60, check=False)
        assert ended.returncode == -signal.SIGKILL

    return run


def open_effect(desk: Desk, kind: str) -> str:
    with desk.database.engine.connect() as connection:
        return str(
            connection.scalar(text("SELECT id FROM effect WHERE kind = :kind AND settled_at IS NULL"), {"kind": kind})
        )


@pytest.mark.parametrize("place", ["ledger.transfer.sent", "ledger.transfer.booking", "ledger.transfer.booked"])
def test_a_transfer_survives_the_death_of_its_worker_and_is_sent_once(desk: Desk, kill_at: Any, place: str) -> None:
    desk.paid("ord_1")
    desk.onboarded("per_ivo")
    desk.release("ord_1")
    kill_at(place, "effects.perform", effect_id=open_effect(desk, "stripe.transfer"))
    desk.effects_are_due()
    assert (len(desk.transfers("per_ivo")), desk.leg("per_ivo").state) == (1, "sent")
    assert desk.balances()["stripe"] == 33_90


@pytest.mark.parametrize("place", ["ledger.refund.sent", "ledger.booking", "ledger.booked"])
def test_a_refund_survives_the_death_of_its_worker_and_is_made_once(desk: Desk, kill_at: Any, place: str) -> None:
    desk.paid("ord_1")
    desk.refund("ord_1", 200_00)
    kill_at(place, "effects.perform", effect_id=open_effect(desk, "stripe.refund"))
    desk.effects_are_due()
    assert [row.state for row in desk.rows(Refund)] == ["settled"]
    assert desk.balances() == {"stripe": -6_10, "fees": 6_10}


@pytest.mark.parametrize("place", ["ledger.booking", "ledger.booked"])
def test_a_payment_survives_the_death_of_the_worker_that_books_it(desk: Desk, kill_at: Any, place: str) -> None:
    attempt = desk.opened("ord_1")
    desk.buyer(desk.started(attempt.id))
    kill_at(place, "ledger.look_at_attempt", attempt_id=attempt.id)
    desk.run("ledger.look_at_attempt", attempt_id=attempt.id)
    assert desk.balances() == {"stripe": 193_90, "fees": 6_10, "held": 200_00}


def test_a_door_that_died_after_asking_for_a_checkout_leaves_one_checkout(desk: Desk, kill_at: Any) -> None:
    attempt = desk.opened("ord_door")
    with desk.database.engine.begin() as connection:
        connection.execute(text("UPDATE effect SET next_try_at = now()"))
    kill_at("ledger.checkout.asked", "effects.perform", effect_id=open_effect(desk, "stripe.checkout"))
    again = desk.started(attempt.id)
    assert desk.attempt(attempt.id).checkout_id == again
    assert desk.provider.fetch_checkout(again).reference == "test:ord_door"
