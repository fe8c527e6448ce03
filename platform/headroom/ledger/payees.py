"""Verbs around payees: open an account at the provider, and know what it can receive.

The state is always read from the account itself, never concluded from how a person came back to us.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.actors import Actor
from headroom.effects import planning, settling
from headroom.effects.models import Effect
from headroom.gateways.stripe_facts import ProviderAccount
from headroom.ledger.errors import PayeeNotReady
from headroom.ledger.models import Payee
from headroom.ledger.payments import DOORS_TURN
from headroom.ledger.payouts import why_not_payable

ACCOUNT_EFFECT = "stripe.account"
# Where the provider pays out to people: stripe.com/global. Its own refusal decides; this only orders the form.
# fmt: off
COUNTRIES = (
    "AT", "AU", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GI", "GR", "HK", "HR", "HU", "IE", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "MY",
    "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SG", "SI", "SK", "TH", "US",
)
# fmt: on


class PayeeStage(StrEnum):
    NONE = "none"
    STARTED = "started"  # an account exists; the person has not told the provider enough
    CHECKING = "checking"  # the provider is looking at what they told
    RESTRICTED = "restricted"  # it could receive or nearly; something is missing or was refused
    PAYABLE = "payable"


@dataclass(frozen=True, slots=True)
class PayeeState:
    """What a person's account can do. `reason` is a code where something is missing."""

    stage: PayeeStage
    account_id: str | None
    country: str | None
    reason: str | None
    currently_due: int
    payouts_enabled: bool

    @property
    def can_receive(self) -> bool:
        return self.stage is PayeeStage.PAYABLE


@dataclass(frozen=True, slots=True)
class PreparedAccount:
    """What the door needs to open an account: the country and the key under which it may be repeated."""

    country: str
    key: str


def payee_state(session: Session, person_id: str) -> PayeeState:
    """What the person's account could do when we last looked."""
    payee = session.get(Payee, person_id)
    if payee is None:
        return PayeeState(PayeeStage.NONE, None, None, "no_account", 0, payouts_enabled=False)
    reason = why_not_payable(payee)
    return PayeeState(
        stage=_stage(payee, reason),
        account_id=payee.account_id,
        country=payee.country,
        reason=reason or payee.disabled_reason,
        currently_due=payee.currently_due,
        payouts_enabled=payee.payouts_enabled,
    )


def _stage(payee: Payee, reason: str | None) -> PayeeStage:
    if reason is None:
        return PayeeStage.PAYABLE
    if payee.account_id is None or not payee.details_submitted:
        return PayeeStage.STARTED
    return PayeeStage.CHECKING if payee.currently_due == 0 else PayeeStage.RESTRICTED


def start_onboarding(
    session: Session, *, person_id: str, country: str, by: Actor, now: datetime
) -> PreparedAccount | None:
    """Write down that the person wants to be paid; what is needed to open their account, or None if it exists.

    The country is kept from the first time: an account never moves.
    """
    del by
    session.execute(
        insert(Payee)
        .values(
            person_id=person_id,
            country=country,
            transfers="none",
            payouts_enabled=False,
            details_submitted=False,
            currently_due=0,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    payee = session.scalars(select(Payee).where(Payee.person_id == person_id).with_for_update()).one()
    if payee.account_id is not None:
        return None
    effect = planning.plan(
        session,
        kind=ACCOUNT_EFFECT,
        natural_key=person_id,
        params={"person_id": person_id, "country": payee.country},
        now=now,
        not_before=now + DOORS_TURN,
    )
    return PreparedAccount(country=str(effect.params["country"]), key=effect.idempotency_key)


def account_opened(session: Session, person_id: str, account: ProviderAccount, *, now: datetime) -> None:
    """Store the account that the provider made, and settle the effect that asked for it."""
    payee = session.scalars(select(Payee).where(Payee.person_id == person_id).with_for_update()).one()
    payee.account_id = account.id
    _keep(payee, account, now=now)
    effect_id = session.scalars(
        select(Effect.id).where(Effect.kind == ACCOUNT_EFFECT, Effect.natural_key == person_id)
    ).one()
    settling.settle(session, effect_id, provider_ref=account.id, now=now)


def account_refused(session: Session, person_id: str, *, error: str, now: datetime) -> None:
    """The provider opens no account for this country: forget the wish, so that another may be made."""
    effect = session.scalars(
        select(Effect).where(Effect.kind == ACCOUNT_EFFECT, Effect.natural_key == person_id).with_for_update()
    ).one()
    settling.give_up(session, effect.id, error=error, now=now)
    session.flush()
    session.delete(effect)
    payee = session.get(Payee, person_id)
    if payee is not None and payee.account_id is None:
        session.delete(payee)


def account_seen(session: Session, account: ProviderAccount, *, now: datetime) -> str | None:
    """Keep what a fresh look at an account shows; the payee's person, or None if it is not ours.

    A payee who can receive now gets their parked legs.
    """
    payee = session.scalars(select(Payee).where(Payee.account_id == account.id).with_for_update()).one_or_none()
    if payee is None:
        return None
    _keep(payee, account, now=now)
    if why_not_payable(payee) is None:
        jobs.enqueue(session, "ledger.wake_legs", queueing_lock=f"wake:{payee.person_id}", person_id=payee.person_id)
    return payee.person_id


def account_lost(session: Session, account_id: str, *, now: datetime) -> bool:
    """The account cannot be read any more (its owner cut the connection): nothing can be sent to it.

    False when it is not one of ours.
    """
    payee = session.scalars(select(Payee).where(Payee.account_id == account_id).with_for_update()).one_or_none()
    if payee is None:
        return False
    payee.transfers, payee.payouts_enabled = "inactive", False
    payee.disabled_reason, payee.looked_at = "disconnected", now
    return True


def account_of(session: Session, person_id: str) -> str:
    """The person's account at the provider. Raises PayeeNotReady when there is none yet."""
    payee = session.get(Payee, person_id)
    if payee is None or payee.account_id is None:
        raise PayeeNotReady(person_id=person_id)
    return payee.account_id


def _keep(payee: Payee, account: ProviderAccount, *, now: datetime) -> None:
    payee.transfers = account.transfers[:20]
    payee.payouts_enabled = account.payouts_enabled
    payee.details_submitted = account.details_submitted
    payee.currently_due = account.currently_due
    payee.disabled_reason = account.disabled_reason
    payee.looked_at = now
