"""PURE. When silence ends a state, when people are reminded, and the fair review timer.

The order stores one `deadline_at` with the event it fires; the worker compares instants and nothing else,
so a job may run twice or late without a second effect.

The fair timer, by which an unanswered delivery counts as approved:
F1  it starts when the delivery passed its checks *and* the client was told (mail accepted, or seen in the app)
F2  it pauses while a question of the client waits for the engineer
F3  the client may extend it once, by seven days
F4  reminders three days, one day and two hours before, with the amount and the time in the client's zone
F5  after an automatic approval, clearing waits 72 hours for a claim of an objective defect
F6  it reads the stored deadline, never "now minus created"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from headroom.mixing.states import Event, Role, State, timer_moves

DELAYS: Mapping[str, timedelta] = MappingProxyType(
    {
        "draft_idle": timedelta(days=30),
        "quote_unanswered": timedelta(days=7),
        "offer_lapsed": timedelta(days=7),
        "checkout_expired": timedelta(hours=24),  # the longest a checkout session may live
        "payment_lost": timedelta(days=14),  # slow bank methods answer within two weeks
        "files_never_came": timedelta(days=21),
        "intake_unanswered": timedelta(hours=72),
        "never_delivered": timedelta(days=7),  # after due_at
        "auto_approve": timedelta(days=7),  # the review window; fair timer
        "delivery_unseen": timedelta(days=30),  # mail refused and page never opened: a person looks at it
        "revision_overdue": timedelta(days=7),  # after the revision's own due time
        "terms_unanswered": timedelta(hours=72),
        "client_silent": timedelta(days=5),
        "engineer_silent": timedelta(days=5),
        "ruling_overdue": timedelta(days=21),
        "clearing": timedelta(days=7),  # the slowest tier; see CLEARING
        "leg_unpayable": timedelta(days=90),
        "refund_credited": timedelta(days=30),
    }
)
RETRIES: Mapping[str, tuple[timedelta, ...]] = MappingProxyType(
    {"refund_retry": (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))}
)
OVERDUE_GRACE = timedelta(hours=24)  # the client may cancel an order this long after due_at
REVISION_TIME = timedelta(days=5)  # default service level of a revision
REVIEW_EXTENSION = timedelta(days=7)
DEFECT_CLAIM = timedelta(hours=72)  # F5


class Tier(StrEnum):
    """How well a payee is known; decides how long money clears after approval."""

    NEW = "new"
    KNOWN = "known"
    TRUSTED = "trusted"


CLEARING: Mapping[Tier, timedelta] = MappingProxyType(
    {Tier.NEW: timedelta(days=7), Tier.KNOWN: timedelta(days=3), Tier.TRUSTED: timedelta()}
)
KNOWN_AFTER = 3  # completed orders
TRUSTED_AFTER = 20


def tier_of(completed_orders: int, *, lost_disputes: int) -> Tier:
    """The payee's tier; one lost dispute makes anyone new again."""
    if lost_disputes or completed_orders < KNOWN_AFTER:
        return Tier.NEW
    return Tier.TRUSTED if completed_orders >= TRUSTED_AFTER else Tier.KNOWN


def clears_at(approved_at: datetime, *, by_click: bool, tier: Tier) -> datetime:
    """When approved money may leave. Zero time is possible only after a click."""
    wait = CLEARING[tier]
    return approved_at + (wait if by_click else max(wait, DEFECT_CLAIM))


@dataclass(frozen=True, slots=True)
class Review:
    """The review of one delivery: facts in, deadline out. Times are instants in UTC."""

    passed_at: datetime
    told_at: datetime | None = None  # the mail server took the message
    seen_at: datetime | None = None  # the client opened the page
    deadline_at: datetime | None = None  # None: the timer has not started
    paused_at: datetime | None = None
    extended_at: datetime | None = None


def told(review: Review, *, at: datetime, window: timedelta = DELAYS["auto_approve"]) -> Review:
    """F1: the mail server accepted the notice. Later news change nothing."""
    return _started(replace(review, told_at=review.told_at or at), at, window)


def seen(review: Review, *, at: datetime, window: timedelta = DELAYS["auto_approve"]) -> Review:
    """F1: the client saw the delivery in the app."""
    return _started(replace(review, seen_at=review.seen_at or at), at, window)


def _started(review: Review, at: datetime, window: timedelta) -> Review:
    if review.deadline_at is not None:
        return review
    return replace(review, deadline_at=max(at, review.passed_at) + window)


def paused(review: Review, *, at: datetime) -> Review:
    """F2: a question waits for the engineer. A second question changes nothing."""
    return replace(review, paused_at=review.paused_at or at)


def resumed(review: Review, *, at: datetime) -> Review:
    """F2: the last open question was answered; the pause is added to the deadline."""
    if review.paused_at is None:
        return review
    waited = max(at - review.paused_at, timedelta())
    shifted = review.deadline_at + waited if review.deadline_at is not None else None
    return replace(review, paused_at=None, deadline_at=shifted)


def can_extend(review: Review) -> bool:
    """F3: once, and only while the timer exists."""
    return review.extended_at is None and review.deadline_at is not None


def extended(review: Review, *, at: datetime) -> Review:
    """F3: seven days more. ValueError when it was extended before or has not started."""
    if not can_extend(review) or review.deadline_at is None:
        raise ValueError("a review is extended once, after it started")
    return replace(review, extended_at=at, deadline_at=review.deadline_at + REVIEW_EXTENSION)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the timers of an order look at."""

    state: State
    since: datetime  # when the order entered `state`
    due_at: datetime | None = None  # in_progress: the promised instant; revising: the revision's
    offer_expires_at: datetime | None = None
    clears_at: datetime | None = None
    review: Review | None = None
    awaiting_statement_of: Role | None = None
    statement_since: datetime | None = None  # when that side was asked


@dataclass(frozen=True, slots=True)
class Deadline:
    event: Event
    at: datetime


def deadline(facts: Facts) -> Deadline | None:
    """The next thing that silence causes; None in terminal states and while a provider retries."""
    candidates = [_instant(move.timer, facts) for move in timer_moves(facts.state)]
    pairs = zip(timer_moves(facts.state), candidates, strict=True)
    found = [Deadline(move.event, at) for move, at in pairs if at is not None]
    return min(found, key=lambda due: due.at, default=None)


def _instant(timer: str, facts: Facts) -> datetime | None:
    if timer == "auto_approve":
        running = facts.review is not None and facts.review.paused_at is None
        return facts.review.deadline_at if running and facts.review is not None else None
    if timer == "delivery_unseen":
        never_told = facts.review is None or facts.review.deadline_at is None
        paused_at = facts.review.paused_at if facts.review is not None else None
        start = facts.since if never_told else paused_at
        return start + DELAYS[timer] if start is not None else None
    if timer in ("client_silent", "engineer_silent"):
        side = Role.CLIENT if timer == "client_silent" else Role.ENGINEER
        asked = facts.statement_since or facts.since
        return asked + DELAYS[timer] if facts.awaiting_statement_of is side else None
    if timer == "clearing":
        return facts.clears_at or facts.since + DELAYS[timer]
    if timer == "offer_lapsed":
        return facts.offer_expires_at or facts.since + DELAYS[timer]
    anchor = facts.due_at if timer in ("never_delivered", "revision_overdue") else facts.since
    return (anchor or facts.since) + DELAYS[timer]


def may_cancel_overdue(due_at: datetime | None, *, now: datetime) -> bool:
    """The engineer is more than a day late."""
    return due_at is not None and now > due_at + OVERDUE_GRACE


@dataclass(frozen=True, slots=True)
class Reminder:
    """One nudge before a deadline. `key` makes it unique together with the deadline's instant."""

    key: str
    to: Role
    at: datetime


# fmt: off
_AFTER_ENTRY: Mapping[State, tuple[tuple[str, Role, timedelta], ...]] = {
    State.QUOTING:        (("quote_d2", Role.ENGINEER, timedelta(days=2)),
                           ("quote_d5", Role.ENGINEER, timedelta(days=5))),
    State.OFFERED:        (("offer_d5", Role.CLIENT, timedelta(days=5)),),
    State.AWAITING_FILES: (("files_d2", Role.CLIENT, timedelta(days=2)),
                           ("files_d5", Role.CLIENT, timedelta(days=5)),
                           ("files_d10", Role.CLIENT, timedelta(days=10))),
    State.INTAKE:         (("intake_h24", Role.ENGINEER, timedelta(hours=24)),
                           ("intake_h60", Role.ENGINEER, timedelta(hours=60))),
}
_BEFORE_REVIEW_ENDS: tuple[tuple[str, timedelta], ...] = (
    ("review_d3", timedelta(days=3)), ("review_d1", timedelta(days=1)), ("review_h2", timedelta(hours=2)),
)
# fmt: on


def reminders(facts: Facts) -> tuple[Reminder, ...]:
    """All nudges that belong to the order's present state, soonest first."""
    found = [Reminder(key, to, facts.since + after) for key, to, after in _AFTER_ENTRY.get(facts.state, ())]
    if facts.state in (State.IN_PROGRESS, State.REVISING) and facts.due_at is not None:
        found.append(Reminder("due_h24", Role.ENGINEER, facts.due_at - timedelta(hours=24)))
        found.append(Reminder("due_now", Role.ENGINEER, facts.due_at))
    if facts.state is State.DELIVERED and (due := deadline(facts)) and due.event is Event.AUTO_APPROVE:
        found += [Reminder(key, Role.CLIENT, due.at - before) for key, before in _BEFORE_REVIEW_ENDS]
    if facts.state is State.DISPUTED and facts.awaiting_statement_of is not None:
        asked = facts.statement_since or facts.since
        found.append(Reminder("statement_d3", facts.awaiting_statement_of, asked + timedelta(days=3)))
    return tuple(sorted(found, key=lambda one: one.at))


def due_reminder(facts: Facts, *, now: datetime, sent: frozenset[str]) -> Reminder | None:
    """The latest nudge whose time has come and that was not sent; earlier ones it passed over are skipped."""
    come = [one for one in reminders(facts) if one.at <= now]
    return come[-1] if come and come[-1].key not in sent else None


def next_attention(facts: Facts, *, now: datetime) -> datetime | None:
    """When the worker must look at this order again: the next reminder after `now`, or the deadline."""
    due = deadline(facts)
    ahead = [one.at for one in reminders(facts) if one.at > now]
    return min([*ahead, *([due.at] if due else [])], default=None)
