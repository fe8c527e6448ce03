"""Money at speed: the webhook route beside a bare verify-and-insert, journals beside bare commits.

Runs against the installation's own server, in a scratch database of the same schema that is dropped at the
end: journals are append-only, so nothing of a bench may ever stand in real books. Floor and figure take turns
in short slices, so that a busy machine disturbs both alike.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
import stripe
from flask import Flask, request
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.engine import make_url

from headroom import clock, db
from headroom.actors import Actor
from headroom.ids import new_id
from headroom.ledger import facts, journals
from headroom.ledger.booking import Deal, book
from headroom.ledger.split import PLATFORM, Share, freeze
from headroom.settings import Settings, read_settings
from tests.databases import build_schema

Out = Callable[[dict[str, Any]], None]

STORED_BEFORE = 500
BLOCKS, DELIVERIES = 5, 300  # of each kind and block; the median block counts, so one hiccup decides nothing
MAX_RATIO_P99 = 2.0
SLICES, SLICE_S, THREADS = 7, 0.5, 4
MIN_RATE_RATIO = 0.5
SECRET = "whsec_bench"
ONE_ROW = text("INSERT INTO bench_commit VALUES (now())")
NUMBERS = count(1)
BENCH = Actor.system("bench")
SHARES = freeze([Share("per_engineer", 8800), Share(PLATFORM, 1200)])


def run(out: Out) -> None:
    """Print the ledger's figures."""
    settings = read_settings()
    before = db._Current.database
    with scratch_database(settings.migrator_url) as url:
        scratch = settings.model_copy(update={"database_url": url, "database_roles": False})
        try:
            _webhooks(out, scratch, url)
            _journals(out, url)
        finally:
            db.current().engine.dispose()
            db._Current.database = before


@contextmanager
def scratch_database(server_url: str) -> Iterator[str]:
    """An empty database with the whole schema on the given server, dropped afterwards."""
    name = f"bench_ledger_{os.getpid()}"
    plain = make_url(db.normalized(server_url)).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = make_url(plain).set(database=name).render_as_string(hide_password=False)
            build_schema(url)
            yield url
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _webhooks(out: Out, settings: Settings, url: str) -> None:
    """The route's p99 against the floor's, with 500 events stored and their jobs waiting."""
    from wsgi import create_app

    app = create_app(settings.model_copy(update={"stripe_webhook_secrets": SecretStr(SECRET)}))
    route = app.test_client()
    floor = _floor_app(url).test_client()
    for _ in range(STORED_BEFORE):
        _deliver(route, "/webhooks/stripe")
    for _ in range(50):
        _deliver(floor, "/floor")
    blocks = sorted((_block(floor, route) for _ in range(BLOCKS)), key=lambda pair: pair[1] / pair[0])
    floor_ms, route_ms = blocks[BLOCKS // 2]
    ratio = route_ms / floor_ms
    out(
        {
            "figure": "ledger.webhook.p99_over_floor",
            "value": round(ratio, 2),
            "unit": "×",
            "goal": f"<= {MAX_RATIO_P99:g}",
            "met": ratio <= MAX_RATIO_P99,
            "route_p99_ms": round(route_ms, 2),
            "floor_p99_ms": round(floor_ms, 2),
            "all_blocks": [round(theirs / least, 2) for least, theirs in blocks],
            "stored_before": STORED_BEFORE,
        }
    )


def _block(floor: Any, route: Any) -> tuple[float, float]:
    """p99 of the floor and of the route over one block of deliveries in turns, milliseconds."""
    took: dict[str, list[float]] = {"floor": [], "route": []}
    for _ in range(DELIVERIES):
        took["floor"].append(_deliver(floor, "/floor"))
        took["route"].append(_deliver(route, "/webhooks/stripe"))
    return _p99(took["floor"]), _p99(took["route"])


def _floor_app(url: str) -> Flask:
    """The least a webhook can be: check the signature, insert the raw body, commit, 200."""
    connection = psycopg.connect(url, autocommit=False)
    connection.execute("CREATE TABLE bench_event (id text PRIMARY KEY, payload bytea NOT NULL)")
    connection.commit()
    app = Flask("floor")

    @app.post("/floor")
    def take() -> str:
        raw = request.get_data()
        stripe.WebhookSignature.verify_header(raw, request.headers["Stripe-Signature"], SECRET, tolerance=300)
        event_id = json.loads(raw)["id"]
        connection.execute("INSERT INTO bench_event VALUES (%s, %s) ON CONFLICT DO NOTHING", [event_id, raw])
        connection.commit()
        return ""

    return app


def _deliver(client: Any, path: str) -> float:
    """Milliseconds of one signed delivery of about 3 kB, the size of a real charge."""
    body = {
        "id": new_id("evt"), "object": "event", "type": "charge.succeeded", "created": int(time.time()),
        "livemode": False, "api_version": "2026-10-28.endive",
        "data": {"object": {"id": new_id("ch"), "object": "charge", "description": "x" * 2_600}},
    }  # fmt: skip
    raw = json.dumps(body).encode()
    stamp = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    began = time.perf_counter()
    answer = client.post(path, data=raw, headers={"Stripe-Signature": f"t={stamp},v1={digest}"})
    took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return took


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _journals(out: Out, url: str) -> None:
    """Journals, one per transaction, against one-row commits asked for through the same door.

    Both go through `db.unit` with as many threads, so the ratio shows what booking costs the database and
    whether bookings wait for each other; what a bare driver commits is printed beside it.
    """
    db.use(db.Database(url, pool_size=THREADS))
    with db.unit(BENCH) as session:
        session.execute(text("CREATE TABLE bench_commit (at timestamptz)"))
    with psycopg.connect(url) as bare:
        rates: dict[str, list[float]] = {"bare": [], "commits": [], "journals": []}
        for _ in range(SLICES):
            rates["bare"].append(_rate(lambda: _commit_bare(bare), threads=1))
            rates["commits"].append(_rate(_commit_one, threads=THREADS))
            rates["journals"].append(_rate(_book_one, threads=THREADS))
    per_s = {name: statistics.median(values) for name, values in rates.items()}
    ratio = per_s["journals"] / per_s["commits"]
    out(
        {
            "figure": "ledger.journals_over_commits",
            "value": round(ratio, 2),
            "unit": "×",
            "goal": f">= {MIN_RATE_RATIO:g}",
            "met": ratio >= MIN_RATE_RATIO,
            "journals_per_s": round(per_s["journals"]),
            "commits_per_s": round(per_s["commits"]),
            "bare_commits_per_s": round(per_s["bare"]),
            "threads": THREADS,
        }
    )


def _rate(act: Callable[[], None], *, threads: int) -> float:
    """Acts per second over one slice."""
    counts: list[int] = []

    def go() -> None:
        until, acts = time.perf_counter() + SLICE_S, 0
        while time.perf_counter() < until:
            act()
            acts += 1
        counts.append(acts)

    workers = [threading.Thread(target=go) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / SLICE_S


def _commit_bare(connection: psycopg.Connection[Any]) -> None:
    connection.execute("INSERT INTO bench_commit VALUES (now())")
    connection.commit()


def _commit_one() -> None:
    with db.unit(BENCH) as session:
        session.execute(ONE_ROW)


def _book_one() -> None:
    """A charge as the worker books it: pure booking, one journal of three lines, balances moved, one commit."""
    number = next(NUMBERS)
    fact = facts.Charged(f"ch_{number}", 200_00, facts.Movement(f"txn_{number}", 200_00, 6_10, "USD"))
    journal = book(Deal(subject=f"order:bench_{number}", currency="USD", shares=SHARES), fact).journal
    now = clock.wall_now()
    with db.unit(BENCH) as session:
        journals.write(session, [journals.Entry(journal, fact, now)], after=0, now=now)
