"""The queue's app, and the decorator that makes a function a task.

Tasks are at least once: each may run twice, so each claims its row first and finds nothing to do the second
time. A task that raises is retried with growing waits; one whose worker died is rescued (schedule.py).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import procrastinate
from procrastinate import RetryStrategy

from headroom.actors import Actor
from headroom.errors import OutsideDown

log = logging.getLogger(__name__)

Function = TypeVar("Function", bound=Callable[..., None])

# Retries of a task that raised: 10 runs over about half an hour. exponential_wait=None would break the sum.
RETRIES = RetryStrategy(max_attempts=9, wait=2, linear_wait=0, exponential_wait=2)

# The connector is replaced by the one that knows the database when the worker starts.
queue = procrastinate.App(connector=procrastinate.PsycopgConnector())

WORKER = Actor.system("worker")
TIMER = Actor.system("timer")


def task(name: str, **options: Any) -> Callable[[Function], Function]:
    """Register a function as the task `domain.name`. It opens its own unit and finds its own `now`."""

    def register(function: Function) -> Function:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                function(*args, **kwargs)
            except Exception:  # heard here; the queue counts it and tries again
                log.exception("%s failed", name)
                raise

        queue.task(name=name, **{"retry": RETRIES, **options})(run)  # type: ignore[no-untyped-call]
        return function

    return register


def periodic(name: str, *, cron: str, **options: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function as a periodic task; `cron` has five fields, or six with seconds last.

    The queue runs each tick once, however many workers there are; a tick still waiting is not doubled.
    """

    def register(function: Callable[[], None]) -> Callable[[], None]:
        def run(timestamp: int) -> None:
            del timestamp  # the tick's own time; jobs look at the product's clock instead
            try:
                function()
            except OutsideDown as error:  # the next tick tries again
                log.warning("%s: %s", name, error)

        run.__name__ = function.__name__
        registered = queue.task(name=name, queueing_lock=name, lock=name, **options)(run)  # type: ignore[no-untyped-call]
        queue.periodic(cron=cron, periodic_id=name)(registered)
        return function

    return register
