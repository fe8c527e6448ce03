"""PURE. Who gets how much of an amount: basis points frozen at payment, floor and largest remainder.

`split` conserves every minor unit for every amount; equal remainders go to the smaller party key, so that two
machines that never met agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headroom.money import BASIS_POINTS, allocate

PLATFORM = "platform"  # the party whose share is the platform's income; it has no leg


@dataclass(frozen=True, slots=True)
class Share:
    """A party (an id, never a name) and its part of the price in basis points."""

    party: str
    basis_points: int


def freeze(shares: Iterable[Share]) -> tuple[Share, ...]:
    """The shares in the one order that splitting uses.

    Raises ValueError unless every party stands once, every part is positive and the sum is one whole.
    """
    frozen = tuple(sorted(shares, key=lambda share: share.party))
    if len({share.party for share in frozen}) != len(frozen):
        raise ValueError("a party stands twice in a split")
    if any(share.basis_points <= 0 or not share.party for share in frozen):
        raise ValueError("every share names a party and is positive")
    if sum(share.basis_points for share in frozen) != BASIS_POINTS:
        raise ValueError(f"shares must sum to {BASIS_POINTS} basis points")
    return frozen


def split(amount_minor: int, shares: tuple[Share, ...]) -> Mapping[str, int]:
    """What each party gets of `amount_minor` ≥ 0, in minor units. Sums to the amount exactly."""
    ordered = sorted(shares, key=lambda share: share.party)
    parts = allocate(amount_minor, [share.basis_points for share in ordered])
    return {share.party: part for share, part in zip(ordered, parts, strict=True)}


def returned_by_party(distributable_minor: int, refund_minor: int, shares: tuple[Share, ...]) -> Mapping[str, int]:
    """What each party gives back when `refund_minor` of `distributable_minor` goes back to the payer.

    The difference of two splits, not a split of the refund: many small refunds then return exactly what one
    large refund returns. Sums to `refund_minor`; a single entry may be −1 where a remainder changes hands.
    """
    before = split(distributable_minor, shares)
    after = split(distributable_minor - refund_minor, shares)
    return {party: before[party] - after[party] for party in before}
