"""Money is an integer count of minor units and a currency. No floats, anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Currencies without a minor unit, as the payment provider lists them: docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
BASIS_POINTS = 10_000  # one whole, in basis points


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents, kopecks, yen) of an ISO 4217 currency in capitals."""

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount_minor, int) or isinstance(self.amount_minor, bool):
            raise TypeError("amount_minor must be an int")
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise ValueError(f"not an ISO 4217 code in capitals: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other).amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other).amount_minor, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other


def minor_digits(currency: str) -> int:
    """How many decimal digits the currency's minor unit has: 0 or 2."""
    return 0 if currency.upper() in ZERO_DECIMAL else 2


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` ≥ 0 by `weights` exactly: floor shares, then one unit each to the largest remainders.

    Ties go to the earlier weight, so callers order by party key. The result sums to `total`.
    Raises ValueError for a negative total or weight, or when no weight is positive.
    Method: Hamilton's apportionment (largest remainder).
    """
    whole = sum(weights)
    if total < 0 or whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("allocate needs total ≥ 0 and non-negative weights with a positive sum")
    shares = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    missing = total - sum(shares)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:missing]:
        shares[index] += 1
    return shares
