"""What a move does outside the order: money through the ledger, holds and deletion dates through files.

Nothing here calls anyone: every line is a row written in the transaction of the move.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from headroom import jobs
from headroom.files import holds, retention
from headroom.files.models import Scope
from headroom.ledger import payments, payouts, refunds
from headroom.mixing.access import FileRole
from headroom.mixing.entering import Doing
from headroom.mixing.states import TERMINAL, MoneyTag, State
from headroom.settings import read_settings

PURPOSE = "order"  # how the ledger and files name what belongs to us
HOLD_REASON = "dispute"
SOURCES = (FileRole.ROUGH, FileRole.REFERENCE, FileRole.STEM)
UNPAID_ENDS = frozenset({State.EXPIRED, State.DECLINED})


def lock_money(session: Session, order_id: str) -> None:
    """Lock the order's payment, before the order's row: the ledger's reports come in this order too.

    The other way round a report and a move that settles could each hold what the other waits for.
    """
    payments.lock(session, purpose=PURPOSE, subject_id=order_id)


def is_settling(money: MoneyTag) -> bool:
    """Whether a move of this kind reaches into the ledger."""
    return money in _MONEY


def carry_out(session: Session, doing: Doing) -> None:
    """Plan the move's money, then its holds, then the dates on which its files go."""
    act = _MONEY.get(doing.move.money)
    if act is not None:
        act(session, doing)
    _holds(session, doing)
    if doing.move.target in TERMINAL:
        _schedule_deletion(session, doing)


def scope_of(order_id: str) -> Scope:
    return Scope(PURPOSE, order_id)


def _refund(session: Session, doing: Doing) -> None:
    """Plan what goes back. Nothing to send back is its own small step for the worker."""
    order = doing.order
    if not order.refund_minor:
        jobs.enqueue(session, "mixing.zero_refund", order_id=order.id)
        return
    refunds.plan_refund(
        session,
        purpose=PURPOSE,
        subject_id=order.id,
        amount_minor=order.refund_minor,
        reason=doing.move.event.value,
        by=doing.by,
        now=doing.now,
    )


def _release(session: Session, doing: Doing) -> None:
    payouts.release(session, purpose=PURPOSE, subject_id=doing.order.id, by=doing.by, now=doing.now)


_MONEY: Mapping[MoneyTag, Callable[[Session, Doing], None]] = {
    MoneyTag.R100: _refund,
    MoneyTag.SPLIT: _refund,
    MoneyTag.RELEASE: _release,
    MoneyTag.REST: _release,
}


def _holds(session: Session, doing: Doing) -> None:
    """A dispute keeps every file; its end gives them back to the clock."""
    scope = scope_of(doing.order.id)
    if doing.move.target is State.DISPUTED:
        holds.place(session, scope=scope, reason=HOLD_REASON, by=doing.by, now=doing.now)
    elif doing.move.source is State.DISPUTED:
        holds.lift(session, scope=scope, reason=HOLD_REASON, by=doing.by, now=doing.now)


def _schedule_deletion(session: Session, doing: Doing) -> None:
    settings = read_settings()
    unpaid = doing.move.target in UNPAID_ENDS
    reason = "order_unpaid" if unpaid else "order_ended"
    sources = settings.days_of_unpaid_uploads if unpaid else settings.days_of_sources
    for days, purposes in ((sources, SOURCES), (settings.days_of_deliverables, (FileRole.DELIVERY,))):
        retention.schedule(
            session,
            scope=scope_of(doing.order.id),
            purposes=[role.value for role in purposes],
            purge_at=doing.now + timedelta(days=days),
            reason=reason,
            now=doing.now,
        )
