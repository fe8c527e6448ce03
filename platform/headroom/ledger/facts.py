"""PURE. What can happen to the money of one charge. Each fact has a natural key: it is booked once, ever.

Amounts are positive minor units of the deal's currency. `Movement` is what the provider says it did to the
platform's balance, in the currency it settled in; fees are read from it, never computed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Movement:
    """One balance transaction: `gross_minor` − `fee_minor` = net, signed as the provider signs it."""

    txn_id: str
    gross_minor: int
    fee_minor: int
    currency: str

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class Charged:
    """The payer's money arrived."""

    rank: ClassVar[int] = 0
    charge_id: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"charge:{self.charge_id}"


@dataclass(frozen=True, slots=True)
class Promised:
    """We owe the payer a refund from now on; the provider has not settled it yet."""

    rank: ClassVar[int] = 1
    refund_id: str
    amount_minor: int

    @property
    def key(self) -> str:
        return f"promise:{self.refund_id}"


@dataclass(frozen=True, slots=True)
class Released:
    """What was held belongs to the parties from now on."""

    rank: ClassVar[int] = 1
    subject: str

    @property
    def key(self) -> str:
        return f"release:{self.subject}"


@dataclass(frozen=True, slots=True)
class DisputeWithdrawn:
    """The payer's bank took the money back until the dispute is settled."""

    rank: ClassVar[int] = 1
    dispute_id: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"dp:{self.dispute_id}:withdrawn"


@dataclass(frozen=True, slots=True)
class Transferred:
    """A party's leg left for the party's own account."""

    rank: ClassVar[int] = 2
    transfer_id: str
    party: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"tr:{self.transfer_id}"


@dataclass(frozen=True, slots=True)
class Reversed:
    """A part of a transfer came back."""

    rank: ClassVar[int] = 3
    reversal_id: str
    transfer_id: str
    party: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"trr:{self.reversal_id}"


@dataclass(frozen=True, slots=True)
class Refunded:
    """A promised refund left the platform's balance."""

    rank: ClassVar[int] = 2
    provider_refund_id: str
    refund_id: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"refund:{self.provider_refund_id}"


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """A refund that had left came back: the payer's bank refused it. The promise stands."""

    rank: ClassVar[int] = 3
    provider_refund_id: str
    refund_id: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"refund:{self.provider_refund_id}:failed"


@dataclass(frozen=True, slots=True)
class Credited:
    """A promise that cannot be delivered becomes a balance owed to the payer."""

    rank: ClassVar[int] = 4
    refund_id: str
    payer: str
    amount_minor: int

    @property
    def key(self) -> str:
        return f"credit:{self.refund_id}"


@dataclass(frozen=True, slots=True)
class DisputeWon:
    """The withdrawn money came back."""

    rank: ClassVar[int] = 2
    dispute_id: str
    amount_minor: int
    movement: Movement

    @property
    def key(self) -> str:
        return f"dp:{self.dispute_id}:won"


@dataclass(frozen=True, slots=True)
class DisputeLost:
    """The withdrawn money stays with the payer."""

    rank: ClassVar[int] = 2
    dispute_id: str
    amount_minor: int

    @property
    def key(self) -> str:
        return f"dp:{self.dispute_id}:lost"


@dataclass(frozen=True, slots=True)
class PlatformMoved:
    """The platform's own money moved: paid out to its bank, or a fee that belongs to no charge."""

    rank: ClassVar[int] = 0
    kind: str
    source: str
    movement: Movement

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.source}:{self.movement.txn_id}"


Fact = (
    Charged
    | Promised
    | Released
    | DisputeWithdrawn
    | Transferred
    | Reversed
    | Refunded
    | RefundFailed
    | Credited
    | DisputeWon
    | DisputeLost
    | PlatformMoved
)
FACTS: dict[str, type[Fact]] = {
    kind.__name__: kind
    for kind in (
        Charged,
        Promised,
        Released,
        DisputeWithdrawn,
        Transferred,
        Reversed,
        Refunded,
        RefundFailed,
        Credited,
        DisputeWon,
        DisputeLost,
        PlatformMoved,
    )
}


def to_json(fact: Fact) -> dict[str, Any]:
    """The fact as stored beside its journal, for the replay from zero."""
    stored: dict[str, Any] = {"fact": type(fact).__name__}
    for part in fields(fact):
        value = getattr(fact, part.name)
        stored[part.name] = asdict(value) if isinstance(value, Movement) else value
    return stored


def from_json(stored: dict[str, Any]) -> Fact:
    """The reverse of `to_json`. Raises KeyError for a kind of fact that this version does not know."""
    values = {name: value for name, value in stored.items() if name != "fact"}
    if isinstance(values.get("movement"), dict):
        values["movement"] = Movement(**values["movement"])
    return FACTS[stored["fact"]](**values)
