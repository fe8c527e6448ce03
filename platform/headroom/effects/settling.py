"""Claim and settle effects: the worker's half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from headroom.effects.models import Effect, EffectState

# Waits between tries of one effect; the last one repeats. A provider's outage is minutes, its holidays hours.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 1440))
LEASE = timedelta(minutes=2)  # after this a claim's worker is taken for dead; gateways time out far earlier
KEY_LIFE = timedelta(hours=23)  # providers may forget idempotency keys after 24 h


@dataclass(frozen=True, slots=True)
class Claim:
    """What a performer needs: no ORM object crosses the outside call."""

    effect_id: str
    kind: str
    natural_key: str
    params: dict[str, Any]
    idempotency_key: str
    generation: int
    must_look_up: bool  # an earlier try may have arrived: ask the provider before calling again


def claim(session: Session, effect_id: str, *, now: datetime) -> Claim | None:
    """Take the effect for one try, or None when it is settled, not due, or another worker has it.

    `must_look_up` is set when an earlier call got no answer and its idempotency key may be forgotten by now.
    """
    effect = session.scalars(select(Effect).where(Effect.id == effect_id).with_for_update(skip_locked=True)).first()
    if effect is None or effect.state in (EffectState.DONE, EffectState.FAILED) or effect.next_try_at > now:
        return None
    sent_before = effect.state in (EffectState.SENDING, EffectState.UNKNOWN)
    forgotten = effect.first_sent_at is not None and now - effect.first_sent_at > KEY_LIFE
    effect.state = EffectState.SENDING
    effect.attempts += 1
    effect.first_sent_at = effect.first_sent_at or now
    effect.next_try_at = now + LEASE
    return Claim(
        effect_id=effect.id,
        kind=effect.kind,
        natural_key=effect.natural_key,
        params=effect.params,
        idempotency_key=effect.idempotency_key,
        generation=effect.generation,
        must_look_up=sent_before and forgotten,
    )


def settle(session: Session, effect_id: str, *, provider_ref: str | None, now: datetime) -> bool:
    """Mark the effect done; False when it was settled already (losing that race is normal)."""
    done = session.execute(
        update(Effect)
        .where(Effect.id == effect_id, Effect.state.not_in((EffectState.DONE, EffectState.FAILED)))
        .values(state=EffectState.DONE, provider_ref=provider_ref, settled_at=now, last_error=None)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def postpone(session: Session, effect_id: str, *, error: str, answered: bool, now: datetime) -> None:
    """Try again later. `answered`: the provider said no for now (intent again); else the outcome is unknown."""
    effect = session.scalars(select(Effect).where(Effect.id == effect_id).with_for_update()).one()
    if effect.state in (EffectState.DONE, EffectState.FAILED):
        return
    effect.state = EffectState.INTENT if answered else EffectState.UNKNOWN
    effect.last_error = error
    effect.next_try_at = now + RETRY_AFTER[min(effect.attempts - 1, len(RETRY_AFTER) - 1)]


def renew_key(session: Session, effect_id: str, *, now: datetime) -> None:
    """Start a new generation: a lookup proved that no earlier try arrived, so a new key doubles nothing."""
    effect = session.scalars(select(Effect).where(Effect.id == effect_id).with_for_update()).one()
    effect.generation += 1
    effect.state = EffectState.INTENT
    effect.first_sent_at = None
    effect.next_try_at = now


def give_up(session: Session, effect_id: str, *, error: str, now: datetime) -> None:
    """Refused for good: no more tries; the caller tells whoever must decide."""
    session.execute(
        update(Effect)
        .where(Effect.id == effect_id, Effect.state != EffectState.DONE)
        .values(state=EffectState.FAILED, last_error=error, settled_at=now)
    )


def due(session: Session, *, now: datetime, limit: int = 200) -> Sequence[str]:
    """Ids of effects whose next try is due: retries, leases of dead workers, and jobs that were lost."""
    open_states = (EffectState.INTENT, EffectState.SENDING, EffectState.UNKNOWN)
    return session.scalars(
        select(Effect.id)
        .where(Effect.state.in_(open_states), Effect.next_try_at <= now)
        .order_by(Effect.next_try_at)
        .limit(limit)
    ).all()
