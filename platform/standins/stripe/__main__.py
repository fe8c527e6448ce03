"""Starts the stand-in: python -m standins.stripe --port 8620 --data DIR …"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from standins.stripe.server import Running
from standins.stripe.world import Endpoint, Setup

# What each endpoint listens to: https://docs.stripe.com/connect/webhooks
PLATFORM_EVENTS = (
    "checkout.session.completed checkout.session.async_payment_succeeded checkout.session.async_payment_failed "
    "checkout.session.expired payment_intent.succeeded payment_intent.payment_failed payment_intent.processing "
    "payment_intent.canceled charge.succeeded charge.updated charge.refunded refund.created refund.updated "
    "refund.failed charge.dispute.created charge.dispute.updated charge.dispute.closed charge.dispute.funds_withdrawn "
    "charge.dispute.funds_reinstated radar.early_fraud_warning.created review.opened review.closed transfer.created "
    "transfer.updated transfer.reversed payout.paid payout.failed payout.reconciliation_completed "
    "balance.available"
)
CONNECT_EVENTS = (
    "account.updated capability.updated account.application.deauthorized account.external_account.created "
    "account.external_account.updated account.external_account.deleted person.updated payout.paid payout.failed "
    "payout.canceled"
)


def main() -> int:
    """Serves until SIGINT or SIGTERM."""
    given = _arguments()
    endpoints = []
    if given.webhook_url:
        endpoints.append(
            Endpoint(
                "platform", given.webhook_url, given.webhook_secret, frozenset(PLATFORM_EVENTS.split()), connect=False
            )
        )
    if given.connect_webhook_url:
        endpoints.append(
            Endpoint(
                "connect",
                given.connect_webhook_url,
                given.connect_webhook_secret,
                frozenset(CONNECT_EVENTS.split()),
                connect=True,
            )
        )
    public_url = given.public_url or f"http://127.0.0.1:{given.port}"
    setup = Setup(public_url.rstrip("/"), given.secret_key, tuple(endpoints), settlement_days=given.settlement_days)
    running = Running(given.data, setup, given.port)

    def end(_signal: int, _frame: FrameType | None) -> None:
        # serve_forever() runs in this thread; its shutdown waits for it and must be asked from another.
        threading.Thread(target=running.stop).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(f"Stripe stand-in answers on {setup.public_url}", flush=True)
    running.serve()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m standins.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=8620)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the stand-in's state")
    parser.add_argument("--public-url", default="", help="address a browser uses; http://127.0.0.1:PORT by default")
    parser.add_argument("--secret-key", required=True, help="the API key callers must present")
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="")
    parser.add_argument("--connect-webhook-url", default="")
    parser.add_argument("--connect-webhook-secret", default="")
    parser.add_argument("--settlement-days", type=int, default=2, help="days until a payment becomes available")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
