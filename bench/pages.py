"""The order page: statements and CPU with 1 and 500 events, beside the cheapest route; and under 300 slow connections.

Runs inside an installation: people and orders are made by the product's own verbs in its database, CPU and
statements are counted in this process, the slow connections are held against the running site.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import event, func, select

from headroom import clock, db
from headroom.accounts import sessions
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.mixing.models import OrderEvent
from headroom.settings import Settings, read_settings
from tests.mixing.world import Story, people

Out = Callable[[dict[str, Any]], None]

MAX_STATEMENTS = 8
MAX_CPU_MS = 6.0
MAX_P95_MS = 500.0
SLOW_CONNECTIONS = 300
WARM, ROUNDS = 20, 150
BENCH = Actor.system("bench")


def run(out: Out) -> None:
    """Print the page's figures."""
    settings = read_settings()
    from wsgi import create_app  # its import opens nothing; creating the app opens the pool

    app = create_app(settings)
    short, long, cookie = _prepare()
    client = app.test_client()
    client.set_cookie("sid", cookie)
    hello = _cpu_ms(lambda: client.get("/healthz"))
    for name, order_id in (("1_event", short), ("500_events", long)):
        path = f"/orders/{order_id}"
        status = client.get(path).status_code
        if status != 200:
            raise RuntimeError(f"the order page answers {status}")
        with _statements() as counted:
            client.get(path)
        _figure(out, f"pages.order.statements.{name}", len(counted), "statements", MAX_STATEMENTS)
        cpu = _cpu_ms(functools.partial(client.get, path))
        _figure(out, f"pages.order.cpu.{name}", round(cpu, 2), "ms", MAX_CPU_MS, hello_ms=round(hello, 2))
    _under_slow_connections(out, settings, f"/orders/{long}", cookie)


def _prepare() -> tuple[str, str, str]:
    """An order with the events of its way so far, one with 500, and a session of their client."""
    with db.unit(BENCH) as session:
        if session.get(Person, "per_mara") is None:
            people(session, now=clock.now())
        short, long = (Story(session, now=clock.now()).delivered().order for _ in range(2))
        have = session.scalar(select(func.count()).select_from(OrderEvent).where(OrderEvent.order_id == long.id)) or 0
        for seq in range(1, 501 - have):
            session.add(
                OrderEvent(
                    order_id=long.id,
                    seq=10_000 + seq,
                    from_state=long.state,
                    to_state=long.state,
                    event="seen",
                    role="client",
                    actor_id="per_mara",
                    payload={},
                    at=clock.now(),
                )
            )
        cookie = sessions.start(session, "per_mara", ip="127.0.0.1", user_agent="bench", now=clock.now())
    return short.id, long.id, cookie


@contextlib.contextmanager
def _statements() -> Iterator[list[str]]:
    """SQL without BEGIN and COMMIT, the reads of the session and of permissions included."""
    counted: list[str] = []

    def count(_c: Any, _cur: Any, statement: str, _p: Any, _ctx: Any, _many: bool) -> None:
        counted.append(statement)

    engine = db.current().engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(engine, "before_cursor_execute", count)


def _cpu_ms(call: Callable[[], object]) -> float:
    """Median CPU time of one call in this thread, milliseconds."""
    for _ in range(WARM):
        call()
    spent = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        call()
        spent.append((time.thread_time() - began) * 1000)
    return statistics.median(spent)


def _under_slow_connections(out: Out, settings: Settings, path: str, cookie: str) -> None:
    """Good requests while 300 connections send a header byte a second and never finish."""
    stop = threading.Event()
    holder = threading.Thread(target=_hold_slow, args=(settings.base_url, stop), daemon=True)
    holder.start()
    time.sleep(3)  # all of them are open and have begun
    request = urllib.request.Request(settings.base_url + path, headers={"Cookie": f"sid={cookie}"})
    took = []
    try:
        for _ in range(60):
            began = time.perf_counter()
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
            took.append((time.perf_counter() - began) * 1000)
    finally:
        stop.set()
        holder.join()
    p95 = sorted(took)[int(len(took) * 0.95)]
    _figure(
        out,
        "pages.order.p95_under_300_slow",
        round(p95, 1),
        "ms",
        MAX_P95_MS,
        median_ms=round(statistics.median(took), 1),
    )


def _hold_slow(base_url: str, stop: threading.Event) -> None:
    address = urlsplit(base_url)
    host, port = address.hostname or "localhost", address.port or 80
    held = [socket.create_connection((host, port), timeout=5) for _ in range(SLOW_CONNECTIONS)]
    for one in held:
        one.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nX-Slow: ".encode())
    while not stop.wait(1):
        for one in held:
            with contextlib.suppress(OSError):  # the server may close a slow one: that is its right
                one.sendall(b"a")
    for one in held:
        one.close()


def _figure(out: Out, name: str, value: float, unit: str, limit: float, **facts: Any) -> None:
    out({"figure": name, "value": value, "unit": unit, "goal": f"<= {limit:g}", "met": value <= limit, **facts})
