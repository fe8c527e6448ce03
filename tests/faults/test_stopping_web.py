"""A web server that is told to stop finishes what it has begun: nothing that was taken is dropped."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults.house import Answer, House, Person, Site, new_key


def test_told_to_stop_under_load_it_answers_what_it_took_and_ends_within_ten_seconds(house: House) -> None:
    order_id, mara = house.order("quoting"), house.person("mara")
    mara.fresh_token()
    with house.web(faults="unit.committed:sleep=2") as site, ThreadPoolExecutor(5) as pool:
        writing = [pool.submit(write, mara, order_id, site, number) for number in range(5)]
        time.sleep(1)  # all five are past their commit and before their answer
        site.process.send_signal(signal.SIGTERM)
        told_at = time.monotonic()
        answers = [one.result() for one in writing]
        site.process.wait(15)
        took_s = time.monotonic() - told_at
    assert {answer.status for answer in answers} == {303}
    assert house.scalar("SELECT count(*) FROM order_message WHERE order_id = :id", id=order_id) == 5
    assert took_s < 10


def write(person: Person, order_id: str, site: Site, number: int) -> Answer:
    return person.post(f"/orders/{order_id}/messages", key=new_key(), at=site, message=f"Line {number}")
