"""PURE. How an order of the studio is told: its people, its song, and what happens on which day."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rehearsal.studio.cast import Who

LONG_BARS = 14
SHORT_BARS = 8  # twenty seconds


class Act(StrEnum):
    """One thing that one person does. `await_…` waits for a machine, a bank or a timer."""

    BEGIN = "begin"  # client: the brief
    ROUGH = "rough"  # client: the rough mix
    ASK = "ask"
    OFFER = "offer"
    COUNTER = "counter"
    DECLINE = "decline"
    ACCEPT = "accept"
    BUY = "buy"  # client: the engineer's package at its price
    PAY = "pay"
    PAY_BY_BANK = "pay_by_bank"
    STEMS = "stems"
    SUBMIT = "submit"
    TAKE = "take"  # engineer: accepts the files
    FIRST = "first"  # engineer: delivers version 1
    SECOND = "second"
    COMMENT = "comment"  # client: at a point and over a range
    QUESTION = "question"
    ANSWER = "answer"
    REVISE = "revise"
    APPROVE = "approve"
    CANCEL = "cancel"
    SLOW_BANK = "slow_bank"  # the next refund of this payment stays on its way
    REFUSED_REFUND = "refused_refund"  # the bank sends the refund back
    HELLO = "hello"
    HELLO_BACK = "hello_back"
    WHERE = "where"
    LATE = "late"
    ANGRY = "angry"
    HURT = "hurt"
    LAST = "last"
    AWAIT = "await"  # the state of the row's `until` on this day
    AWAIT_PURGE = "await_purge"


@dataclass(frozen=True)
class Day:
    """What happens with one order on one day. `until` is the state that AWAIT waits for."""

    number: int
    acts: tuple[Act, ...]
    until: str = ""


@dataclass(frozen=True)
class Tale:
    """One order. `from_bar` is where its song is cut from the recording; `stems` are the tracks that are sent."""

    title: str
    client: Who
    engineer: Who
    state: str
    to_see: str
    days: tuple[Day, ...]
    from_bar: int = 0
    bars: int = SHORT_BARS
    stems: tuple[str, ...] = ("kick", "bass", "lead")

    @property
    def seen_by(self) -> tuple[Who, ...]:
        """Its two sides; a draft is its client's alone."""
        return (self.client,) if self.state == "draft" else (self.client, self.engineer)

    @property
    def has_sound(self) -> bool:
        """True when somebody sends a file."""
        return bool({Act.ROUGH, Act.STEMS, Act.FIRST} & {act for day in self.days for act in day.acts})


def on(number: int, acts: str, until: str = "") -> Day:
    """A day, its acts named in a line. ValueError for a name that is no act."""
    named = tuple(Act(name) for name in acts.split())
    return Day(number, (*named, Act.AWAIT) if until and Act.AWAIT not in named else named, until)
