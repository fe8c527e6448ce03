"""PURE. The order as four regions, and every move of the human deal as one table.

An order is not one status. Four regions move on their own:

    order     what client and engineer agreed and did       `State`, `MOVES`         stored in `mix_order.state`
    payment   what the payer's money did                    `PaymentState`           stored in `mix_order.payment_state`
    legs      what each payee's share did                   `LEG_STATES`             lives in the ledger
    files     what each stored object did                   `FILE_STATES`            lives in files

A verb never writes a state: it asks `next_move(state, event, role, holds)` for the row and applies it.
Guards are names here and predicates in the verbs; a guard that two rows share splits one event in two ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """Who makes a move."""

    CLIENT = "client"
    ENGINEER = "engineer"
    STAFF = "staff"
    PROVIDER = "provider"  # a fact read back from the payment provider
    WORKER = "worker"  # our own bookkeeping came to an end
    TIMER = "timer"  # a human stayed silent


class State(StrEnum):
    DRAFT = "draft"
    QUOTING = "quoting"
    OFFERED = "offered"
    AWAITING_PAYMENT = "awaiting_payment"
    PAYMENT_PENDING = "payment_pending"
    AWAITING_FILES = "awaiting_files"
    INTAKE = "intake"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    REVISING = "revising"
    SETTLING_TERMS = "settling_terms"
    DISPUTED = "disputed"
    APPROVED = "approved"
    RELEASING = "releasing"
    COMPLETED = "completed"
    REFUND_DUE = "refund_due"
    REFUND_STUCK = "refund_stuck"
    CLOSED_REFUNDED = "closed_refunded"
    EXPIRED = "expired"
    DECLINED = "declined"


STATES: tuple[State, ...] = tuple(State)
TERMINAL: frozenset[State] = frozenset({State.COMPLETED, State.CLOSED_REFUNDED, State.EXPIRED, State.DECLINED})
UNPAID: frozenset[State] = frozenset(
    {State.DRAFT, State.QUOTING, State.OFFERED, State.AWAITING_PAYMENT, State.PAYMENT_PENDING}
    | {State.EXPIRED, State.DECLINED}
)


class Event(StrEnum):
    """What happened; the imperative is the verb's."""

    REQUEST_QUOTE = "request_quote"
    BUY_PACKAGE = "buy_package"
    SEND_OFFER = "send_offer"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    ACCEPT_OFFER = "accept_offer"
    COUNTER = "counter"
    WITHDRAW_OFFER = "withdraw_offer"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_PROCESSING = "payment_processing"
    PAYMENT_FAILED = "payment_failed"
    CLIENT_BACK = "client_back"
    LATE_PAYMENT = "late_payment"
    SUBMIT_FILES = "submit_files"
    ACCEPT_FILES = "accept_files"
    REQUEST_FILES = "request_files"
    REJECT_JOB = "reject_job"
    CANCEL = "cancel"
    ENGINEER_CANCEL = "engineer_cancel"
    CANCEL_OVERDUE = "cancel_overdue"
    DELIVER_FIRST = "deliver_first"
    DELIVER_NEXT = "deliver_next"
    APPROVE = "approve"
    REQUEST_REVISION = "request_revision"
    WITHDRAW_REVISION = "withdraw_revision"
    PROPOSE_SETTLEMENT = "propose_settlement"
    ACCEPT_TERMS = "accept_terms"
    REJECT_TERMS = "reject_terms"
    OPEN_DISPUTE = "open_dispute"
    SETTLE = "settle"
    RULE = "rule"
    RULE_RELEASE = "rule_release"
    CLEAR = "clear"
    LEGS_SETTLED = "legs_settled"
    REFUND_SETTLED = "refund_settled"
    REFUND_FAILED = "refund_failed"
    ZERO_REFUND = "zero_refund"
    MANUAL_REFUND = "manual_refund"
    # a human stayed silent
    DRAFT_IDLE = "draft_idle"
    QUOTE_UNANSWERED = "quote_unanswered"
    OFFER_LAPSED = "offer_lapsed"
    CHECKOUT_EXPIRED = "checkout_expired"
    PAYMENT_LOST = "payment_lost"
    FILES_NEVER_CAME = "files_never_came"
    INTAKE_UNANSWERED = "intake_unanswered"
    NEVER_DELIVERED = "never_delivered"
    AUTO_APPROVE = "auto_approve"
    DELIVERY_UNSEEN = "delivery_unseen"
    REVISION_OVERDUE = "revision_overdue"
    TERMS_UNANSWERED = "terms_unanswered"
    CLIENT_SILENT = "client_silent"
    ENGINEER_SILENT = "engineer_silent"
    RULING_OVERDUE = "ruling_overdue"
    LEG_UNPAYABLE = "leg_unpayable"
    REFUND_CREDITED = "refund_credited"


class Guard(StrEnum):
    """What must hold besides the state. Each is a predicate beside the verb that makes the move."""

    NONE = "none"
    OPEN_FOR_ORDERS = "open_for_orders"  # engineer takes orders, capacity is free, the version is frozen
    OFFER_COMPLETE = "offer_complete"  # price, split, due days, revisions and deliverables stand in it
    OFFER_OPEN = "offer_open"  # neither lapsed nor superseded
    PAID_AS_QUOTED = "paid_as_quoted"  # amount, currency and order are those of the frozen quote
    FILES_READABLE = "files_readable"  # every declared file is ready; the checklist is complete
    FINDINGS_ANSWERED = "findings_answered"  # no blocking finding that the engineer has not waived by name
    REASONS_GIVEN = "reasons_given"  # each returned file says why
    DELIVERY_COMPLETE = "delivery_complete"  # checks passed, each promised deliverable present
    NEW_VERSION = "new_version"  # complete, and its bytes differ from the last version's
    OVERDUE = "overdue"  # now > due_at + 24 h
    ROUND_AVAILABLE = "round_available"  # rounds left, an extra one paid, or an objective defect
    WITHIN_REFUNDABLE = "within_refundable"  # 0 ≤ refund ≤ refundable
    OTHER_SIDE = "other_side"  # the answer is not the proposer's own
    EVIDENCE_FROZEN = "evidence_frozen"
    CLEARED = "cleared"  # clearing time over, no chargeback or fraud warning open
    NOTHING_KEPT = "nothing_kept"  # the refund was the whole price
    SOMETHING_KEPT = "something_kept"  # the engineer keeps a part, which is released next
    METHOD_PROVEN = "method_proven"


class MoneyTag(StrEnum):
    """What a move does to the money. R100, SPLIT and RELEASE decide a settlement; the rest carry it out."""

    NONE = "-"
    HOLD = "HOLD"  # the payment is held
    R100 = "R100"  # everything goes back
    SPLIT = "SPLIT"  # agreed or ruled cents go back, the rest is kept
    RELEASE = "RELEASE"  # everything goes to the payees
    REST = "REST"  # what a split left is released
    REFUND = "REFUND"  # a decided refund reached the payer
    PARK = "PARK"  # an unpayable share waits, owed
    CREDIT = "CREDIT"  # an undeliverable refund becomes a balance, still owed


SETTLING: frozenset[MoneyTag] = frozenset({MoneyTag.R100, MoneyTag.SPLIT, MoneyTag.RELEASE})


class Move(NamedTuple):
    source: State
    event: Event
    roles: frozenset[Role]
    target: State
    guard: Guard
    money: MoneyTag
    timer: str  # the delay in deadlines.DELAYS that fires it; "" for moves that no timer makes


_C, _E, _A = frozenset({Role.CLIENT}), frozenset({Role.ENGINEER}), frozenset({Role.STAFF})
_CE = _C | _E
_S, _W, _T = frozenset({Role.PROVIDER}), frozenset({Role.WORKER}), frozenset({Role.TIMER})
_ST = _S | _T
_s, _e, _g, _m = State, Event, Guard, MoneyTag

# fmt: off
MOVES: tuple[Move, ...] = (
    #    from                 event                   who  to                   guard                 money      timer
    Move(_s.DRAFT,            _e.REQUEST_QUOTE,       _C,  _s.QUOTING,          _g.OPEN_FOR_ORDERS,   _m.NONE,    ""),
    Move(_s.DRAFT,            _e.BUY_PACKAGE,         _C,  _s.AWAITING_PAYMENT, _g.OPEN_FOR_ORDERS,   _m.NONE,    ""),
    Move(_s.DRAFT,            _e.DRAFT_IDLE,          _T,  _s.EXPIRED,          _g.NONE,              _m.NONE,    "draft_idle"),
    Move(_s.DRAFT,            _e.LATE_PAYMENT,        _S,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),

    Move(_s.QUOTING,          _e.SEND_OFFER,          _E,  _s.OFFERED,          _g.OFFER_COMPLETE,    _m.NONE,    ""),
    Move(_s.QUOTING,          _e.DECLINE,             _E,  _s.DECLINED,         _g.NONE,              _m.NONE,    ""),
    Move(_s.QUOTING,          _e.WITHDRAW,            _C,  _s.EXPIRED,          _g.NONE,              _m.NONE,    ""),
    Move(_s.QUOTING,          _e.QUOTE_UNANSWERED,    _T,  _s.EXPIRED,          _g.NONE,              _m.NONE,    "quote_unanswered"),
    Move(_s.QUOTING,          _e.LATE_PAYMENT,        _S,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),

    Move(_s.OFFERED,          _e.ACCEPT_OFFER,        _C,  _s.AWAITING_PAYMENT, _g.OFFER_OPEN,        _m.NONE,    ""),
    Move(_s.OFFERED,          _e.COUNTER,             _C,  _s.QUOTING,          _g.NONE,              _m.NONE,    ""),
    Move(_s.OFFERED,          _e.WITHDRAW_OFFER,      _E,  _s.QUOTING,          _g.NONE,              _m.NONE,    ""),
    Move(_s.OFFERED,          _e.OFFER_LAPSED,        _T,  _s.EXPIRED,          _g.NONE,              _m.NONE,    "offer_lapsed"),
    Move(_s.OFFERED,          _e.LATE_PAYMENT,        _S,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),

    Move(_s.AWAITING_PAYMENT, _e.PAYMENT_SUCCEEDED,   _S,  _s.AWAITING_FILES,   _g.PAID_AS_QUOTED,    _m.HOLD,    ""),
    Move(_s.AWAITING_PAYMENT, _e.PAYMENT_PROCESSING,  _S,  _s.PAYMENT_PENDING,  _g.NONE,              _m.NONE,    ""),
    Move(_s.AWAITING_PAYMENT, _e.CLIENT_BACK,         _C,  _s.DRAFT,            _g.NONE,              _m.NONE,    ""),
    Move(_s.AWAITING_PAYMENT, _e.CHECKOUT_EXPIRED,    _ST, _s.EXPIRED,          _g.NONE,              _m.NONE,    "checkout_expired"),

    Move(_s.PAYMENT_PENDING,  _e.PAYMENT_SUCCEEDED,   _S,  _s.AWAITING_FILES,   _g.PAID_AS_QUOTED,    _m.HOLD,    ""),
    Move(_s.PAYMENT_PENDING,  _e.PAYMENT_FAILED,      _S,  _s.AWAITING_PAYMENT, _g.NONE,              _m.NONE,    ""),
    Move(_s.PAYMENT_PENDING,  _e.PAYMENT_LOST,        _T,  _s.EXPIRED,          _g.NONE,              _m.NONE,    "payment_lost"),

    Move(_s.AWAITING_FILES,   _e.SUBMIT_FILES,        _C,  _s.INTAKE,           _g.FILES_READABLE,    _m.NONE,    ""),
    Move(_s.AWAITING_FILES,   _e.CANCEL,              _C,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.AWAITING_FILES,   _e.ENGINEER_CANCEL,     _E,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.AWAITING_FILES,   _e.FILES_NEVER_CAME,    _T,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    "files_never_came"),

    Move(_s.INTAKE,           _e.ACCEPT_FILES,        _E,  _s.IN_PROGRESS,      _g.FINDINGS_ANSWERED, _m.NONE,    ""),
    Move(_s.INTAKE,           _e.REQUEST_FILES,       _E,  _s.AWAITING_FILES,   _g.REASONS_GIVEN,     _m.NONE,    ""),
    Move(_s.INTAKE,           _e.REJECT_JOB,          _E,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.INTAKE,           _e.CANCEL,              _C,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.INTAKE,           _e.INTAKE_UNANSWERED,   _T,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    "intake_unanswered"),

    Move(_s.IN_PROGRESS,      _e.DELIVER_FIRST,       _E,  _s.DELIVERED,        _g.DELIVERY_COMPLETE, _m.NONE,    ""),
    Move(_s.IN_PROGRESS,      _e.ENGINEER_CANCEL,     _E,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.IN_PROGRESS,      _e.CANCEL_OVERDUE,      _C,  _s.REFUND_DUE,       _g.OVERDUE,           _m.R100,    ""),
    Move(_s.IN_PROGRESS,      _e.PROPOSE_SETTLEMENT,  _CE, _s.SETTLING_TERMS,   _g.WITHIN_REFUNDABLE, _m.NONE,    ""),
    Move(_s.IN_PROGRESS,      _e.OPEN_DISPUTE,        _C,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    ""),
    Move(_s.IN_PROGRESS,      _e.NEVER_DELIVERED,     _T,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    "never_delivered"),

    Move(_s.DELIVERED,        _e.APPROVE,             _C,  _s.APPROVED,         _g.NONE,              _m.NONE,    ""),
    Move(_s.DELIVERED,        _e.REQUEST_REVISION,    _C,  _s.REVISING,         _g.ROUND_AVAILABLE,   _m.NONE,    ""),
    Move(_s.DELIVERED,        _e.OPEN_DISPUTE,        _C,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    ""),
    Move(_s.DELIVERED,        _e.PROPOSE_SETTLEMENT,  _CE, _s.SETTLING_TERMS,   _g.WITHIN_REFUNDABLE, _m.NONE,    ""),
    Move(_s.DELIVERED,        _e.AUTO_APPROVE,        _T,  _s.APPROVED,         _g.NONE,              _m.NONE,    "auto_approve"),
    Move(_s.DELIVERED,        _e.DELIVERY_UNSEEN,     _T,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    "delivery_unseen"),

    Move(_s.REVISING,         _e.DELIVER_NEXT,        _E,  _s.DELIVERED,        _g.NEW_VERSION,       _m.NONE,    ""),
    Move(_s.REVISING,         _e.WITHDRAW_REVISION,   _C,  _s.DELIVERED,        _g.NONE,              _m.NONE,    ""),
    Move(_s.REVISING,         _e.OPEN_DISPUTE,        _CE, _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    ""),
    Move(_s.REVISING,         _e.PROPOSE_SETTLEMENT,  _CE, _s.SETTLING_TERMS,   _g.WITHIN_REFUNDABLE, _m.NONE,    ""),
    Move(_s.REVISING,         _e.REVISION_OVERDUE,    _T,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    "revision_overdue"),

    Move(_s.SETTLING_TERMS,   _e.ACCEPT_TERMS,        _CE, _s.REFUND_DUE,       _g.OTHER_SIDE,        _m.SPLIT,   ""),
    Move(_s.SETTLING_TERMS,   _e.REJECT_TERMS,        _CE, _s.DISPUTED,         _g.OTHER_SIDE,        _m.NONE,    ""),
    Move(_s.SETTLING_TERMS,   _e.TERMS_UNANSWERED,    _T,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    "terms_unanswered"),

    Move(_s.DISPUTED,         _e.SETTLE,              _CE, _s.REFUND_DUE,       _g.OTHER_SIDE,        _m.SPLIT,   ""),
    Move(_s.DISPUTED,         _e.RULE,                _A,  _s.REFUND_DUE,       _g.WITHIN_REFUNDABLE, _m.SPLIT,   ""),
    Move(_s.DISPUTED,         _e.RULE_RELEASE,        _A,  _s.APPROVED,         _g.NONE,              _m.NONE,    ""),
    Move(_s.DISPUTED,         _e.CLIENT_SILENT,       _T,  _s.APPROVED,         _g.NONE,              _m.NONE,    "client_silent"),
    Move(_s.DISPUTED,         _e.ENGINEER_SILENT,     _T,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    "engineer_silent"),
    Move(_s.DISPUTED,         _e.RULING_OVERDUE,      _T,  _s.REFUND_DUE,       _g.NONE,              _m.SPLIT,   "ruling_overdue"),

    Move(_s.APPROVED,         _e.CLEAR,               _T,  _s.RELEASING,        _g.CLEARED,           _m.RELEASE, "clearing"),
    Move(_s.APPROVED,         _e.OPEN_DISPUTE,        _C,  _s.DISPUTED,         _g.EVIDENCE_FROZEN,   _m.NONE,    ""),

    Move(_s.RELEASING,        _e.LEGS_SETTLED,        _W,  _s.COMPLETED,        _g.NONE,              _m.NONE,    ""),
    Move(_s.RELEASING,        _e.LEG_UNPAYABLE,       _T,  _s.COMPLETED,        _g.NONE,              _m.PARK,    "leg_unpayable"),

    Move(_s.REFUND_DUE,       _e.REFUND_SETTLED,      _S,  _s.CLOSED_REFUNDED,  _g.NOTHING_KEPT,      _m.REFUND,  ""),
    Move(_s.REFUND_DUE,       _e.REFUND_SETTLED,      _S,  _s.RELEASING,        _g.SOMETHING_KEPT,    _m.REST,    ""),
    Move(_s.REFUND_DUE,       _e.REFUND_FAILED,       _S,  _s.REFUND_STUCK,     _g.NONE,              _m.NONE,    ""),
    Move(_s.REFUND_DUE,       _e.ZERO_REFUND,         _W,  _s.RELEASING,        _g.SOMETHING_KEPT,    _m.REST,    ""),

    Move(_s.REFUND_STUCK,     _e.MANUAL_REFUND,       _A,  _s.CLOSED_REFUNDED,  _g.METHOD_PROVEN,     _m.REFUND,  ""),
    Move(_s.REFUND_STUCK,     _e.REFUND_SETTLED,      _S,  _s.CLOSED_REFUNDED,  _g.NOTHING_KEPT,      _m.REFUND,  ""),
    Move(_s.REFUND_STUCK,     _e.REFUND_SETTLED,      _S,  _s.RELEASING,        _g.SOMETHING_KEPT,    _m.REST,    ""),
    Move(_s.REFUND_STUCK,     _e.REFUND_CREDITED,     _T,  _s.CLOSED_REFUNDED,  _g.NONE,              _m.CREDIT,  "refund_credited"),

    Move(_s.EXPIRED,          _e.LATE_PAYMENT,        _S,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
    Move(_s.DECLINED,         _e.LATE_PAYMENT,        _S,  _s.REFUND_DUE,       _g.NONE,              _m.R100,    ""),
)
# fmt: on

Holds = Callable[[Guard], bool]


class NoMove(NamedTuple):
    """Why an event cannot happen now. `guard` is set when only the guard refused."""

    state: State
    event: Event
    guard: Guard | None


def next_move(state: State, event: Event, role: Role, holds: Holds) -> Move | NoMove:
    """The one row that `role` takes from `state` on `event`, or why there is none.

    `holds(guard)` answers for each guard of the candidate rows, in table order; the first that holds wins.
    """
    refused: Guard | None = None
    for move in moves_from(state):
        if move.event is not event or role not in move.roles:
            continue
        if move.guard is Guard.NONE or holds(move.guard):
            return move
        refused = refused or move.guard
    return NoMove(state, event, refused)


def moves_from(state: State) -> tuple[Move, ...]:
    """The rows that leave `state`, in table order."""
    return _FROM.get(state, ())


def events_open_to(state: State, role: Role) -> frozenset[Event]:
    """What `role` may try in `state`; a guard may still refuse."""
    return frozenset(move.event for move in moves_from(state) if role in move.roles)


def timer_moves(state: State) -> tuple[Move, ...]:
    """The moves that a silent human causes."""
    return tuple(move for move in moves_from(state) if move.timer)


def _grouped(moves: Iterable[Move]) -> dict[State, tuple[Move, ...]]:
    groups: dict[State, list[Move]] = {}
    for move in moves:
        groups.setdefault(move.source, []).append(move)
    return {state: tuple(rows) for state, rows in groups.items()}


_FROM = _grouped(MOVES)


class PaymentState(StrEnum):
    """Region two: the payer's money, as the order sees it."""

    NONE = "none"
    OPEN = "open"
    PROCESSING = "processing"
    HELD = "held"
    RELEASED = "released"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


# fmt: off
PAYMENT_MOVES: frozenset[tuple[PaymentState, PaymentState]] = frozenset({
    (PaymentState.NONE,               PaymentState.OPEN),                # checkout begins
    (PaymentState.NONE,               PaymentState.HELD),                # a late payment nobody waited for
    (PaymentState.OPEN,               PaymentState.NONE),                # checkout ended without money
    (PaymentState.OPEN,               PaymentState.PROCESSING),          # a slow method was chosen
    (PaymentState.OPEN,               PaymentState.HELD),
    (PaymentState.PROCESSING,         PaymentState.OPEN),                # the slow method failed
    (PaymentState.PROCESSING,         PaymentState.NONE),                # given up after 14 days
    (PaymentState.PROCESSING,         PaymentState.HELD),
    (PaymentState.HELD,               PaymentState.RELEASED),
    (PaymentState.HELD,               PaymentState.PARTIALLY_REFUNDED),
    (PaymentState.HELD,               PaymentState.REFUNDED),
    (PaymentState.PARTIALLY_REFUNDED, PaymentState.RELEASED),            # what was kept is paid out
})

# Regions three and four live in lower rooms; their words are repeated so that pages and tests share them.
LEG_STATES: tuple[str, ...] = (
    "accrued", "eligible", "sending", "sent", "reversing", "reversed", "parked", "written_off",
)
FILE_STATES: tuple[str, ...] = (
    "declared", "uploading", "assembled", "checking", "ready", "rejected", "quarantined",
    "expiring", "purging", "purged",
)
# fmt: on
