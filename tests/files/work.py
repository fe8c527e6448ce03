"""Doing the worker's work in a test: run what is queued now, or one job in a process that may be killed."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tests.conftest import PrivateDatabase
from tests.stores import Place

ROOT = Path(__file__).resolve().parents[2]
_NEXT = text(
    """delete from procrastinate_jobs where id = (
         select id from procrastinate_jobs
         where status = 'todo' and task_name like 'files.%' and (scheduled_at is null or scheduled_at <= now())
         order by priority desc, id limit 1)
       returning task_name, args"""
)
_RUN = """
import json, sys
from headroom import db, failpoints
from headroom.settings import read_settings
import worker.files
from worker.app import queue
settings = read_settings()
failpoints.arm(settings.faults)
db.connect(settings, pool_size=4)
queue.tasks[sys.argv[1]](**json.loads(sys.argv[2]))
"""


def drain(database: PrivateDatabase) -> list[str]:
    """Run the queued jobs of files until none is due, and name them in order."""
    tasks = _tasks()
    done: list[str] = []
    while True:
        with database.engine.begin() as connection:
            row = connection.execute(_NEXT).one_or_none()
        if row is None:
            return done
        tasks[row.task_name](**row.args)
        done.append(row.task_name)


def queued(database: PrivateDatabase) -> list[str]:
    """The names of the jobs that wait, due or not."""
    with database.engine.begin() as connection:
        rows = connection.execute(text("select task_name from procrastinate_jobs where status = 'todo' order by id"))
        return [row.task_name for row in rows]


def run_in_process(
    database: PrivateDatabase, place: Place, bucket: str, name: str, *, faults: str = "", **args: Any
) -> int:
    """Run one job in a process of its own with faults armed; its exit code (-9: it was killed)."""
    environment = os.environ | {
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "HEADROOM_PROFILE": "test",
        "DATABASE_URL": database.url,
        "S3_ENDPOINT": place.url,
        "S3_ACCESS_KEY": place.access_key,
        "S3_SECRET_KEY": place.secret_key,
        "S3_BUCKET": bucket,
        "S3_EMBEDDED_DATA": place.data_dir or "",
        "HEADROOM_FAULTS": faults,
    }
    command = [sys.executable, "-c", _RUN, name, json.dumps(args)]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def run_now(database: PrivateDatabase, name: str) -> None:
    """Run one waiting job of this name although its time has not come, and no other."""
    tasks = _tasks()
    with database.engine.begin() as connection:
        row = connection.execute(
            text("delete from procrastinate_jobs where task_name = :name returning args"), {"name": name}
        ).one()
    tasks[name](**row.args)


def _tasks() -> Any:
    importlib.import_module("worker.files")
    return importlib.import_module("worker.app").queue.tasks


def do(database: PrivateDatabase, name: str, **args: Any) -> None:
    """Run a task as if its job had come a second time."""
    del database  # the current one; named so that no test runs a task without a database of its own
    _tasks()[name](**args)


def forget_all(database: PrivateDatabase) -> None:
    """Lose every queued job, as after a database restored from a backup."""
    with database.engine.begin() as connection:
        connection.execute(text("delete from procrastinate_jobs"))
