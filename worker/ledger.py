"""Jobs of the ledger: read again what an event hints at, book it, let others react; sweep for what was lost.

| job                     | when            | what                                                               |
|-------------------------|-----------------|--------------------------------------------------------------------|
| ledger.sweep_attempts   | every 5 min     | attempts not looked at for 10 min; stored events whose job is lost |
| ledger.sweep_events     | every 10 min    | the provider's own list of events, in case webhooks were lost      |
| ledger.reconcile        | nightly, 03:10  | our books against the provider's, to the cent; solvency            |
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import clock, failpoints, jobs
from headroom.db import reading, unit
from headroom.gateways.stripe import Stripe
from headroom.gateways.stripe_errors import ProviderRefused
from headroom.gateways.stripe_facts import ProviderTransfer
from headroom.ledger import events, facts, letters, observing, payees, payments, payouts, reconciling
from headroom.ledger.alarms import AlarmKind, raise_alarm
from headroom.ledger.deals import Opened
from headroom.ledger.errors import Overdrawn
from headroom.ledger.events import EventState, Hint
from headroom.ledger.models import PaymentAttempt, PayoutLeg, Refund
from headroom.ledger.observing import Happened, Happening, Sight, as_movement
from headroom.ledger.reconciling import Reconciliation
from headroom.settings import read_settings
from worker.app import TIMER, WORKER, periodic, task
from worker.reactions import PAYMENT_REACTIONS

log = logging.getLogger(__name__)

LOOK_AGAIN_AFTER = timedelta(minutes=10)
MOVEMENTS_OVERLAP = timedelta(days=1)
BEFORE_ALL_MONEY = datetime(2011, 1, 1, tzinfo=UTC)  # the provider opened in that year; its lists go back as far


def provider() -> Stripe:
    """The payment provider of this process's settings."""
    return Stripe.from_settings(read_settings())


@task("ledger.handle_event")
def handle_event(event_id: str) -> None:
    """Read again what a stored event hints at. Handled twice, it finds nothing new."""
    with reading() as session:
        hint = events.hint_of(session, event_id)
    if hint is None:
        return
    state = _follow(hint)
    with unit(WORKER) as session:
        events.handled(session, event_id, state, now=clock.now())
        if state is EventState.ORPHAN:
            told = {"event_id": event_id, "type": hint.type}
            raise_alarm(session, AlarmKind.ORPHAN_EVENT, hint.object_id or event_id, told, now=clock.now())


def _follow(hint: Hint) -> EventState:
    if hint.about == "payment":
        attempt_id = _attempt_behind(hint)
        if attempt_id is None:
            return EventState.ORPHAN
        look(attempt_id)
    elif hint.about == "transfer" and hint.group is not None:
        look_at_transfers(hint.group)
    elif hint.about == "account" and hint.account is not None:
        return EventState.HANDLED if look_at_account(hint.account) else EventState.ORPHAN
    else:
        return EventState.UNKNOWN
    return EventState.HANDLED


def _attempt_behind(hint: Hint) -> str | None:
    """The attempt that an event about money belongs to, by our own rows, else by what the provider's object says."""
    is_checkout = hint.type.startswith("checkout.session.")
    checkout_id = hint.object_id if is_checkout else None
    with reading() as session:
        known = observing.attempt_of(session, checkout_id=checkout_id, intent_id=hint.intent_id)
    if known is not None:
        return known
    try:
        if checkout_id is not None:
            named = provider().fetch_checkout(checkout_id).metadata.get("attempt")
        else:
            named = provider().fetch_payment(hint.intent_id or "").metadata.get("attempt") if hint.intent_id else None
    except ProviderRefused:  # no such object, or not ours to read
        return None
    with reading() as session:
        return named if named is not None and session.get(PaymentAttempt, named) is not None else None


@task("ledger.look_at_attempt")
def look(attempt_id: str) -> None:
    """Read an attempt's objects at the provider, book what they show and let others react, in one unit."""
    with reading() as session:
        checkout_id = payments.get_attempt(session, attempt_id).checkout_id
    if checkout_id is None:  # the effect that opens it has not come back yet, and looks again itself
        return
    sight = _see(checkout_id)
    try:
        with unit(WORKER) as session:
            react(session, observing.observe(session, attempt_id, sight, now=clock.now()))
            failpoints.hit("ledger.booking")
    except Overdrawn as error:
        with unit(WORKER) as session:
            raise_alarm(session, AlarmKind.OVERDRAWN, attempt_id, dict(error.values), now=clock.now())
        return
    failpoints.hit("ledger.booked")


def _see(checkout_id: str) -> Sight:
    checkout = provider().fetch_checkout(checkout_id)
    if checkout.intent_id is None:
        return Sight(checkout, None)
    payment = provider().fetch_payment(checkout.intent_id)
    is_disputed = payment.charge is not None and payment.charge.is_disputed
    return Sight(checkout, payment, provider().fetch_disputes(payment.id) if is_disputed else ())


def react(session: Session, happened: Sequence[Happened]) -> None:
    """Tell whoever owns the purpose, in this transaction, and the payer by mail."""
    for one in happened:
        reactions = PAYMENT_REACTIONS[one.purpose]
        now = clock.now()
        getattr(reactions, one.what.value)(session, one.subject_id, fact=one.fact, now=now)
        _write_to_payer(session, one)


def _write_to_payer(session: Session, one: Happened) -> None:
    if one.what not in (Happening.PAID, Happening.REFUND_SETTLED):
        return
    payment = payments.payment_of(session, one.purpose, one.subject_id)
    if one.what is Happening.PAID:
        letters.receipt(session, payment, now=clock.now())
        return
    refund = session.get_one(Refund, str(one.fact["refund_id"]))
    letters.refunded(session, payment, refund, now=clock.now())


@task("ledger.legs_looked_at")
def legs_looked_at(charge_id: str) -> None:
    """After a release: when every leg was parked at once, nothing else would say that the waiting is over."""
    with unit(WORKER) as session:
        say_if_settled(session, payouts.locked_charge(session, charge_id))


def say_if_settled(session: Session, held: Opened) -> None:
    """Tell the subject once that all its legs are sent or parked."""
    if payouts.settle_legs(session, held, now=clock.now()):
        payment = held.payment
        told: dict[str, object] = {leg.party: leg.state for leg in held.legs.values()}
        react(session, [Happened(Happening.LEGS_SETTLED, payment.purpose, payment.subject_id, {"legs": told})])


@task("ledger.wake_legs")
def wake_legs(person_id: str) -> None:
    """Start the parked legs of a payee who can receive now, one unit each."""
    with reading() as session:
        waiting = payouts.wake(session, person_id)
    for leg_id in waiting:
        with unit(WORKER) as session:
            held, leg = payouts.locked_leg(session, leg_id)
            payouts.start_leg(session, held, leg, now=clock.now())


def look_at_account(account_id: str) -> bool:
    """Read a payee's account again; False when it is not one of ours."""
    try:
        account = provider().fetch_account(account_id)
    except ProviderRefused:  # the payee cut the connection: what we knew of the account no longer holds
        with unit(WORKER) as session:
            return payees.account_lost(session, account_id, now=clock.now())
    with unit(WORKER) as session:
        return payees.account_seen(session, account, now=clock.now()) is not None


@task("ledger.look_at_transfers")
def look_at_transfers(group: str) -> None:
    """Book every transfer and reversal of a group that is not booked yet."""
    for found in provider().find_transfers(group):
        leg_id = found.metadata.get("leg")
        with unit(WORKER) as session:
            leg = session.get(PayoutLeg, leg_id) if leg_id is not None else None
            if leg is not None:
                book_transfer(session, leg.id, found)


def book_transfer(session: Session, leg_id: str, found: ProviderTransfer) -> None:
    """Book a transfer that the provider shows, with its reversals, and say when all legs are settled."""
    held, leg = payouts.locked_leg(session, leg_id)
    now = clock.now()
    amount_minor = int(found.metadata["amount_minor"])  # in the charge's currency, as we asked
    if found.movement is not None:
        moved = as_movement(found.movement)
        payouts.sent(session, held, leg, facts.Transferred(found.id, leg.party, amount_minor, moved), now=now)
    for back in found.reversals:
        if back.movement is not None:
            part_minor = back.amount_minor * amount_minor // found.amount_minor
            fact = facts.Reversed(back.id, found.id, leg.party, part_minor, as_movement(back.movement))
            payouts.reversed_back(session, held, leg, fact, now=now)
    say_if_settled(session, held)


@periodic("ledger.sweep_attempts", cron="*/5 * * * *")
def sweep_attempts() -> None:
    """Look again at attempts whose webhook may be late or lost, and take up events whose job was lost."""
    now = clock.now()
    with unit(TIMER) as session:
        stale = session.scalars(
            select(PaymentAttempt.id).where(
                PaymentAttempt.state.in_(payments.LIVE), PaymentAttempt.looked_at < now - LOOK_AGAIN_AFTER
            )
        )
        for attempt_id in stale:
            name = f"attempt:{attempt_id}"
            jobs.enqueue(session, "ledger.look_at_attempt", queueing_lock=name, lock=name, attempt_id=attempt_id)
        for event_id in events.forgotten(session, now=now):
            jobs.enqueue(session, events.HANDLE, queueing_lock=f"event:{event_id}", event_id=event_id)


@periodic("ledger.sweep_events", cron="*/10 * * * *")
def sweep_events() -> None:
    """Store what the provider lists and we never received. Newest first, so the cursor moves last."""
    with reading() as session:
        since = events.read_since(session, "events", first=clock.wall_now() - events.KEPT_BY_PROVIDER)
    listed = list(provider().events(since=since))
    for event in listed:
        with unit(TIMER) as session:
            events.store(session, event, endpoint="sweep", raw=None, now=clock.now())
    newest = max((event.created_at for event in listed), default=None)
    with unit(TIMER) as session:
        events.read_to(session, "events", newest, now=clock.now())


@periodic("ledger.reconcile", cron="10 3 * * *")
def reconcile_nightly() -> None:
    """Compare the books with the provider's; every difference is an alarm."""
    reconcile()


def reconcile() -> Reconciliation:
    """One comparison, now."""
    with reading() as session:
        since = events.read_since(session, "movements", first=BEFORE_ALL_MONEY) - MOVEMENTS_OVERLAP
    holds = provider().balance()
    movements = list(provider().balance_movements(since=since))
    newest = max((moved.created_at for moved in movements), default=None)
    with unit(TIMER) as session:
        count = reconciling.take_in(session, movements, now=clock.now())
        events.read_to(session, "movements", newest, now=clock.now())
        float_minor = read_settings().operating_float_minor
        found = reconciling.reconcile(
            session,
            movements=count,
            provider_holds=holds,
            float_minor=float_minor,
            now=clock.now(),
            wall_now=clock.wall_now(),
        )
    log.info("reconciled %s movements: %s", found.movements, "agrees" if found.agrees else found)
    return found
