"""Enqueue work for the worker, inside the transaction that makes it necessary.

A job appears when the transaction commits and vanishes when it rolls back. Tasks are defined in worker/ and
named `domain.task`; this module knows only their names. Every task is idempotent: it may run more than once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy.orm import Session

# Defers by name on a connection that is passed in; its own connector is never opened.
queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())

HIGH = 10  # somebody looks at a page and waits
NORMAL = 0
LOW = -10  # sweeps


class NoTransaction(RuntimeError):
    """A job was enqueued on a connection in AUTOCOMMIT, where it would outlive a rollback."""


def enqueue(
    session: Session,
    name: str,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    run_at: datetime | None = None,
    priority: int = NORMAL,
    **args: Any,
) -> bool:
    """Put the task `name` with JSON-able `args` in the queue; True unless `queueing_lock` already waits there.

    Jobs with the same `lock` never run at once. `run_at` (wall time) postpones. Raises NoTransaction under
    AUTOCOMMIT.
    """
    connection = session.connection()
    if connection.get_isolation_level() == "AUTOCOMMIT" or not connection.in_transaction():
        raise NoTransaction(name)
    deferrer = queue.configure_task(
        name,
        connection=connection.connection.driver_connection,
        lock=lock,
        queueing_lock=queueing_lock,
        schedule_at=run_at,
        priority=priority,
    )
    if queueing_lock is None:
        deferrer.defer(**args)
        return True
    try:
        with session.begin_nested():  # so that a waiting twin does not end the outer transaction
            session.connection()  # the savepoint is set only when its connection is asked for
            deferrer.defer(**args)
    except AlreadyEnqueued:
        return False
    return True
