"""The payment provider: a small typed port over the official SDK, with no rules of ours in it.

The API version is pinned; addresses and timeouts come from settings, so the same code talks to the real
service and to the rehearsal stand-in. Each call that creates takes an idempotency key from its caller. What
the SDK raises becomes one of the errors in gateways/stripe_errors.py; what it returns, gateways/stripe_facts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property

import stripe

from headroom.gateways import stripe_facts as seen
from headroom.gateways.stripe_errors import answered
from headroom.settings import OFFICIAL_STRIPE, Settings

API_VERSION = "2026-10-28.endive"  # what the contract tests ran against
CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 12  # a slow answer is unknown; the worker looks it up with the same key
NETWORK_RETRIES = 1  # by the SDK, with the same idempotency key
PAGE = 100  # the provider's largest page
# docs.stripe.com/api/checkout/sessions/create: at most 24 hours, which is also what leaving it out means.
LONGEST_CHECKOUT_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a hosted checkout shows and returns to. `reference` and `metadata` hold ids only.

    `expires_at` None: after the provider's own 24 hours. The payer types their address there, not we.
    """

    reference: str
    title: str
    amount_minor: int
    currency: str
    success_url: str
    cancel_url: str
    locale: str
    transfer_group: str
    metadata: dict[str, str]
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """One leg: `source_charge` makes the transfer wait for the charge's own funds and caps it to them."""

    amount_minor: int
    currency: str
    destination: str
    source_charge: str
    group: str
    metadata: dict[str, str]


class Stripe:
    """A connection to the payment provider. Safe to share between threads."""

    def __init__(self, *, secret_key: str, api_base: str) -> None:
        self._secret_key = secret_key
        self._api_base = api_base or OFFICIAL_STRIPE
        self.expects_livemode = secret_key.startswith(("sk_live_", "rk_live_"))

    @classmethod
    def from_settings(cls, settings: Settings) -> Stripe:
        """The process's connection for these settings."""
        return _connection(settings.stripe_secret_key.get_secret_value(), settings.stripe_api_base)

    @cached_property
    def _api(self) -> stripe._v1_services.V1Services:
        http = stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S))
        client = stripe.StripeClient(
            self._secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": self._api_base},
            http_client=http,
            max_network_retries=NETWORK_RETRIES,
        )
        return client.v1

    def open_checkout(self, request: CheckoutRequest, *, key: str) -> seen.Checkout:
        """Open a hosted checkout; the same key always gives the same one."""
        product: stripe.params.checkout.SessionCreateParamsLineItemPriceDataProductData = {"name": request.title}
        params: stripe.params.checkout.SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": request.currency.lower(),
                        "unit_amount": request.amount_minor,
                        "product_data": product,
                    },
                }
            ],
            "client_reference_id": request.reference,
            "metadata": request.metadata,
            "payment_intent_data": {"metadata": request.metadata, "transfer_group": request.transfer_group},
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
            "locale": "ru" if request.locale == "ru" else "en",
        }
        if request.expires_at is not None:
            params["expires_at"] = int(request.expires_at.timestamp())
        with answered():
            return seen.checkout(self._api.checkout.sessions.create(params, {"idempotency_key": key}))

    def fetch_checkout(self, checkout_id: str) -> seen.Checkout:
        with answered():
            return seen.checkout(self._api.checkout.sessions.retrieve(checkout_id))

    def expire_checkout(self, checkout_id: str) -> seen.Checkout:
        """Close an open checkout. Raises ProviderRefused when it is complete or expired already."""
        with answered():
            return seen.checkout(self._api.checkout.sessions.expire(checkout_id))

    def fetch_payment(self, intent_id: str) -> seen.ProviderPayment:
        """The payment with its latest charge, that charge's balance movement, and all its refunds."""
        expand = [
            "latest_charge.balance_transaction",
            "latest_charge.refunds.data.balance_transaction",
            "latest_charge.refunds.data.failure_balance_transaction",
        ]
        with answered():
            return seen.payment(self._api.payment_intents.retrieve(intent_id, {"expand": expand}))

    def fetch_disputes(self, intent_id: str) -> tuple[seen.ProviderDispute, ...]:
        with answered():
            return tuple(map(seen.dispute, self._api.disputes.list({"payment_intent": intent_id, "limit": PAGE}).data))

    def refund(self, *, intent_id: str, amount_minor: int, metadata: dict[str, str], key: str) -> seen.ProviderRefund:
        """Give money back to where it came from; often pending at first."""
        params: stripe.params.RefundCreateParams = {
            "payment_intent": intent_id,
            "amount": amount_minor,
            "reason": "requested_by_customer",
            "metadata": metadata,
            "expand": ["balance_transaction"],
        }
        with answered():
            return seen.refund(self._api.refunds.create(params, {"idempotency_key": key}))

    def create_transfer(self, request: TransferRequest, *, key: str) -> seen.ProviderTransfer:
        params: stripe.params.TransferCreateParams = {
            "amount": request.amount_minor,
            "currency": request.currency.lower(),
            "destination": request.destination,
            "source_transaction": request.source_charge,
            "transfer_group": request.group,
            "metadata": request.metadata,
            "expand": ["balance_transaction"],
        }
        with answered():
            return seen.transfer(self._api.transfers.create(params, {"idempotency_key": key}))

    def find_transfers(self, group: str) -> tuple[seen.ProviderTransfer, ...]:
        """Every transfer of a group: the look-up that proves whether a call without an answer arrived."""
        params: stripe.params.TransferListParams = {
            "transfer_group": group,
            "limit": PAGE,
            "expand": ["data.balance_transaction", "data.reversals.data.balance_transaction"],
        }
        with answered():
            return tuple(map(seen.transfer, self._api.transfers.list(params).auto_paging_iter()))

    def reverse_transfer(
        self, transfer_id: str, *, amount_minor: int, metadata: dict[str, str], key: str
    ) -> seen.ProviderReversal:
        """Take back a part of a transfer, at most what is not reversed yet."""
        params: stripe.params.TransferReversalCreateParams = {
            "amount": amount_minor,
            "metadata": metadata,
            "expand": ["balance_transaction"],
        }
        with answered():
            return seen.reversal(self._api.transfers.reversals.create(transfer_id, params, {"idempotency_key": key}))

    def create_account(self, *, country: str, person_id: str, key: str) -> seen.ProviderAccount:
        """An account for a payee: the provider collects what it must know, the platform is liable."""
        params: stripe.params.AccountCreateParams = {
            "country": country,
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
            },
            "capabilities": {"transfers": {"requested": True}},
            "metadata": {"person_id": person_id},
        }
        with answered():
            return seen.account(self._api.accounts.create(params, {"idempotency_key": key}))

    def fetch_account(self, account_id: str) -> seen.ProviderAccount:
        with answered():
            return seen.account(self._api.accounts.retrieve(account_id))

    def find_account(self, person_id: str) -> seen.ProviderAccount | None:
        """The account made for this person, if there is one: the look-up that proves whether a call arrived.

        Reads the list of all accounts, since the provider cannot search them by metadata.
        """
        with answered():
            for found in self._api.accounts.list({"limit": PAGE}).auto_paging_iter():
                if found.metadata is not None and found.metadata.to_dict().get("person_id") == person_id:
                    return seen.account(found)
        return None

    def account_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """A single-use address where the payee enters their details; never store or mail it."""
        params: stripe.params.AccountLinkCreateParams = {
            "account": account_id,
            "type": "account_onboarding",
            "refresh_url": refresh_url,
            "return_url": return_url,
            "collection_options": {"fields": "eventually_due"},
        }
        with answered():
            return self._api.account_links.create(params).url

    def login_link(self, account_id: str) -> str:
        """A single-use address of the payee's own dashboard at the provider."""
        with answered():
            return self._api.accounts.login_links.create(account_id).url

    def balance_movements(self, *, since: datetime) -> Iterator[seen.BalanceMovement]:
        """Every change of the platform's balance made at or after `since`, newest first."""
        params: stripe.params.BalanceTransactionListParams = {
            "created": {"gte": int(since.timestamp())},
            "limit": PAGE,
        }
        with answered():
            for found in self._api.balance_transactions.list(params).auto_paging_iter():
                moved = seen.movement(found)
                if moved is not None:
                    yield moved

    def balance(self) -> dict[str, int]:
        """Available plus pending, by currency."""
        with answered():
            found = self._api.balance.retrieve()
        parts = [(part.currency.upper(), part.amount) for part in found.available]
        parts += [(part.currency.upper(), part.amount) for part in found.pending]
        return {currency: sum(a for c, a in parts if c == currency) for currency, _ in parts}

    def events(self, *, since: datetime) -> Iterator[seen.ProviderEvent]:
        """Events made at or after `since`, newest first; the provider keeps thirty days."""
        params: stripe.params.EventListParams = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        with answered():
            for found in self._api.events.list(params).auto_paging_iter():
                yield seen.event(found)


@cache
def _connection(secret_key: str, api_base: str) -> Stripe:
    return Stripe(secret_key=secret_key, api_base=api_base)
