"""PURE. The chart of accounts: which accounts exist, which side they grow on, and how they are named.

An account's id is its natural name (`held::order:ord_…:USD`), so that booking needs no look-up.
Amounts are signed minor units: debit positive, credit negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"


class AccountKind(StrEnum):
    """Every kind of account. Order-bound kinds carry a subject, party-bound ones an owner."""

    STRIPE = "stripe"  # asset: what the payment provider holds for the platform
    BANK = "bank"  # asset: what was paid out to the platform's own bank
    FX = "fx"  # between the currency of a price and that of its settlement
    FEES = "fees"  # expense: the provider's fees
    DISPUTE_FEE = "dispute_fee"  # expense
    BAD_DEBT = "bad_debt"  # expense
    REVENUE = "rev"  # income: the platform's share
    HELD = "held"  # liability to payer and parties until release
    SUSPENSE = "suspense"  # liability: money that fits no order
    PAY = "pay"  # liability to a party
    RECEIVABLE = "recv"  # asset: what a party owes back
    DISPUTED = "disputed"  # asset: withdrawn by the provider while a dispute is open
    REFUNDS_IN_FLIGHT = "refunds_in_flight"  # liability to the payer: promised, not yet settled
    CREDIT = "credit"  # liability to a payer whose refund cannot be delivered
    TAX = "tax"  # liability


NATURAL_SIDE: dict[AccountKind, Side] = {
    AccountKind.STRIPE: Side.DEBIT,
    AccountKind.BANK: Side.DEBIT,
    AccountKind.FX: Side.DEBIT,
    AccountKind.FEES: Side.DEBIT,
    AccountKind.DISPUTE_FEE: Side.DEBIT,
    AccountKind.BAD_DEBT: Side.DEBIT,
    AccountKind.REVENUE: Side.CREDIT,
    AccountKind.HELD: Side.CREDIT,
    AccountKind.SUSPENSE: Side.CREDIT,
    AccountKind.PAY: Side.CREDIT,
    AccountKind.RECEIVABLE: Side.DEBIT,
    AccountKind.DISPUTED: Side.DEBIT,
    AccountKind.REFUNDS_IN_FLIGHT: Side.CREDIT,
    AccountKind.CREDIT: Side.CREDIT,
    AccountKind.TAX: Side.CREDIT,
}

# What the platform owes to others: the right side of the solvency comparison.
OWED_KINDS = (
    AccountKind.HELD,
    AccountKind.SUSPENSE,
    AccountKind.PAY,
    AccountKind.TAX,
    AccountKind.CREDIT,
    AccountKind.REFUNDS_IN_FLIGHT,
)


@dataclass(frozen=True, slots=True, order=True)
class Account:
    kind: AccountKind
    currency: str
    owner: str = ""
    subject: str = ""

    @property
    def id(self) -> str:
        """`kind:owner:subject:CUR`; subjects contain a colon themselves, owners and currencies never do."""
        return f"{self.kind.value}:{self.owner}:{self.subject}:{self.currency}"


def in_natural_sign(kind: AccountKind, amount_minor: int) -> int:
    """A balance as people read it: liabilities and income positive when credited."""
    return amount_minor if NATURAL_SIDE[kind] is Side.DEBIT else -amount_minor
