"""Start a worker: `python -m worker`. Stops gracefully on SIGTERM and SIGINT: running jobs finish first."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module

import procrastinate
from sqlalchemy.engine import make_url

import worker
from headroom import clock, db, failpoints, logs
from headroom.settings import Settings, read_settings, refusals
from worker import mailing
from worker.app import queue
from worker.schedule import HEARTBEAT_S, STALLED_AFTER_S
from wsgi import RefusedToStart, refuse_unfit_world

GRACE_S = 10  # how long running jobs may finish after SIGTERM


def main() -> int:
    """Compose the worker and run it until it is told to stop."""
    settings = read_settings()
    logs.set_up(settings.log_level)
    wrong = refusals(settings)
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 2
    try:
        compose(settings)
    except RefusedToStart as refused:
        print(refused, file=sys.stderr)
        return 2
    with queue.replace_connector(connector(settings)) as app:
        app.run_worker(
            concurrency=settings.worker_concurrency,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=STALLED_AFTER_S,
            fetch_job_polling_interval=1,
            shutdown_graceful_timeout=GRACE_S,
        )
    return 0


def compose(settings: Settings) -> None:
    """Open the database and register every task of this package."""
    failpoints.arm(settings.faults)
    db.connect(settings, url=settings.worker_url, pool_size=settings.worker_concurrency + 2, role=db.WORKER)
    refuse_unfit_world(settings)
    if settings.is_rehearsal:
        clock.use_offset_from(db.clock_offset)
    import_module("migrations.models")
    for module in pkgutil.iter_modules(worker.__path__):
        if module.name != "__main__":
            import_module(f"worker.{module.name}")
    mailing.web_app()  # a broken template folder or blueprint is found now, not at the first mail


def connector(settings: Settings) -> procrastinate.PsycopgConnector:
    """The queue's own pool: small, since jobs use the product's pool for their work."""
    url = make_url(db.normalized(settings.worker_url)).set(drivername="postgresql")
    return procrastinate.PsycopgConnector(conninfo=url.render_as_string(hide_password=False), min_size=1, max_size=4)


if __name__ == "__main__":
    raise SystemExit(main())
