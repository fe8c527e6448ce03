"""PURE. From facts to journals.

A `Deal` is the money of one charge as a handful of totals. Each fact moves some totals; `balances` says what
every account of the deal must show for given totals; a journal is the difference of two such pictures plus
what the provider did to its own balance. So the order in which facts are seen cannot matter, a fact seen
twice changes nothing, and a journal that does not sum to zero cannot be built.

A party's entitlement is its split of what is distributable *now*; before release it is all held. What a party
was sent beyond its entitlement is a receivable, what it was not sent yet is payable: never both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from headroom.ledger import facts as f
from headroom.ledger.chart import Account, AccountKind
from headroom.ledger.errors import Overdrawn, ParentMissing
from headroom.ledger.split import PLATFORM, Share, split


@dataclass(frozen=True, slots=True)
class Deal:
    """Totals of one charge, in minor units of `currency`. `home` says where unreleased money stands."""

    subject: str
    currency: str
    shares: tuple[Share, ...]
    home: AccountKind = AccountKind.HELD
    captured_minor: int = 0
    promised_minor: int = 0
    refunded_minor: int = 0
    credited_minor: int = 0
    disputed_minor: int = 0
    lost_minor: int = 0
    is_released: bool = False
    payer: str = ""
    sent: Mapping[str, int] = field(default_factory=dict)
    reversed: Mapping[str, int] = field(default_factory=dict)

    @property
    def distributable_minor(self) -> int:
        """What payer and parties still share: captured, less what went or was promised back."""
        return self.captured_minor - self.promised_minor - self.lost_minor

    @property
    def refundable_minor(self) -> int:
        """What may still be promised back: never what a dispute has already withdrawn."""
        return self.distributable_minor - self.disputed_minor

    def entitlement(self) -> Mapping[str, int]:
        """What each party may keep of what is distributable now; zero before release."""
        if not self.is_released:
            return {share.party: 0 for share in self.shares}
        return split(self.distributable_minor, self.shares)

    def outstanding(self, party: str) -> int:
        """Positive: still to be sent to the party. Negative: the party has that much too much."""
        return self.entitlement()[party] - self.sent.get(party, 0) + self.reversed.get(party, 0)


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of a journal; debit positive."""

    account: Account
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Journal:
    key: str
    kind: str
    subject: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Booking:
    deal: Deal
    journal: Journal


def book(deal: Deal, fact: f.Fact) -> Booking:
    """The deal after `fact` and the journal that says so. The caller guarantees each key is booked once.

    Raises ParentMissing when the fact rests on one that is not booked yet (retry later, nothing is lost) and
    Overdrawn when it would return more than there is.
    """
    after = _MOVES[type(fact)](deal, fact)
    _refuse_overdraft(after, fact)
    movement = getattr(fact, "movement", None)
    totals = _difference(balances(deal), balances(after))
    fee_kind = AccountKind.DISPUTE_FEE if isinstance(fact, f.DisputeWithdrawn | f.DisputeWon) else AccountKind.FEES
    if movement is not None:
        _add_movement(totals, movement, fee_kind)
        _bridge_currencies(totals, deal.currency, movement.currency)
    postings = tuple(Posting(account, amount) for account, amount in sorted(totals.items()) if amount)
    refuse_unbalanced(fact.key, postings)
    kind = fact.key.split(":", 1)[0]
    return Booking(deal=after, journal=Journal(fact.key, kind, deal.subject, postings))


def book_all(deal: Deal, found: Iterable[f.Fact], booked: frozenset[str]) -> tuple[Deal, list[Journal]]:
    """Book every fact whose key is new, in the order in which facts rest on each other."""
    journals: list[Journal] = []
    keys = set(booked)
    for fact in in_dependency_order(found):
        if fact.key in keys:
            continue
        booking = book(deal, fact)
        deal = booking.deal
        keys.add(fact.key)
        journals.append(booking.journal)
    return deal, journals


def in_dependency_order(found: Iterable[f.Fact]) -> list[f.Fact]:
    return sorted(found, key=lambda fact: (fact.rank, fact.key))


def balances(deal: Deal) -> dict[Account, int]:
    """What each of the deal's own accounts must show, debit positive; zero balances are left out."""
    currency, subject = deal.currency, deal.subject
    shown: dict[Account, int] = {}

    def put(kind: AccountKind, amount_minor: int, owner: str = "", *, platform_wide: bool = False) -> None:
        if amount_minor:
            shown[Account(kind, currency, owner, "" if platform_wide else subject)] = amount_minor

    if not deal.is_released:
        put(deal.home, -deal.distributable_minor)
    for party, entitled in deal.entitlement().items():
        if party == PLATFORM:
            put(AccountKind.REVENUE, -entitled, platform_wide=True)
            continue
        outstanding = deal.outstanding(party)
        put(AccountKind.PAY, -max(outstanding, 0), party)
        put(AccountKind.RECEIVABLE, max(-outstanding, 0), party)
    in_flight = deal.promised_minor - deal.refunded_minor - deal.credited_minor
    put(AccountKind.REFUNDS_IN_FLIGHT, -in_flight)
    put(AccountKind.CREDIT, -deal.credited_minor, deal.payer)
    put(AccountKind.DISPUTED, deal.disputed_minor)
    return shown


# The other side of what the platform's own balance did, by the provider's kind of movement.
PLATFORM_KINDS: dict[str, AccountKind] = {
    "payout": AccountKind.BANK,
    "payout_cancel": AccountKind.BANK,
    "payout_failure": AccountKind.BANK,
    "topup": AccountKind.BANK,
    "topup_reversal": AccountKind.BANK,
    "stripe_fee": AccountKind.FEES,
}
PLATFORM_SUBJECT = "platform:own"


def book_platform(fact: f.PlatformMoved) -> Journal:
    """The journal of a movement that belongs to no charge. KeyError for a kind this chart does not know."""
    stripe = Account(AccountKind.STRIPE, fact.movement.currency)
    other = Account(PLATFORM_KINDS[fact.kind], fact.movement.currency)
    net = fact.movement.net_minor
    return Journal(fact.key, fact.kind, PLATFORM_SUBJECT, (Posting(stripe, net), Posting(other, -net)))


def correcting(key: str, wrong: Journal) -> Journal:
    """A journal that undoes `wrong`, line by line. Nothing is ever changed or deleted."""
    postings = tuple(Posting(line.account, -line.amount_minor) for line in wrong.postings)
    return Journal(key=key, kind="correction", subject=wrong.subject, postings=postings)


def refuse_unbalanced(key: str, postings: Iterable[Posting]) -> None:
    """Raises AssertionError unless the postings sum to zero in each currency."""
    sums: dict[str, int] = {}
    for line in postings:
        sums[line.account.currency] = sums.get(line.account.currency, 0) + line.amount_minor
    if any(sums.values()):
        raise AssertionError(f"journal {key} does not balance: {sums}")


def _difference(before: Mapping[Account, int], after: Mapping[Account, int]) -> dict[Account, int]:
    accounts = before.keys() | after.keys()
    return {account: after.get(account, 0) - before.get(account, 0) for account in accounts}


def _add_movement(totals: dict[Account, int], movement: f.Movement, fee_kind: AccountKind) -> None:
    stripe = Account(AccountKind.STRIPE, movement.currency)
    fees = Account(fee_kind, movement.currency)
    totals[stripe] = totals.get(stripe, 0) + movement.net_minor
    totals[fees] = totals.get(fees, 0) + movement.fee_minor


def _bridge_currencies(totals: dict[Account, int], deal_currency: str, settled_currency: str) -> None:
    """Put what is missing in each of two currencies to `fx`; with one currency nothing may be missing."""
    if deal_currency == settled_currency:
        return
    for currency in (deal_currency, settled_currency):
        missing = -sum(amount for account, amount in totals.items() if account.currency == currency)
        totals[Account(AccountKind.FX, currency)] = missing


def _refuse_overdraft(deal: Deal, fact: f.Fact) -> None:
    """Raises Overdrawn when a total stands where no true history could bring it."""
    in_flight = deal.promised_minor - deal.refunded_minor - deal.credited_minor
    if min(deal.distributable_minor, deal.disputed_minor, in_flight) < 0:
        raise Overdrawn(subject=deal.subject, fact=fact.key)
    for party, back in deal.reversed.items():
        if back > deal.sent.get(party, 0):
            raise Overdrawn(subject=deal.subject, fact=fact.key, party=party)


def _need(deal: Deal, fact: f.Fact, parent_is_booked: bool) -> None:
    if not parent_is_booked:
        raise ParentMissing(subject=deal.subject, fact=fact.key)


def _charged(deal: Deal, fact: f.Charged) -> Deal:
    if deal.captured_minor:
        raise Overdrawn(subject=deal.subject, fact=fact.key)
    return replace(deal, captured_minor=fact.amount_minor)


def _promised(deal: Deal, fact: f.Promised) -> Deal:
    _need(deal, fact, deal.captured_minor > 0)
    return replace(deal, promised_minor=deal.promised_minor + fact.amount_minor)


def _refunded(deal: Deal, fact: f.Refunded) -> Deal:
    _need(deal, fact, deal.promised_minor - deal.refunded_minor >= fact.amount_minor)
    return replace(deal, refunded_minor=deal.refunded_minor + fact.amount_minor)


def _refund_failed(deal: Deal, fact: f.RefundFailed) -> Deal:
    _need(deal, fact, deal.refunded_minor >= fact.amount_minor)
    return replace(deal, refunded_minor=deal.refunded_minor - fact.amount_minor)


def _credited(deal: Deal, fact: f.Credited) -> Deal:
    _need(deal, fact, deal.promised_minor - deal.refunded_minor >= fact.amount_minor)
    return replace(deal, credited_minor=deal.credited_minor + fact.amount_minor, payer=fact.payer)


def _released(deal: Deal, fact: f.Released) -> Deal:
    _need(deal, fact, deal.captured_minor > 0)
    return replace(deal, is_released=True)


def _transferred(deal: Deal, fact: f.Transferred) -> Deal:
    _need(deal, fact, deal.is_released)
    return replace(deal, sent=_plus(deal.sent, fact.party, fact.amount_minor))


def _reversed(deal: Deal, fact: f.Reversed) -> Deal:
    back = _plus(deal.reversed, fact.party, fact.amount_minor)
    _need(deal, fact, deal.sent.get(fact.party, 0) >= back[fact.party])
    return replace(deal, reversed=back)


def _withdrawn(deal: Deal, fact: f.DisputeWithdrawn) -> Deal:
    _need(deal, fact, deal.captured_minor > 0)
    return replace(deal, disputed_minor=deal.disputed_minor + fact.amount_minor)


def _won(deal: Deal, fact: f.DisputeWon) -> Deal:
    _need(deal, fact, deal.disputed_minor >= fact.amount_minor)
    return replace(deal, disputed_minor=deal.disputed_minor - fact.amount_minor)


def _lost(deal: Deal, fact: f.DisputeLost) -> Deal:
    _need(deal, fact, deal.disputed_minor >= fact.amount_minor)
    lost = deal.lost_minor + fact.amount_minor
    return replace(deal, disputed_minor=deal.disputed_minor - fact.amount_minor, lost_minor=lost)


def _plus(totals: Mapping[str, int], party: str, amount_minor: int) -> dict[str, int]:
    return {**totals, party: totals.get(party, 0) + amount_minor}


_MOVES: dict[type, Callable[..., Deal]] = {
    f.Charged: _charged,
    f.Promised: _promised,
    f.Refunded: _refunded,
    f.RefundFailed: _refund_failed,
    f.Credited: _credited,
    f.Released: _released,
    f.Transferred: _transferred,
    f.Reversed: _reversed,
    f.DisputeWithdrawn: _withdrawn,
    f.DisputeWon: _won,
    f.DisputeLost: _lost,
}
