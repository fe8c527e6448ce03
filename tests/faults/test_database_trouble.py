"""Locks, deadlocks and a database that restarts: nothing half, a clear 503 to come back, and then business again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from headroom import clock, jobs
from headroom.db import unit
from headroom.ledger import payments
from headroom.mixing import checkout, orders, settlement, timers
from headroom.mixing.states import State
from tests.conftest import PrivateDatabase
from tests.faults.house import TEST, Answer, House, new_key, version_of
from tests.mixing.world import MARA, Story, people
from tests.worker.processes import until, worker


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("40P01", "deadlock detected"),
        ("40001", "could not serialize access"),
        ("55P03", "lock not available"),
        ("57014", "canceling statement"),
        ("57P01", "terminating connection"),
        ("53300", "too many connections"),
    ],
)
def test_trouble_of_the_database_is_503_with_a_time_to_wait(
    app: Flask, code: str, raised: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def troubled(**_arguments: object) -> str:
        with unit(TEST) as session:
            session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION '{raised}' USING ERRCODE = '{code}'; END $$"))
        return ""

    monkeypatch.setitem(app.view_functions, "site.home", troubled)
    answer = app.test_client().get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "No money was moved" in answer.text


def test_an_act_that_waits_too_long_for_a_lock_changes_nothing_and_says_so(house: House) -> None:
    order_id, mara, key = house.order("delivered"), house.person("mara"), new_key()
    version = version_of(house, order_id)

    def approve() -> Answer:
        return mara.post(f"/orders/{order_id}/approval", key=key, version=version)

    with house.database.engine.begin() as holder:
        holder.execute(text("SELECT 1 FROM mix_order WHERE id = :id FOR UPDATE"), {"id": order_id})
        refused = approve()
    assert (refused.status, refused.headers["retry-after"]) == (503, "2")
    assert version_of(house, order_id) == version
    assert (approve().status, version_of(house, order_id)) == (303, version + 1)


def test_a_report_of_the_ledger_and_a_cancel_at_once_do_not_deadlock(house: House) -> None:
    """Both take the payment, then the order: whoever is second waits and then goes on."""
    order_id = house.order("paid")
    holds_payment, problems = threading.Event(), list[BaseException]()

    def report() -> None:
        with unit(checkout.PROVIDER) as session:
            payments.lock(session, purpose=settlement.PURPOSE, subject_id=order_id)
            holds_payment.set()
            time.sleep(0.5)
            checkout.paid(session, order_id, fact={}, now=clock.now())

    def cancel() -> None:
        holds_payment.wait(5)
        with unit(MARA) as session:
            orders.cancel(session, orders.visible_to(session, MARA, order_id), reason="", by=MARA, now=clock.now())

    run_both(report, cancel, problems)
    assert problems == []
    assert house.scalar("SELECT state FROM mix_order WHERE id = :id", id=order_id) == State.REFUND_DUE


def test_a_report_of_the_ledger_and_a_timer_at_once_do_not_deadlock(house: House) -> None:
    order_id = house.order("submitted")
    due = house.scalar("SELECT look_at FROM mix_order WHERE id = :id", id=order_id)
    with house.database.engine.begin() as connection:
        passed = clock.now() - timedelta(minutes=1)
        connection.execute(
            text("UPDATE mix_order SET look_at = :at, deadline_at = :at WHERE id = :id"), {"at": passed, "id": order_id}
        )
    assert due is not None
    holds_payment, problems = threading.Event(), list[BaseException]()

    def report() -> None:
        with unit(checkout.PROVIDER) as session:
            payments.lock(session, purpose=settlement.PURPOSE, subject_id=order_id)
            holds_payment.set()
            time.sleep(0.5)
            checkout.paid(session, order_id, fact={}, now=clock.now())

    def look() -> None:
        holds_payment.wait(5)
        with unit(timers.TIMER) as session:
            timers.look(session, order_id, look_at=passed, now=clock.now())

    run_both(report, look, problems)
    assert problems == []
    assert house.scalar("SELECT state FROM mix_order WHERE id = :id", id=order_id) == State.REFUND_DUE


def run_both(first: Callable[[], None], second: Callable[[], None], problems: list[BaseException]) -> None:
    def noted(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=noted, args=(act,)) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_job_that_waited_too_long_for_a_lock_is_done_later(private_database: PrivateDatabase) -> None:
    passed = clock.now() - timedelta(minutes=1)
    with unit(TEST) as session:
        people(session, now=clock.now())
        order = Story(session, now=clock.now()).submitted().order
        order.look_at = order.deadline_at = passed
        jobs.enqueue(session, "mixing.look", order_id=order.id, look_at=passed.isoformat())

    def tries() -> int:
        with private_database.engine.connect() as connection:
            job = text("SELECT attempts FROM procrastinate_jobs WHERE task_name = 'mixing.look' ORDER BY id LIMIT 1")
            return int(connection.scalar(job) or 0)

    with private_database.engine.connect() as holder, worker(private_database):
        holder.execute(text("SELECT 1 FROM mix_order FOR UPDATE"))
        until(tries, within_s=40, what="the job failed and waits to be tried again")
        holder.rollback()
        until(lambda: state_of(private_database) == State.REFUND_DUE, within_s=30, what="the job was done")


def state_of(database: PrivateDatabase) -> str:
    with database.engine.connect() as connection:
        return str(connection.scalar(text("SELECT state FROM mix_order")))
