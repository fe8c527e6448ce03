"""What each call does. A behavior names the parameters it plays; others are refused, never silently ignored.

payments.py   payment intents, charges, customers; how a card payment runs
checkout.py   checkout sessions and what the buyer does on the hosted page
refunds.py  transfers.py  accounts.py  balance.py  payouts.py  disputes.py  events.py
"""

from standins.stripe.behavior import (
    accounts,
    balance,
    checkout,
    disputes,
    events,
    payments,
    payouts,
    refunds,
    transfers,
)
from standins.stripe.behavior.table import BEHAVIORS, Behavior

__all__ = [
    "BEHAVIORS",
    "Behavior",
    "accounts",
    "balance",
    "checkout",
    "disputes",
    "events",
    "payments",
    "payouts",
    "refunds",
    "transfers",
]
