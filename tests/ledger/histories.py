"""Random true histories of one order's money, and unreliable ways of hearing about them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from headroom.ledger import facts as f
from headroom.ledger.booking import Deal, Journal, book, book_all
from headroom.ledger.errors import ParentMissing
from headroom.ledger.split import PLATFORM, Share, freeze

SHARES = freeze(
    [Share("per_engineer", 8000), Share("per_plugin", 500), Share("per_course", 300), Share(PLATFORM, 1200)]
)


@dataclass(frozen=True)
class History:
    """A deal before its first fact, and everything that truly happened, in the order it happened."""

    deal: Deal
    facts: tuple[f.Fact, ...]


def random_history(dice: random.Random, number: int, *, settled_in: str = "USD") -> History:
    """A history that the provider could produce: it never returns or sends more than there is."""
    subject = f"order:ord_{number}"
    start = Deal(subject=subject, currency="USD", shares=SHARES, payer="per_client")
    teller = _Teller(dice, number, start, settled_in)
    teller.charge()
    for _ in range(dice.randint(0, 7)):
        dice.choice(
            [teller.release, teller.refund, teller.transfer, teller.reverse, teller.dispute, teller.fail_refund]
        )()
    return History(deal=start, facts=tuple(teller.facts))


class _Teller:
    def __init__(self, dice: random.Random, number: int, deal: Deal, settled_in: str) -> None:
        self.dice, self.number, self.deal, self.settled_in = dice, number, deal, settled_in
        self.facts: list[f.Fact] = []
        self.settled_refunds: list[f.Refunded] = []

    def tell(self, *found: f.Fact) -> None:
        for fact in found:
            self.deal = book(self.deal, fact).deal
            self.facts.append(fact)

    def name(self, kind: str) -> str:
        return f"{kind}_{self.number}_{len(self.facts)}"

    def moved(self, amount_minor: int, fee_minor: int = 0) -> f.Movement:
        rate = 1 if self.settled_in == "USD" else 3
        return f.Movement(self.name("txn"), amount_minor * rate, fee_minor * rate, self.settled_in)

    def charge(self) -> None:
        amount = self.dice.randint(1, 50_000)
        fee = amount * 29 // 1000 + 30
        self.tell(f.Charged(self.name("ch"), amount, self.moved(amount, fee)))

    def release(self) -> None:
        if not self.deal.is_released:
            self.tell(f.Released(self.deal.subject))

    def refund(self) -> None:
        if self.deal.refundable_minor <= 0:
            return
        amount = self.dice.choice([self.deal.refundable_minor, self.dice.randint(1, self.deal.refundable_minor)])
        promise = self.name("rfd")
        self.tell(f.Promised(promise, amount))
        if self.dice.random() < 0.8:
            settled = f.Refunded(self.name("re"), promise, amount, self.moved(-amount))
            self.tell(settled)
            self.settled_refunds.append(settled)

    def fail_refund(self) -> None:
        if not self.settled_refunds:
            return
        gone = self.settled_refunds.pop()
        self.tell(
            f.RefundFailed(gone.provider_refund_id, gone.refund_id, gone.amount_minor, self.moved(gone.amount_minor))
        )
        if self.dice.random() < 0.5:
            self.tell(f.Credited(gone.refund_id, "per_client", gone.amount_minor))

    def transfer(self) -> None:
        for share in SHARES:
            due = self.deal.outstanding(share.party)
            if share.party != PLATFORM and due > 0:
                self.tell(f.Transferred(self.name("tr"), share.party, due, self.moved(-due)))

    def reverse(self) -> None:
        for share in SHARES:
            back = -self.deal.outstanding(share.party)
            if share.party != PLATFORM and back > 0 and self.dice.random() < 0.7:
                self.tell(f.Reversed(self.name("trr"), "tr", share.party, back, self.moved(back)))

    def dispute(self) -> None:
        if self.deal.refundable_minor <= 0:
            return
        amount = self.dice.randint(1, self.deal.refundable_minor)
        name = self.name("du")
        self.tell(f.DisputeWithdrawn(name, amount, self.moved(-amount, 1500)))
        ending = self.dice.random()
        if ending < 0.4:
            self.tell(f.DisputeWon(name, amount, self.moved(amount)))
        elif ending < 0.8:
            self.tell(f.DisputeLost(name, amount))


def heard(dice: random.Random, history: History) -> tuple[Deal, list[Journal]]:
    """Book a history from hints that are dropped, doubled and shuffled; each hint makes us look at the truth.

    What a look shows is everything that had happened by then, in no order. The last look is the sweep's.
    """
    hints = [dice.randint(1, len(history.facts)) for _ in range(len(history.facts))]
    hints += [hint for hint in hints if dice.random() < 0.3]
    dice.shuffle(hints)
    deal, journals, booked = history.deal, [], frozenset[str]()
    for upto in [*hints, len(history.facts)]:
        seen = list(history.facts[:upto])
        dice.shuffle(seen)
        deal, new = book_all(deal, seen, booked)
        journals += new
        booked |= {journal.key for journal in new}
    return deal, journals


def in_any_order(dice: random.Random, history: History) -> tuple[Deal, list[Journal]]:
    """Book single facts in a random order; one whose parent is missing waits, as a retried job does.

    A credit is our own act: it cannot come before we know that the refund failed.
    """
    waiting = [*history.facts, *history.facts]
    dice.shuffle(waiting)
    deal, journals, booked = history.deal, [], frozenset[str]()
    while waiting:
        fact = waiting.pop(0)
        if isinstance(fact, f.Credited) and not _knows_the_failure(fact, history, booked):
            waiting.append(fact)
            continue
        try:
            deal, new = book_all(deal, [fact], booked)
        except ParentMissing:
            waiting.append(fact)
            continue
        journals += new
        booked |= {journal.key for journal in new}
    return deal, journals


def _knows_the_failure(credit: f.Credited, history: History, booked: frozenset[str]) -> bool:
    failures = [x for x in history.facts if isinstance(x, f.RefundFailed) and x.refund_id == credit.refund_id]
    return all(failure.key in booked for failure in failures)
