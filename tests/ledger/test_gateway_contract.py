"""Every call of our gateway goes over the wire to a peer whose schemas come from the installed SDK, never from us.

An unknown or missing parameter, a wrong type or an enum's typo is refused there as the provider refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe

from headroom import clock
from headroom.gateways.stripe import API_VERSION, CheckoutRequest, Stripe, TransferRequest
from headroom.gateways.stripe_errors import ProviderRefused
from headroom.gateways.stripe_facts import Checkout, ProviderPayment
from headroom.ids import new_id
from tests.ledger.desk import Desk
from tests.standins.peers import ask

HOUR_AGO = timedelta(hours=1)


def request(subject: str = "test:ord_c") -> CheckoutRequest:
    return CheckoutRequest(
        reference=subject, title="Mix of Night Bus", amount_minor=200_00, currency="USD",
        success_url="http://localhost:8600/payments/pat_1/return", cancel_url="http://localhost:8600/orders/1",
        locale="ru", transfer_group=subject, metadata={"subject": subject, "attempt": "pat_1"},
        expires_at=clock.wall_now() + timedelta(hours=2),
    )  # fmt: skip


def opened(desk: Desk) -> Checkout:
    return desk.provider.open_checkout(request(), key=new_id("key"))


def paid(desk: Desk) -> ProviderPayment:
    checkout = opened(desk)
    desk.buyer(checkout.id)
    intent_id = desk.provider.fetch_checkout(checkout.id).intent_id
    assert intent_id is not None
    return desk.provider.fetch_payment(intent_id)


def account(desk: Desk) -> str:
    made = desk.provider.create_account(country="DE", person_id="per_ivo", key=new_id("key"))
    ask(desk.url + "/_onboard", {"account": made.id})
    return made.id


def transferred(desk: Desk) -> str:
    charge = paid(desk).charge
    assert charge is not None
    asked = TransferRequest(100_00, "USD", account(desk), charge.id, "test:ord_c", {"leg": "leg_1"})
    return desk.provider.create_transfer(asked, key=new_id("key")).id


CALLS: dict[str, Callable[[Desk], object]] = {
    "open_checkout": opened,
    "fetch_checkout": lambda desk: desk.provider.fetch_checkout(opened(desk).id),
    "expire_checkout": lambda desk: desk.provider.expire_checkout(opened(desk).id),
    "fetch_payment": paid,
    "fetch_disputes": lambda desk: desk.provider.fetch_disputes(paid(desk).id),
    "refund": lambda desk: desk.provider.refund(
        intent_id=paid(desk).id, amount_minor=5_00, metadata={"refund": "rfd_1"}, key=new_id("key")
    ),
    "create_transfer": transferred,
    "find_transfers": lambda desk: desk.provider.find_transfers("test:ord_c"),
    "reverse_transfer": lambda desk: desk.provider.reverse_transfer(
        transferred(desk), amount_minor=1_00, metadata={"leg": "leg_1"}, key=new_id("key")
    ),
    "create_account": account,
    "fetch_account": lambda desk: desk.provider.fetch_account(account(desk)),
    "find_account": lambda desk: account(desk) and desk.provider.find_account("per_ivo"),
    "account_link": lambda desk: desk.provider.account_link(
        account(desk), refresh_url="http://localhost:8600/a", return_url="http://localhost:8600/b"
    ),
    "login_link": lambda desk: desk.provider.login_link(account(desk)),
    "balance_movements": lambda desk: list(desk.provider.balance_movements(since=clock.wall_now() - HOUR_AGO)),
    "balance": lambda desk: desk.provider.balance(),
    "events": lambda desk: list(desk.provider.events(since=clock.wall_now() - HOUR_AGO)),
}


def test_the_table_names_every_call_of_the_gateway() -> None:
    public = {name for name in vars(Stripe) if not name.startswith("_")} - {"from_settings"}
    assert set(CALLS) == public


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_call_is_taken_by_the_sdks_own_contract(desk: Desk, name: str) -> None:
    assert CALLS[name](desk) is not None


def test_the_pinned_version_is_the_one_the_installed_sdk_was_made_for() -> None:
    assert stripe._api_version._ApiVersion.CURRENT == API_VERSION


def test_the_same_key_gives_the_same_checkout(desk: Desk) -> None:
    asked, key = request(), new_id("key")
    assert desk.provider.open_checkout(asked, key=key).id == desk.provider.open_checkout(asked, key=key).id


def test_a_refusal_carries_the_providers_code_and_not_its_prose(desk: Desk) -> None:
    with pytest.raises(ProviderRefused) as refused:
        desk.provider.fetch_account("acct_nobody")
    assert set(refused.value.values) == {"provider_code", "param", "status"}


def test_metadata_comes_back_as_it_was_sent(desk: Desk) -> None:
    assert paid(desk).metadata == {"subject": "test:ord_c", "attempt": "pat_1"}
