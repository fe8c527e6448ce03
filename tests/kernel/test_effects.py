"""Effects are planned once, claimed by one worker, and never sent twice under different keys without a lookup."""

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from headroom import effects
from headroom.actors import Actor
from headroom.db import unit
from headroom.effects import planning, settling
from tests.conftest import PrivateDatabase

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def plan(session: Session, key: str = "leg_1") -> str:
    return planning.plan(session, kind="ledger.transfer", natural_key=key, params={"amount_minor": 5}, now=NOW).id


def test_planning_twice_gives_the_same_effect_and_one_job(session: Session) -> None:
    assert plan(session) == plan(session)
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'effects.perform'")) == 1


def test_a_rolled_back_plan_leaves_no_job(session: Session) -> None:
    nested = session.begin_nested()
    plan(session)
    nested.rollback()
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_of_eight_workers_one_gets_the_effect(private_database: PrivateDatabase) -> None:
    with unit(Actor.system("test")) as session:
        effect_id = plan(session)
    start = threading.Barrier(8)
    got: list[bool] = []

    def work() -> None:
        start.wait()
        with unit(Actor.system("test")) as session:
            got.append(settling.claim(session, effect_id, now=NOW) is not None)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 1


def test_a_dead_workers_claim_comes_back_with_the_same_key(session: Session) -> None:
    effect_id = plan(session)
    first = settling.claim(session, effect_id, now=NOW)
    later = NOW + settling.LEASE + timedelta(seconds=1)
    assert effect_id in settling.due(session, now=later)
    second = settling.claim(session, effect_id, now=later)
    assert first is not None
    assert second is not None
    assert (second.idempotency_key, second.must_look_up) == (first.idempotency_key, False)


def test_when_the_provider_may_have_forgotten_the_key_it_is_asked_first(session: Session) -> None:
    effect_id = plan(session)
    settling.claim(session, effect_id, now=NOW)
    settling.postpone(session, effect_id, error="timeout", answered=False, now=NOW)
    claim = settling.claim(session, effect_id, now=NOW + timedelta(hours=24))
    assert claim is not None
    assert claim.must_look_up


def test_a_new_key_only_after_a_lookup_renewed_it(session: Session) -> None:
    effect_id = plan(session)
    first = settling.claim(session, effect_id, now=NOW)
    settling.renew_key(session, effect_id, now=NOW)
    second = settling.claim(session, effect_id, now=NOW)
    assert first is not None
    assert second is not None
    assert first.idempotency_key != second.idempotency_key
    assert not second.must_look_up


def test_a_settled_effect_is_never_claimed_again(session: Session) -> None:
    effect_id = plan(session)
    settling.claim(session, effect_id, now=NOW)
    assert settling.settle(session, effect_id, provider_ref="tr_1", now=NOW)
    assert not settling.settle(session, effect_id, provider_ref="tr_2", now=NOW)
    assert settling.claim(session, effect_id, now=NOW + timedelta(days=2)) is None


def test_tries_move_further_apart(session: Session) -> None:
    effect_id = plan(session)
    waits = []
    now = NOW
    for _ in range(4):
        assert settling.claim(session, effect_id, now=now) is not None
        settling.postpone(session, effect_id, error="down", answered=True, now=now)
        effect = session.get_one(effects.models.Effect, effect_id)
        waits.append(effect.next_try_at - now)
        now = effect.next_try_at
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
