"""Signed deliveries of events, with retries (https://docs.stripe.com/webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from standins.stripe.store import Document, Store
from standins.stripe.world import DAY_S, HOUR_S, Endpoint, Setup

ANSWER_WITHIN_S = 10.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = float(HOUR_S)
GIVE_UP_AFTER_S = 3 * DAY_S
LOOK_EVERY_S = 0.05
HELD_AT_MOST_S = 10.0
APART_S = 0.1


@dataclass(frozen=True)
class Delivery:
    ref: int
    event: Document
    endpoint: Endpoint
    attempts: int


def signature(payload: bytes, secret: str, at: int) -> str:
    """The Stripe-Signature header: https://docs.stripe.com/webhooks#verify-manually"""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Deliverer:
    """Sends what is due from a thread of its own, several at a time; order is not promised, as Stripe says."""

    def __init__(self, store: Store, setup: Setup) -> None:
        self._store = store
        self._endpoints = {endpoint.name: endpoint for endpoint in setup.endpoints}
        self._slots = ThreadPoolExecutor(setup.webhook_slots, thread_name_prefix="webhook")
        self._stopped = threading.Event()
        # What was on its way when the process ended is sent again: at least once.
        store.run("UPDATE delivery SET state = 'waiting' WHERE state = 'sending'")

    def start(self) -> None:
        """Begins delivering."""
        threading.Thread(target=self._run, name="deliverer", daemon=True).start()

    def stop(self) -> None:
        """Ends delivering; what is left stays in the store."""
        self._stopped.set()
        self._slots.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            with self._store.unit():
                self._admit()
                self._release_held()
                due = self._claim()
            for delivery in due:
                self._slots.submit(self._send, delivery)

    def _admit(self) -> None:
        for row in self._store.rows("SELECT id, event FROM delivery WHERE state = 'fresh' ORDER BY id"):
            event = self._store.get(row["event"]) or {}
            rule = self._fault(str(event.get("type")))
            fault, now = rule.get("fault"), time.time()
            if fault == "webhook_drop":
                self._set(row["id"], "dropped", note="dropped by a fault")
                continue
            if fault == "webhook_reorder":
                self._set(row["id"], "held", due=now, note=str(rule["id"]))
                continue
            delay = float(rule.get("seconds", 5)) if fault == "webhook_delay" else 0.0
            self._set(row["id"], "waiting", due=now + delay)
            if fault == "webhook_dup":
                self._store.run(
                    "INSERT INTO delivery (event, endpoint, state, attempts, due, note)"
                    " SELECT event, endpoint, 'waiting', 0, ?, 'sent twice by a fault' FROM delivery WHERE id = ?",
                    now, row["id"],
                )  # fmt: skip

    def _fault(self, kind: str) -> Document:
        for row in self._store.rows("SELECT id, rule FROM fault WHERE kind LIKE 'webhook_%' ORDER BY id"):
            rule: Document = json.loads(row["rule"])
            left = int(rule.get("count", 1))
            if left < 1 or not any(fnmatchcase(kind, each) for each in rule.get("types", ["*"])):
                continue
            if left == 1:
                self._store.run("DELETE FROM fault WHERE id = ?", row["id"])
            else:
                text = json.dumps({**rule, "count": left - 1})
                self._store.run("UPDATE fault SET rule = ? WHERE id = ?", text, row["id"])
            return {**rule, "id": row["id"]}
        return {}

    def _release_held(self) -> None:
        armed = {str(row["id"]) for row in self._store.rows("SELECT id FROM fault WHERE kind = 'webhook_reorder'")}
        now = time.time()
        held = self._store.rows("SELECT id, due, note FROM delivery WHERE state = 'held' ORDER BY id DESC")
        ready = [row for row in held if row["note"] not in armed or row["due"] + HELD_AT_MOST_S < now]
        for place, row in enumerate(ready):
            self._set(row["id"], "waiting", due=now + place * APART_S, note="reordered by a fault")

    def _claim(self) -> list[Delivery]:
        claimed: list[Delivery] = []
        sql = "SELECT * FROM delivery WHERE state = 'waiting' AND due <= ? ORDER BY due, id LIMIT 16"
        for row in self._store.rows(sql, time.time()):
            endpoint, event = self._endpoints.get(row["endpoint"]), self._store.get(row["event"])
            if endpoint is None or event is None:
                self._set(row["id"], "dropped", note="no such endpoint any more")
                continue
            self._set(row["id"], "sending")
            claimed.append(Delivery(row["id"], event, endpoint, row["attempts"]))
        return claimed

    def _send(self, delivery: Delivery) -> None:
        note = _post(delivery.endpoint, json.dumps(delivery.event, indent=2).encode())
        attempts, now = delivery.attempts + 1, time.time()
        with self._store.unit():
            self._store.run("UPDATE delivery SET attempts = ? WHERE id = ?", attempts, delivery.ref)
            if note.startswith("2"):
                self._set(delivery.ref, "delivered", note=note)
                self._count_down(str(delivery.event["id"]))
                return
            pause = min(FIRST_RETRY_S * 2.0 ** min(delivery.attempts, 20), LONGEST_RETRY_S)
            spent = LONGEST_RETRY_S * max(attempts - 12, 0)
            if spent > GIVE_UP_AFTER_S:
                self._set(delivery.ref, "failed", note=note)
            else:
                self._set(delivery.ref, "waiting", due=now + pause, note=note)

    def _count_down(self, ref: str) -> None:
        event = self._store.get(ref)
        if event is not None:
            left = max(event["pending_webhooks"] - 1, 0)
            self._store.save({**event, "pending_webhooks": left})

    def _set(self, ref: int, state: str, *, due: float | None = None, note: str = "") -> None:
        self._store.run(
            "UPDATE delivery SET state = ?, note = ?, due = coalesce(?, due) WHERE id = ?", state, note, due, ref
        )


def _post(endpoint: Endpoint, payload: bytes) -> str:
    """The status line of one delivery, or why there was none; redirects are not followed, as with Stripe."""
    where = urlsplit(endpoint.url)
    maker = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
    wire = maker(where.hostname or "", where.port, timeout=ANSWER_WITHIN_S)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        # Receivers compare this with their own clock, so it is wall time whatever the stand-in's clock says.
        "Stripe-Signature": signature(payload, endpoint.secret, int(time.time())),
    }
    try:
        wire.request("POST", where.path or "/", body=payload, headers=headers)
        reply = wire.getresponse()
        reply.read()
        return f"{reply.status} {reply.reason}"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"
    finally:
        wire.close()
