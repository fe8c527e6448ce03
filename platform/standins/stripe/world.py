"""What one request sees and changes: objects, the clock, and the events that follow."""

from __future__ import annotations

import copy
import json
import time
from dataclasses import dataclass, field

from standins.stripe import ids, resources
from standins.stripe.contract import api_version
from standins.stripe.errors import missing
from standins.stripe.store import Document, Store

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@dataclass(frozen=True)
class Endpoint:
    """One webhook endpoint: where to, signed with what, for which events."""

    name: str
    url: str
    secret: str
    types: frozenset[str]
    connect: bool


@dataclass(frozen=True)
class Setup:
    """How this process was started."""

    public_url: str
    secret_key: str
    endpoints: tuple[Endpoint, ...] = ()
    country: str = "US"
    settlement_days: int = 2
    webhook_slots: int = 4


@dataclass
class World:
    """The stand-in as one caller sees it at one instant; `account` is empty for the platform itself."""

    store: Store
    setup: Setup
    now: int
    account: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    emitted: list[str] = field(default_factory=list)

    def get(self, kind: str, ref: str, *, param: str = "id") -> Document:
        """The object of this kind with this id, in the caller's account; refuses as Stripe does when there is none."""
        found = self.store.get(ref)
        if found is None or found["object"] != kind or not self._is_mine(ref, kind):
            raise missing(kind.replace("checkout.session", "checkout.session"), ref, param=param)
        return found

    def create(
        self, kind: str, fields: Document, *, inner: Document | None = None, account: str | None = None
    ) -> Document:
        """A new object with an id of its own, its nullable fields filled in."""
        prefix = fields.pop("_prefix", kind)
        document = resources.complete({"id": ids.new(prefix), "object": kind, **fields})
        where = self.account if account is None else account
        self.store.put(document, kind=kind, account=where, created=self.now, inner=inner or {})
        return document

    def change(self, document: Document, event: str | None = None, **changes: object) -> Document:
        """The object with new values, stored; an event, if named, tells what they were before."""
        before = {name: copy.deepcopy(document[name]) for name in changes if document[name] != changes[name]}
        document.update(changes)
        self.store.save(document)
        if event is not None:
            self.emit(event, document, before=before)
        return document

    def emit(self, kind: str, document: Document, *, before: Document | None = None) -> Document:
        """An event about an object as it is now, stored and queued for every endpoint that listens to its type."""
        if kind not in resources.event_types():
            raise LookupError(f"{kind} is not an event type of the installed SDK")
        account = self.store.account_of(str(document["id"])) or (document["id"] if kind == "account.updated" else "")
        if kind == "capability.updated":
            account = document["account"]
        return self._send(kind, document, before=before, account=str(account))

    def emit_about(self, account: str, kind: str, document: Document) -> Document:
        """An event that a connected account tells the platform about itself."""
        return self._send(kind, document, before=None, account=account)

    def tip(self, fault: str, **facts: object) -> Document | None:
        """The first armed fault of this kind whose rule fits these facts; it is used up by asking."""
        for row in self.store.rows("SELECT id, rule FROM fault WHERE kind = ? ORDER BY id", fault):
            rule = json.loads(row["rule"])
            if any(name in rule and rule[name] != value for name, value in facts.items()):
                continue
            left = int(rule.get("count", 1)) - 1
            if left > 0:
                self.store.run("UPDATE fault SET rule = ? WHERE id = ?", json.dumps({**rule, "count": left}), row["id"])
            else:
                self.store.run("DELETE FROM fault WHERE id = ?", row["id"])
            return dict(rule)
        return None

    def _send(self, kind: str, document: Document, *, before: Document | None, account: str) -> Document:
        data: Document = {"object": copy.deepcopy(document)}
        if before is not None:
            data["previous_attributes"] = before
        listeners = [each for each in self.setup.endpoints if kind in each.types and each.connect == bool(account)]
        fields: Document = {
            "api_version": api_version(),
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(listeners),
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": kind,
        }
        if account:
            fields["account"] = account
        event = self.create("event", fields, account=account)
        for endpoint in listeners:
            self.store.run(
                "INSERT INTO delivery (event, endpoint, state, attempts, due, note) VALUES (?, ?, 'fresh', 0, ?, '')",
                event["id"], endpoint.name, time.time(),
            )  # fmt: skip
        self.emitted.append(str(event["id"]))
        return event

    def _is_mine(self, ref: str, kind: str) -> bool:
        # An account object is the platform's to read although what happens in it is the account's own.
        return kind == "account" or self.store.account_of(ref) == self.account
