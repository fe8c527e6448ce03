"""Jobs of orders: deadlines and reminders, the start of reviews, and how orders react to money and files.

| job                | when            | what                                                                   |
|--------------------|-----------------|------------------------------------------------------------------------|
| mixing.look_around | every 30 s      | orders whose next instant has come; deliveries whose mail was accepted |
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from headroom import clock, failpoints, jobs
from headroom.db import reading, unit
from headroom.files.retention import NoticeDue
from headroom.mixing import checkout, order_files, timers
from headroom.mixing.settlement import PURPOSE
from worker import reactions
from worker.app import TIMER, WORKER, periodic, task
from worker.reactions import PaymentReactions


@periodic("mixing.look_around", cron="* * * * * */30")
def look_around() -> None:
    """Enqueue a look at each order whose instant has come; the pair (order, instant) is one job."""
    with reading() as session:
        due = timers.due(session, now=clock.now())
        unstarted = timers.reviews_to_start(session)
    with unit(TIMER) as session:
        for order_id, look_at in due:
            instant = look_at.isoformat()
            name = f"look:{order_id}:{instant}"
            jobs.enqueue(session, "mixing.look", queueing_lock=name, order_id=order_id, look_at=instant)
        for order_id in unstarted:
            jobs.enqueue(session, "mixing.start_review", queueing_lock=f"review:{order_id}", order_id=order_id)


@task("mixing.look")
def look(order_id: str, look_at: str) -> None:
    """Fire the deadline or send the reminder, if the order still stands as it did."""
    with unit(TIMER) as session:
        timers.look(session, order_id, look_at=datetime.fromisoformat(look_at), now=clock.now())
        failpoints.hit("mixing.look.moved")


@task("mixing.start_review")
def start_review(order_id: str) -> None:
    """The delivery's mail was accepted: its review begins."""
    with unit(TIMER) as session:
        timers.start_review(session, order_id, now=clock.now())


@task("mixing.zero_refund")
def zero_refund(order_id: str) -> None:
    """A split sent nothing back: release what was kept."""
    with unit(WORKER) as session:
        checkout.zero_refund(session, order_id, now=clock.now())


def _purge_announced(session: Session, notice: NoticeDue, *, now: datetime) -> None:
    order_files.purge_announced(
        session,
        notice.scope.id,
        purge_at=notice.purge_at,
        days_before=notice.days_before,
        files=notice.files,
        now=now,
    )


reactions.PAYMENT_REACTIONS[PURPOSE] = PaymentReactions(
    paid=checkout.paid,
    processing=checkout.processing,
    failed=checkout.failed,
    expired=checkout.expired,
    refund_settled=checkout.refund_settled,
    refund_failed=checkout.refund_failed,
    legs_settled=checkout.legs_settled,
)
reactions.FILE_REACTIONS[PURPOSE] = order_files.file_checked
reactions.FILE_PURGED_REACTIONS[PURPOSE] = order_files.file_purged
reactions.FILE_EXPIRY_REACTIONS[PURPOSE] = _purge_announced
