"""Running stand-ins as tests see them: the real SDK, machine doors, what was delivered."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stripe

ROOT = Path(__file__).parents[2]
KEY = "sk_test_rehearsal"
PLATFORM_SECRET, CONNECT_SECRET = "whsec_platform", "whsec_connect"
SHOP = "http://localhost:9/order"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, body: dict[str, Any] | None = None, *, method: str | None = None) -> Any:
    """JSON of a machine door; an error's JSON too."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def start(module: str, *arguments: str, ready: str) -> subprocess.Popen[bytes]:
    """A stand-in's process, once it answers at `ready`."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT / "platform", stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(ready, timeout=5).close()
            return process
        except OSError:
            assert process.poll() is None, f"{module} ended with {process.returncode}"
            time.sleep(0.03)
    process.kill()
    raise AssertionError(f"{module} did not answer at {ready}")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


@dataclass(frozen=True)
class Delivered:
    """One webhook as it arrived."""

    path: str
    body: bytes
    signature: str
    status: int
    at: float

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Shop:
    """What stands at the other end of the webhooks; `refusals` is how many deliveries it answers with 500 first."""

    url: str = ""
    delivered: list[Delivered] = field(default_factory=list)
    refusals: int = 0

    def events(self, kind: str, about: str) -> list[Delivered]:
        return [
            each
            for each in list(self.delivered)
            if each.event["type"] == kind
            and about in (each.event["data"]["object"].get("id"), each.event.get("account"))
        ]

    def wait_for(self, kind: str, about: str, *, times: int = 1, within_s: float = 10) -> list[Delivered]:
        """Successful deliveries of one fact."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = [each for each in self.events(kind, about) if each.status == 200]
            if len(found) >= times:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{kind} about {about} came {len(self.events(kind, about))} times, not {times}")


@dataclass(frozen=True)
class Peer:
    """A running Stripe stand-in, and the real SDK pointed at it."""

    url: str
    client: stripe.StripeClient
    shop: Shop
    restart: Callable[[], None]

    def do(self, path: str, /, **body: Any) -> Any:
        return ask(self.url + path, body)

    def fault(self, name: str, /, **rule: Any) -> Any:
        return self.do("/_faults", fault=name, **rule)

    def session(self, amount: int = 20_000, currency: str = "usd", **more: Any) -> stripe.checkout.Session:
        """An open checkout session for one mix."""
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Mix & master"}}
        params: dict[str, Any] = {
            "mode": "payment", "line_items": [{"price_data": price, "quantity": 1}],
            "success_url": SHOP + "?session={CHECKOUT_SESSION_ID}", "cancel_url": SHOP, "client_reference_id": "ord_1",
            "payment_intent_data": {"metadata": {"order": "ord_1"}}, **more,
        }  # fmt: skip
        return self.client.v1.checkout.sessions.create(params)  # type: ignore[arg-type]

    def charge(self, amount: int = 20_000, currency: str = "usd", **more: Any) -> stripe.Charge:
        """A paid charge."""
        session = self.session(amount, currency, **more)
        paid = self.do("/_pay", session=session.id)
        intent = self.client.v1.payment_intents.retrieve(paid["payment_intent"], {"expand": ["latest_charge"]})
        assert isinstance(intent.latest_charge, stripe.Charge)
        return intent.latest_charge

    def account(self, *, ready: bool = True) -> stripe.Account:
        """A payee's account, with onboarding done unless told otherwise."""
        account = self.client.v1.accounts.create(
            {
                "controller": {
                    "stripe_dashboard": {"type": "express"}, "fees": {"payer": "application"},
                    "losses": {"payments": "application"}, "requirement_collection": "stripe",
                },
                "capabilities": {"transfers": {"requested": True}}, "country": "US", "metadata": {"user_id": "per_1"},
            }
        )  # fmt: skip
        if ready:
            self.do("/_onboard", account=account.id)
        return account


@dataclass(frozen=True)
class Mail:
    """A running mail stand-in."""

    port: int
    url: str

    def fault(self, name: str, /, **rule: Any) -> Any:
        return ask(self.url + "/_faults", {"fault": name, **rule})

    def messages(self, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(f"{self.url}/messages?to={to}")["messages"]
        return found

    def message(self, ref: int) -> dict[str, Any]:
        found: dict[str, Any] = ask(f"{self.url}/messages/{ref}")
        return found
