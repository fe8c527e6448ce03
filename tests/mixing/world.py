"""The people of the tests and an order brought to any point of its life by the product's own verbs.

Mara is the client, Ivo the engineer, Lena another engineer, Otto a stranger, Ada works here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.accounts import capabilities
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.audio.facts import AudioFacts, Codec, Container, Silence
from headroom.files.models import FilePreview, StoredFile
from headroom.gateways import stripe_facts as seen
from headroom.ledger import observing
from headroom.ledger.models import PaymentAttempt
from headroom.mixing import checkout, offers, orders, studio
from headroom.mixing.access import FileRole
from headroom.mixing.checkout import Witness
from headroom.mixing.models import Delivery, Order, OrderFile
from headroom.mixing.offers import Brief, Terms

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FEE_BP = 1_200
AGREED = Witness(agreed=True, locale="en", ip="192.0.2.7", user_agent="tests")

MARA, IVO, LENA, OTTO = (Actor(f"per_{name}") for name in ("mara", "ivo", "lena", "otto"))
ADA = Actor("per_ada", capabilities=frozenset({"staff"}))

FACTS = AudioFacts(
    container=Container.WAV, codec=Codec.PCM_INT, sample_rate_hz=48_000, bit_depth=24, channels=2,
    channel_mask=None, frames=48_000 * 120, duration_s=120.0, file_bytes=34_560_044, declared_bytes=34_560_000,
    real_bytes=34_560_000, trailing_bytes=0, chunks=("fmt ", "data"), remarks=(), bext_time_reference=None,
    sampler_loops=0, integrated_lufs=-16.0, loudness_range_lu=6.0, momentary_max_lufs=-12.0,
    short_term_max_lufs=-13.0, true_peak_dbtp=-3.5, sample_peak_dbfs=-4.0, rms_dbfs=-18.0, clip_runs=0,
    clip_positions=(), dc_offset=(0.0, 0.0), correlation=0.5, channel_balance_db=0.1, identical_channels=False,
    significant_bits=24, nonfinite_samples=0, silence=Silence(False, 0.0, 0.0, (), 0, (), 0),
)  # fmt: skip
TERMS = Terms(price_minor=20_000, turnaround_days=7, revisions=2, deliverables=("mix",), note="One mix, by hand.")


def people(session: Session, *, now: datetime = NOON) -> None:
    """Everyone, Ivo and Lena as published engineers with one package each."""
    for name in ("mara", "ivo", "lena", "otto", "ada"):
        session.add(
            Person(
                id=f"per_{name}", email=f"{name}@example.test", email_verified_at=now, display_name=name.title(),
                locale="en", time_zone="Europe/Berlin", theme="system", age_rule="16", created_at=now,
            )
        )  # fmt: skip
    session.flush()
    for actor, name in ((IVO, "Ivo"), (LENA, "Lena")):
        studio.save_profile(
            session,
            studio.Profile(name.lower(), f"{name} Mixes", "Warm and wide", "Twenty years at a desk.", ("indie",)),
            by=actor,
            now=now,
        )
        capabilities.grant(session, actor.person_id or "", capabilities.ENGINEER, by=ADA, now=now)
        studio.publish_package(session, TERMS, title="A mix", by=actor, now=now)
        studio.publish(session, by=actor, now=now)


@dataclass
class Story:
    """One order and the time in it; each step is a verb of the product."""

    session: Session
    now: datetime = NOON
    order: Order = field(init=False)
    files: int = 0

    def draft(self) -> Story:
        brief = Brief("Night Bus", "The Lamps", "Keep the vocal close.", ("drums", "bass"))
        self.order = offers.begin(self.session, "per_ivo", brief, by=MARA, now=self.now)
        return self

    def quoting(self) -> Story:
        self.draft()
        offers.request_quote(self.session, self.order, by=MARA, now=self.now)
        return self

    def offered(self, terms: Terms = TERMS) -> Story:
        self.quoting()
        offers.send_offer(self.session, self.order, terms, fee_bp=FEE_BP, by=IVO, now=self.now)
        return self

    def accepted(self, terms: Terms = TERMS) -> Story:
        self.offered(terms)
        offers.accept_offer(self.session, self.order, number=1, by=MARA, now=self.now)
        return self

    def paid(self, terms: Terms = TERMS) -> Story:
        self.accepted(terms)
        self.pay()
        return self

    def onward_from_draft(self) -> Story:
        """From the draft at hand to its first delivery."""
        offers.request_quote(self.session, self.order, by=MARA, now=self.now)
        offers.send_offer(self.session, self.order, TERMS, fee_bp=FEE_BP, by=IVO, now=self.now)
        offers.accept_offer(self.session, self.order, number=1, by=MARA, now=self.now)
        self.pay()
        self.add_file(FileRole.STEM, "drums.wav")
        orders.submit_files(self.session, self.order, note_to_engineer="", by=MARA, now=self.now)
        orders.accept_files(self.session, self.order, by=IVO, now=self.now)
        self.deliver()
        return self

    def pay(self) -> None:
        attempt = checkout.pay(self.session, self.order, witness=AGREED, by=MARA, now=self.now)
        money_arrives(self.session, self.order, attempt, now=self.now)
        checkout.paid(self.session, self.order.id, fact={}, now=self.now)

    def submitted(self, terms: Terms = TERMS) -> Story:
        self.paid(terms)
        self.add_file(FileRole.STEM, "drums.wav")
        self.add_file(FileRole.STEM, "bass.wav")
        orders.submit_files(self.session, self.order, note_to_engineer="", by=MARA, now=self.now)
        return self

    def working(self, terms: Terms = TERMS) -> Story:
        self.submitted(terms)
        orders.accept_files(self.session, self.order, by=IVO, now=self.now)
        return self

    def delivered(self, terms: Terms = TERMS) -> Story:
        self.working(terms)
        self.deliver()
        return self

    def deliver(self, facts: AudioFacts = FACTS) -> Delivery:
        self.add_file(FileRole.DELIVERY, "mix.wav", facts=facts)
        return orders.deliver(
            self.session, self.order, words="Here it is.", acknowledged=(), arrangement_changed=False,
            by=IVO, now=self.now,
        )  # fmt: skip

    def later(self, delta: timedelta) -> Story:
        self.now += delta
        return self

    def add_file(self, role: FileRole, name: str, *, facts: AudioFacts | None = FACTS, state: str = "ready") -> str:
        """A file as the worker leaves it after its check."""
        self.files += 1
        by = IVO if role is FileRole.DELIVERY else MARA
        sha256 = hashlib.sha256(f"{self.order.id}{self.files}".encode()).hexdigest()
        file = StoredFile(
            owner_id=by.person_id, scope_kind="order", scope_id=self.order.id, purpose=role.value,
            original_name=name, content_type="audio/wav", byte_size=34_560_044, sha256=sha256, state=state,
            state_at=self.now, facts=facts.to_json() if facts else None, created_at=self.now,
            findings=None if facts else {"code": "truncated", "values": {}},
        )  # fmt: skip
        self.session.add(file)
        self.session.flush()
        self.session.add(
            OrderFile(
                file_id=file.id, order_id=self.order.id, role=role, added_by=by.person_id, added_at=self.now,
                deliverable="mix" if role is FileRole.DELIVERY else None,
            )
        )  # fmt: skip
        self.session.add(
            FilePreview(file_id=file.id, format="mp3", content_type="audio/mpeg", byte_size=9, stored_at=self.now)
        )
        self.session.flush()
        return file.id


def money_arrives(session: Session, order: Order, attempt: PaymentAttempt, *, now: datetime) -> None:
    """The provider shows a succeeded charge of exactly the price; the ledger books it."""
    observing.observe(session, attempt.id, _sight(order, attempt.id, now=now), now=now)


def money_is_disputed(session: Session, order: Order, *, now: datetime) -> None:
    """The payer's bank took the money back until a dispute is settled."""
    attempt_id = session.scalars(select(PaymentAttempt.id).where(PaymentAttempt.state == "paid")).one()
    price, currency = order.price_minor or 0, order.currency
    taken = seen.BalanceMovement("txn_dp", "adjustment", "dp_1", -price, 1_500, currency, now, now)
    dispute = seen.ProviderDispute("dp_1", "needs_response", price, currency, (taken,))
    sight = replace(_sight(order, attempt_id, now=now), disputes=(dispute,))
    observing.observe(session, attempt_id, sight, now=now)


def _sight(order: Order, attempt_id: str, *, now: datetime) -> observing.Sight:
    price, currency = order.price_minor or 0, order.currency
    about = {"subject": f"order:{order.id}", "attempt": attempt_id}
    moved = seen.BalanceMovement(f"txn_{attempt_id}", "charge", "ch", price, 610, currency, now, now)
    charge = seen.ProviderCharge(
        f"ch_{attempt_id}", "succeeded", price, price, currency, moved, "visa ····4242", False, ()
    )
    intent = seen.ProviderPayment(
        f"pi_{attempt_id}", "succeeded", price, currency, about["subject"], about, charge, None
    )
    page = seen.Checkout(
        f"cs_{attempt_id}", None, "complete", "paid", intent.id, price, currency, about["subject"], about, now
    )
    return observing.Sight(page, intent)


def clipped(facts: AudioFacts = FACTS) -> AudioFacts:
    return replace(facts, clip_runs=4)
