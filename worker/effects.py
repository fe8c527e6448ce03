"""Perform effects: claim → call outside any transaction → settle. The table PERFORMERS says who calls what."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from headroom import clock, failpoints
from headroom.db import unit
from headroom.effects import settling
from headroom.effects.settling import Claim
from headroom.errors import OutsideDown
from worker.app import WORKER, task

log = logging.getLogger(__name__)

Performer = Callable[[Claim], None]

# kind → performer. A performer calls the gateway with claim.idempotency_key and settles the effect itself,
# in the unit that books what the provider answered. It raises OutsideDown when there was no usable answer.
PERFORMERS: dict[str, Performer] = {}


def performs(kind: str) -> Callable[[Performer], Performer]:
    """Register a performer for effects of this kind."""

    def register(performer: Performer) -> Performer:
        PERFORMERS[kind] = performer
        return performer

    return register


@task("effects.perform")
def perform(effect_id: str) -> None:
    """Try one effect once. No answer → unknown, tried again later with the same key."""
    with unit(WORKER) as session:
        claim = settling.claim(session, effect_id, now=clock.now())
    if claim is None:
        return
    failpoints.hit("effects.claimed")
    performer = _performer(PERFORMERS, claim.kind)
    try:
        performer(claim)
    except OutsideDown as error:
        log.warning("effect %s (%s) postponed: %s", claim.effect_id, claim.kind, error.code)
        answered = bool(error.values.get("answered", False))
        with unit(WORKER) as session:
            settling.postpone(session, effect_id, error=error.code, answered=answered, now=clock.now())


def _performer(table: Mapping[str, Performer], kind: str) -> Performer:
    try:
        return table[kind]
    except KeyError:
        raise RuntimeError(f"no performer for effects of kind {kind!r}") from None
