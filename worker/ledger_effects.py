"""Calls to the payment provider that the ledger planned: one performer per kind of effect.

Each calls with the effect's own key, then books what came back and settles the effect in one unit. A worker
killed in between performs the effect again with the same key and gets the same answer; once the provider may
have forgotten the key, it looks first whether the call arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from headroom import clock, failpoints
from headroom.db import reading, unit
from headroom.effects import settling
from headroom.effects.settling import Claim
from headroom.gateways.stripe import TransferRequest
from headroom.gateways.stripe_errors import ProviderBusy, ProviderRefused
from headroom.gateways.stripe_facts import ProviderTransfer
from headroom.ledger import payees, payments, payouts, refunds
from headroom.ledger.alarms import AlarmKind, raise_alarm
from headroom.ledger.errors import PaymentClosed
from headroom.ledger.models import Charge, PayoutLeg, Refund
from headroom.settings import read_settings
from worker.app import WORKER
from worker.effects import performs
from worker.ledger import book_transfer, look, provider, say_if_settled


@performs(payments.CHECKOUT_EFFECT)
def open_checkout(claim: Claim) -> None:
    """Finish what a door began and did not live to store; the payer finds the address when they come back."""
    attempt_id = str(claim.params["attempt_id"])
    try:
        with reading() as session:
            prepared = payments.prepare_checkout(session, attempt_id, base_url=read_settings().base_url)
    except PaymentClosed as error:
        _give_up(claim, error.code)
        return
    if claim.must_look_up:  # a checkout lives no longer than its key: whatever was opened has ended unpaid
        _give_up(claim, "key_forgotten")
        return
    found = provider().open_checkout(prepared.request, key=claim.idempotency_key)
    failpoints.hit("ledger.checkout.asked")
    with unit(WORKER) as session:
        payments.checkout_opened(session, attempt_id, found, now=clock.now())
    look(attempt_id)


@performs(payments.EXPIRE_EFFECT)
def expire_checkout(claim: Claim) -> None:
    """Close a checkout; one that was completed meanwhile is looked at, and its money goes back by itself."""
    try:
        provider().expire_checkout(str(claim.params["checkout_id"]))
    except ProviderRefused:
        look(str(claim.params["attempt_id"]))
    _done(claim, str(claim.params["checkout_id"]))


@performs(refunds.REFUND_EFFECT)
def make_refund(claim: Claim) -> None:
    """Ask for a refund, then read the whole payment again and book what it shows."""
    refund_id, intent_id = str(claim.params["refund_id"]), str(claim.params["intent_id"])
    attempt_id = _attempt_of_refund(refund_id)
    if claim.must_look_up:
        look(attempt_id)
        arrived = _arrived(refund_id)
        _done(claim, arrived) if arrived is not None else _renew(claim)
        return
    try:
        with _asking(claim):
            found = provider().refund(
                intent_id=intent_id,
                amount_minor=int(claim.params["amount_minor"]),
                metadata={"refund": refund_id, "effect": claim.effect_id},
                key=claim.idempotency_key,
            )
    except ProviderRefused as error:
        look(attempt_id)  # it may have been refunded at the provider directly
        _refused(claim, AlarmKind.REFUND_FAILED, refund_id, error)
        return
    failpoints.hit("ledger.refund.sent")
    look(attempt_id)
    _done(claim, found.id)


@performs(payouts.TRANSFER_EFFECT)
def make_transfer(claim: Claim) -> None:
    """Send one leg. The charge's own funds pay for it, so it never waits for the platform's balance."""
    leg_id = str(claim.params["leg_id"])
    if claim.must_look_up:
        found = _find_transfer(claim)
        if found is None:
            _renew(claim)
            return
    else:
        try:
            with _asking(claim):
                found = provider().create_transfer(_transfer_request(claim), key=claim.idempotency_key)
        except ProviderRefused as error:
            _park(claim, leg_id, error)
            return
    failpoints.hit("ledger.transfer.sent")
    with unit(WORKER) as session:
        book_transfer(session, leg_id, found)
        settling.settle(session, claim.effect_id, provider_ref=found.id, now=clock.now())
        failpoints.hit("ledger.transfer.booking")
    failpoints.hit("ledger.transfer.booked")


@performs(payouts.REVERSE_EFFECT)
def reverse_transfer(claim: Claim) -> None:
    """Take back what a party has too much. When the party has spent it, it stays owed and staff is told."""
    leg_id = str(claim.params["leg_id"])
    if not claim.must_look_up:
        try:
            with _asking(claim):
                provider().reverse_transfer(
                    str(claim.params["transfer_id"]),
                    amount_minor=int(claim.params["settled_minor"]),
                    metadata={"leg": leg_id, "effect": claim.effect_id},
                    key=claim.idempotency_key,
                )
        except ProviderRefused as error:
            _refused(claim, AlarmKind.TRANSFER_REFUSED, leg_id, error)
            return
        failpoints.hit("ledger.reversal.sent")
    transfer = _transfer_taken_from(claim)
    made = next((back.id for back in transfer.reversals if back.metadata.get("effect") == claim.effect_id), None)
    if made is None:
        _renew(claim)
        return
    with unit(WORKER) as session:
        book_transfer(session, leg_id, transfer)
    _done(claim, made)


@performs(payees.ACCOUNT_EFFECT)
def open_account(claim: Claim) -> None:
    """Finish what a door began: the payee's account, the same one for the same key.

    Once the provider may have forgotten the key it is asked for the person's account first: never two of them.
    """
    person_id = str(claim.params["person_id"])
    try:
        if claim.must_look_up:
            arrived = provider().find_account(person_id)
            if arrived is None:
                _renew(claim)
                return
            account = arrived
        else:
            with _asking(claim):
                account = provider().create_account(
                    country=str(claim.params["country"]), person_id=person_id, key=claim.idempotency_key
                )
    except ProviderRefused as error:
        with unit(WORKER) as session:
            payees.account_refused(session, person_id, error=error.code, now=clock.now())
        return
    with unit(WORKER) as session:
        payees.account_opened(session, person_id, account, now=clock.now())


def _transfer_request(claim: Claim) -> TransferRequest:
    params = claim.params
    return TransferRequest(
        amount_minor=int(params["settled_minor"]),
        currency=str(params["currency"]),
        destination=str(params["destination"]),
        source_charge=str(params["source_charge"]),
        group=str(params["group"]),
        metadata={
            "leg": str(params["leg_id"]),
            "effect": claim.effect_id,
            "amount_minor": str(params["amount_minor"]),
        },
    )


def _find_transfer(claim: Claim) -> ProviderTransfer | None:
    listed = provider().find_transfers(str(claim.params["group"]))
    return next((found for found in listed if found.metadata.get("effect") == claim.effect_id), None)


def _transfer_taken_from(claim: Claim) -> ProviderTransfer:
    """The transfer that a reversal takes from, as the provider shows it now, with all its reversals."""
    with reading() as session:
        leg = session.get_one(PayoutLeg, str(claim.params["leg_id"]))
        group = session.get_one(Charge, leg.charge_id).subject
    return next(found for found in provider().find_transfers(group) if found.id == claim.params["transfer_id"])


def _attempt_of_refund(refund_id: str) -> str:
    with reading() as session:
        refund = session.get_one(Refund, refund_id)
        return session.get_one(Charge, refund.charge_id).attempt_id


def _arrived(refund_id: str) -> str | None:
    with reading() as session:
        return session.get_one(Refund, refund_id).provider_refund_id


@contextmanager
def _asking(claim: Claim) -> Iterator[None]:
    """A call to the provider. An answered "not now" is remembered under its key, so the next try needs another."""
    try:
        yield
    except ProviderBusy:
        _renew(claim)
        raise


def _renew(claim: Claim) -> None:
    """Nothing arrived under the key so far, proved by a look or by the answer: the next try has a new one."""
    with unit(WORKER) as session:
        settling.renew_key(session, claim.effect_id, now=clock.now())


def _park(claim: Claim, leg_id: str, error: ProviderRefused) -> None:
    """The payee cannot receive this: the leg waits, staff is told, the effect ends (a woken leg plans another)."""
    code = str(error.values.get("provider_code", error.code))
    with unit(WORKER) as session:
        held, leg = payouts.locked_leg(session, leg_id)
        payouts.refused(session, leg, reason=code)
        settling.give_up(session, claim.effect_id, error=code, now=clock.now())
        raise_alarm(session, AlarmKind.TRANSFER_REFUSED, leg_id, {"code": code}, now=clock.now())
        say_if_settled(session, held)


def _refused(claim: Claim, alarm: AlarmKind, subject: str, error: ProviderRefused) -> None:
    code = str(error.values.get("provider_code", error.code))
    with unit(WORKER) as session:
        settling.give_up(session, claim.effect_id, error=code, now=clock.now())
        raise_alarm(session, alarm, subject, {"code": code}, now=clock.now())


def _done(claim: Claim, provider_ref: str | None) -> None:
    with unit(WORKER) as session:
        settling.settle(session, claim.effect_id, provider_ref=provider_ref, now=clock.now())


def _give_up(claim: Claim, error: str) -> None:
    with unit(WORKER) as session:
        settling.give_up(session, claim.effect_id, error=error, now=clock.now())
