"""What is asked twice happens once."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.db import unit
from headroom.idempotency.keys import AlreadyAnswered, KeyReused, RequestKey, answer, claim
from tests.conftest import PrivateDatabase

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = RequestKey(owner="per_mara", route="mixing.quote", key="k1", body_hash=b"a" * 32)


def test_a_repeat_is_led_to_the_first_answer(session: Session) -> None:
    claim(session, KEY, now=NOW)
    answer(session, KEY, "/orders/ord_1")
    with pytest.raises(AlreadyAnswered) as repeat:
        claim(session, KEY, now=NOW)
    assert repeat.value.location == "/orders/ord_1"


def test_a_key_cannot_be_reused_for_another_request(session: Session) -> None:
    claim(session, KEY, now=NOW)
    with pytest.raises(KeyReused):
        claim(session, RequestKey(KEY.owner, KEY.route, KEY.key, b"b" * 32), now=NOW)


def test_two_people_may_use_the_same_key(session: Session) -> None:
    claim(session, KEY, now=NOW)
    claim(session, RequestKey("per_lena", KEY.route, KEY.key, KEY.body_hash), now=NOW)


def test_a_request_that_failed_may_be_asked_again(session: Session) -> None:
    attempt = session.begin_nested()
    claim(session, KEY, now=NOW)
    attempt.rollback()
    claim(session, KEY, now=NOW)


def test_of_sixteen_twins_at_once_one_does_the_work(private_database: PrivateDatabase) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(16)

    def ask() -> None:
        start.wait()
        try:
            with unit(Actor.system("test")) as session:
                claim(session, KEY, now=NOW)
                answer(session, KEY, "/orders/ord_1")
            outcomes.append("did it")
        except AlreadyAnswered as repeat:
            outcomes.append(str(repeat.location))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["/orders/ord_1"] * 15 + ["did it"]
