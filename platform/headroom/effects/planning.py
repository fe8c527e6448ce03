"""Plan an effect in the transaction that decides it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom import jobs
from headroom.effects.models import Effect, EffectState
from headroom.ids import new_id


def plan(
    session: Session,
    *,
    kind: str,
    natural_key: str,
    params: dict[str, Any],
    now: datetime,
    not_before: datetime | None = None,
) -> Effect:
    """The one effect of this kind and natural key: a new row with its job, or the row planned earlier.

    `params` are JSON-able and never change once planned. `not_before` postpones the first try.
    """
    fresh = session.execute(
        insert(Effect)
        .values(
            id=new_id("eff"),
            kind=kind,
            natural_key=natural_key,
            params=params,
            state=EffectState.INTENT,
            generation=1,
            attempts=0,
            planned_at=now,
            next_try_at=not_before or now,
        )
        .on_conflict_do_nothing(index_elements=[Effect.kind, Effect.natural_key])
        .returning(Effect.id)
    ).scalar_one_or_none()
    effect = session.scalars(select(Effect).where(Effect.kind == kind, Effect.natural_key == natural_key)).one()
    if fresh is not None and not_before is None:
        jobs.enqueue(session, "effects.perform", effect_id=effect.id, lock=f"effect:{effect.id}")
    return effect
