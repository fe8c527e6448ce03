"""The money desk of the tests: Mara pays, Ivo is paid, the payment provider's stand-in runs as a process.

Jobs are run here one by one, in the order in which a worker would take them, so that a test says when.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from headroom import clock
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.db import Database, reading, unit
from headroom.gateways.stripe import Stripe
from headroom.gateways.stripe_facts import ProviderTransfer
from headroom.ids import new_id
from headroom.ledger import journals, payees, payments, payouts, refunds
from headroom.ledger.models import Charge, LedgerAlarm, Payee, Payment, PaymentAttempt, PayoutLeg, Refund
from headroom.ledger.split import PLATFORM, Share
from headroom.money import Money
from tests.standins.peers import ask
from worker.app import queue
from worker.reactions import PaymentReactions

MARA = Actor("per_mara")
IVO, LENA = Actor("per_ivo"), Actor("per_lena")
SHARES = (Share("per_ivo", 8000), Share("per_lena", 800), Share(PLATFORM, 1200))
PRICE = Money(200_00, "USD")
OUR_JOBS = ("ledger.", "effects.")
SECRETS = {"/webhooks/stripe": "whsec_platform", "/webhooks/stripe-connect": "whsec_connect"}


@dataclass
class Heard:
    """What the owner of the purpose was told, in order."""

    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def reactions(self) -> PaymentReactions:
        return PaymentReactions(**{name: self._note(name) for name in PaymentReactions.__dataclass_fields__})

    def _note(self, what: str) -> Callable[..., None]:
        def note(session: Session, subject_id: str, *, fact: Any, now: datetime) -> None:
            self.told.append((what, subject_id, dict(fact)))

        return note

    def of(self, subject_id: str) -> list[str]:
        return [what for what, about, _ in self.told if about == subject_id]


@dataclass
class Desk:
    """One test's site, its database and its access to the provider."""

    database: Database
    provider: Stripe
    url: str
    heard: Heard

    def people(self) -> Desk:
        with unit(Actor.system("test")) as session:
            for name in ("mara", "ivo", "lena", "otto"):
                session.add(
                    Person(
                        id=f"per_{name}", email=f"{name}@studio.test", display_name=name.title(), locale="en",
                        email_verified_at=clock.now(), time_zone="UTC", theme="system", age_rule="16",
                        created_at=clock.now(),
                    )
                )  # fmt: skip
        return self

    def opened(self, subject_id: str | None = None, *, price: Money = PRICE) -> PaymentAttempt:
        """Unit 1 of paying: the intent is committed."""
        now = clock.now()
        with unit(MARA) as session:
            return payments.open_attempt(
                session, purpose="test", subject_id=subject_id or new_id("ord"), payer_id="per_mara", price=price,
                title="Mix of Night Bus", shares=SHARES, return_path="/orders/1", cancel_path="/orders/1",
                expires_at=now + timedelta(hours=24), by=MARA, now=now,
            )  # fmt: skip

    def started(self, attempt_id: str) -> str:
        """The door's half of starting a checkout; the checkout's id."""
        with reading() as session:
            prepared = payments.prepare_checkout(session, attempt_id, base_url="http://localhost:8600")
        found = self.provider.open_checkout(prepared.request, key=prepared.key)
        with unit(Actor.system("checkout")) as session:
            payments.checkout_opened(session, attempt_id, found, now=clock.now())
        return found.id

    def buyer(self, checkout_id: str, act: str = "pay") -> None:
        answer = ask(self.url + "/_pay", {"session": checkout_id, "act": act})
        assert "error" not in answer, answer

    def fault(self, name: str, **rule: Any) -> Any:
        return ask(self.url + "/_faults", {"fault": name, **rule})

    def paid(self, subject_id: str | None = None, *, price: Money = PRICE) -> PaymentAttempt:
        """A payment whose money is held: paid at checkout, looked at, booked."""
        attempt = self.opened(subject_id, price=price)
        self.buyer(self.started(attempt.id))
        self.run("ledger.look_at_attempt", attempt_id=attempt.id)
        return attempt

    def onboarded(self, person_id: str, *, is_finished: bool = True) -> str:
        """A payee with an account at the provider, able to receive unless `is_finished` is off."""
        now = clock.now()
        with unit(Actor.system("test")) as session:
            prepared = payees.start_onboarding(session, person_id=person_id, country="DE", by=IVO, now=now)
        assert prepared is not None
        account = self.provider.create_account(country="DE", person_id=person_id, key=prepared.key)
        with unit(Actor.system("test")) as session:
            payees.account_opened(session, person_id, account, now=now)
        if is_finished:
            self.finish_onboarding(account.id)
        return account.id

    def finish_onboarding(self, account_id: str) -> None:
        ask(self.url + "/_onboard", {"account": account_id})
        with unit(Actor.system("test")) as session:
            payees.account_seen(session, self.provider.fetch_account(account_id), now=clock.now())

    def release(self, subject_id: str) -> None:
        with unit(IVO) as session:
            payouts.release(session, purpose="test", subject_id=subject_id, by=IVO, now=clock.now())

    def refund(self, subject_id: str, amount_minor: int) -> Refund:
        with unit(IVO) as session:
            return refunds.plan_refund(
                session, purpose="test", subject_id=subject_id, amount_minor=amount_minor, reason="cancelled",
                by=IVO, now=clock.now(),
            )  # fmt: skip

    def run(self, name: str, **args: Any) -> None:
        """Run one task by name, as a worker would."""
        queue.tasks[name].func(**args)

    def work(self) -> None:
        """Run the ledger's waiting jobs until none is left; other rooms' jobs stay."""
        while job := self._take():
            self.run(job[0], **job[1])

    def _take(self) -> tuple[str, dict[str, Any]] | None:
        with self.database.engine.begin() as connection:
            row = connection.execute(
                text(
                    "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs WHERE status = 'todo'"
                    " AND (task_name LIKE 'ledger.%' OR task_name LIKE 'effects.%')"
                    " AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY priority DESC, id LIMIT 1)"
                    " RETURNING task_name, args"
                )
            ).one_or_none()
        return (row.task_name, row.args) if row is not None else None

    def waiting(self) -> list[str]:
        with self.database.engine.connect() as connection:
            return list(connection.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'")))

    def effects_are_due(self) -> None:
        """Let the time pass after which effects without an answer are tried again."""
        with self.database.engine.begin() as connection:
            connection.execute(
                text("UPDATE effect SET next_try_at = now() - interval '1 second' WHERE settled_at IS NULL")
            )
            ids = connection.scalars(text("SELECT id FROM effect WHERE settled_at IS NULL")).all()
        for effect_id in ids:
            self.run("effects.perform", effect_id=effect_id)

    def balances(self) -> dict[str, int]:
        """Every account that is not at zero, in the sign people read, without subjects and currencies."""
        found: dict[str, int] = {}
        with reading() as session:
            for line in journals.trial_balance(session):
                name = f"{line.kind}/{line.owner}".rstrip("/")
                found[name] = found.get(name, 0) + line.natural_minor
        return found

    def payment(self, subject_id: str) -> Payment:
        with reading() as session:
            return payments.payment_of(session, "test", subject_id)

    def attempt(self, attempt_id: str) -> PaymentAttempt:
        with reading() as session:
            return payments.get_attempt(session, attempt_id)

    def rows(self, model: type[Any]) -> list[Any]:
        with reading() as session:
            return list(session.query(model).all())

    def leg(self, party: str) -> PayoutLeg:
        found: PayoutLeg = next(leg for leg in self.rows(PayoutLeg) if leg.party == party)
        return found

    def charge(self) -> Charge:
        found: Charge = self.rows(Charge)[0]
        return found

    def transfers(self, party: str) -> list[ProviderTransfer]:
        """What the provider sent for a party's leg; other tests' legs of the same group are not it."""
        leg = self.leg(party)
        listed = self.provider.find_transfers(self.charge().subject)
        return [found for found in listed if found.metadata["leg"] == leg.id]

    def payee(self, person_id: str) -> Payee:
        with reading() as session:
            return session.get_one(Payee, person_id)

    def alarms(self) -> list[str]:
        return [alarm.kind for alarm in self.rows(LedgerAlarm)]


def event_body(kind: str, subject: dict[str, Any], **changes: Any) -> bytes:
    """An event as the provider would send it about an object."""
    body = {
        "id": new_id("evt"), "object": "event", "type": kind, "created": int(time.time()), "livemode": False,
        "api_version": "2026-10-28.endive", "data": {"object": subject}, **changes,
    }  # fmt: skip
    return json.dumps(body).encode()


def signature(raw: bytes, *, secret: str = "whsec_platform", at: datetime | None = None) -> str:
    stamp = int((at or datetime.now(UTC)).timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"
