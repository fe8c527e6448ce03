"""Paying over the wire while servers die and everybody clicks: one attempt, one checkout, one consent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from headroom.gateways.stripe import Stripe
from tests.faults.house import Answer, House, Site, cut_off, new_key, version_of
from tests.standins.peers import KEY


def checkouts_of(house: House, order_id: str) -> list[str | None]:
    """The address of every checkout that the provider holds for the order."""
    api = Stripe(secret_key=KEY, api_base=house.provider_url)._api
    listed = api.checkout.sessions.list({"limit": 100}).data
    return [found.url for found in listed if found.client_reference_id == f"order:{order_id}"]


def written(house: House, order_id: str) -> tuple[int, int]:
    """How many attempts and how many consents to an early start the order has."""
    attempts = house.scalar(
        "SELECT count(*) FROM payment_attempt a JOIN payment p ON p.id = a.payment_id WHERE p.subject_id = :id",
        id=order_id,
    )
    consents = house.scalar("SELECT count(*) FROM consent_event WHERE purpose = :id", id=order_id)
    return int(attempts), int(consents)


@pytest.mark.parametrize(
    ("place", "attempts", "checkouts"),
    [
        pytest.param("unit.before_commit@1", 0, 0, id="before the intent is committed", marks=pytest.mark.slow),
        pytest.param("unit.committed@1", 1, 0, id="between the intent and the call"),
        pytest.param("ledger.checkout.asked", 1, 1, id="between the call and the answer's unit"),
        pytest.param("unit.before_commit@2", 1, 1, id="before the answer is committed", marks=pytest.mark.slow),
        pytest.param("ledger.checkout.stored", 1, 1, id="after the answer is committed"),
    ],
)
def test_a_server_that_dies_while_paying_leaves_one_checkout(
    house: House, place: str, attempts: int, checkouts: int
) -> None:
    order_id = house.order("accepted")
    mara, key = house.person("mara"), new_key()
    mara.fresh_token()

    def pay(site: Site) -> Answer:
        version = version_of(house, order_id)
        return mara.post(f"/orders/{order_id}/payment", key=key, at=site, version=version, start_work="yes")

    cut_off(house, place, pay)
    assert (written(house, order_id)[0], len(checkouts_of(house, order_id))) == (attempts, checkouts)
    again = pay(house.site)
    assert again.status == 303
    assert checkouts_of(house, order_id) == [again.location]
    assert written(house, order_id) == (1, 1)


def test_thirty_parallel_clicks_on_pay_at_two_servers_open_one_checkout(house: House) -> None:
    order_id = house.order("accepted")
    mara, version = house.person("mara"), version_of(house, order_id)
    mara.fresh_token()
    same = new_key()  # a double click; the others are tabs with forms of their own
    with house.web() as second, ThreadPoolExecutor(30) as pool:
        sites = (house.site, second)

        def click(number: int) -> Answer:
            key = same if number < 10 else new_key()
            path = f"/orders/{order_id}/payment"
            return mara.post(path, key=key, at=sites[number % 2], version=version, start_work="yes")

        answers = list(pool.map(click, range(30)))
    assert {answer.status for answer in answers} == {303}
    assert checkouts_of(house, order_id) == list({answer.location for answer in answers})
    assert written(house, order_id) == (1, 1)
