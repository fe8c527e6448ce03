"""Verbs after payment: files in, intake, delivery, revision, approval, and ending before work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.files.models import StoredFile
from headroom.mixing import aligning, deadlines, order_files, quality, talk, told
from headroom.mixing.access import FileRole, can_view
from headroom.mixing.errors import NotNow, NotYours, OrderMoved, OrderNotFound
from headroom.mixing.models import Delivery, Order, OrderFile, Review, RevisionRound
from headroom.mixing.moving import as_review, move, note, parties, review_row, role_of, store_review
from headroom.mixing.quality import Checked, Finding, Promise
from headroom.mixing.states import Event, Guard, Role, State


def visible_to(session: Session, actor: Actor, order_id: str) -> Order:
    """The order if this person may see it; OrderNotFound otherwise, whether it exists or not."""
    order = session.get(Order, order_id)
    if order is None or not can_view(parties(order), actor):
        raise OrderNotFound()
    return order


def locked(session: Session, order_id: str) -> Order:
    """The order, its row locked: facts from outside and timers must not lose against a click."""
    order = session.scalars(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if order is None:
        raise OrderNotFound()
    return order


def require_version(order: Order, seen: int | None, *, event: str, typed: str | None = None) -> None:
    """The person decided on what the page showed; OrderMoved when the order has moved since."""
    if seen is not None and seen != order.version:
        raise OrderMoved(order_id=order.id, state=order.state, event=event, typed=typed)


def submit_files(session: Session, order: Order, *, note_to_engineer: str, by: Actor, now: datetime) -> None:
    """Hand the stems over. Only a missing or unreadable file stops it."""
    stems = order_files.checked(session, order, FileRole.STEM)
    readable = bool(stems) and not quality.blocking(quality.intake(stems))
    move(
        session,
        order,
        Event.SUBMIT_FILES,
        by=by,
        now=now,
        holds={Guard.FILES_READABLE: readable},
        reason=note_to_engineer,
        payload={"files": len(stems)},
    )
    session.execute(update(OrderFile).where(OrderFile.order_id == order.id).values(returned_why=None))


def accept_files(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The engineer takes the files as they are; the turnaround starts now."""
    found = intake_findings(session, order)
    move(
        session,
        order,
        Event.ACCEPT_FILES,
        by=by,
        now=now,
        holds={Guard.FINDINGS_ANSWERED: not quality.blocking(found)},
        payload={"accepted_findings": sorted({one.code.value for one in found})},
    )


def request_files(
    session: Session, order: Order, *, reasons: Mapping[str, str], words: str, by: Actor, now: datetime
) -> None:
    """Send files back, each with its reason, given here or written at the file before; `words` is for the rest."""
    given = {file_id: why.strip() for file_id, why in reasons.items() if why.strip()}
    marked = session.scalars(
        select(OrderFile.file_id).where(OrderFile.order_id == order.id, OrderFile.returned_why.is_not(None))
    ).all()
    move(
        session,
        order,
        Event.REQUEST_FILES,
        by=by,
        now=now,
        holds={Guard.REASONS_GIVEN: bool(given or marked or words.strip())},
        reason=words,
        payload={"returned": sorted({*given, *marked})},
    )
    for row in session.scalars(select(OrderFile).where(OrderFile.order_id == order.id, OrderFile.file_id.in_(given))):
        row.returned_why = given[row.file_id]
    session.flush()


def intake_findings(session: Session, order: Order) -> tuple[Finding, ...]:
    """What the machine found in the stems and the rough mix."""
    stems = order_files.checked(session, order, FileRole.STEM)
    rough = next((one.facts for one in order_files.checked(session, order, FileRole.ROUGH)), None)
    return quality.intake(stems, rough=rough)


def reject_job(session: Session, order: Order, *, reason: str, by: Actor, now: datetime) -> None:
    """The engineer cannot do it with these files; everything goes back."""
    move(session, order, Event.REJECT_JOB, by=by, now=now, reason=reason)


def cancel(session: Session, order: Order, *, reason: str, by: Actor, now: datetime) -> None:
    """End the order where its side may do so alone: before work began, or when the engineer gives up or is late."""
    event = _cancelling(order, role_of(order, by))
    overdue = deadlines.may_cancel_overdue(order.due_at, now=now)
    move(session, order, event, by=by, now=now, holds={Guard.OVERDUE: overdue}, reason=reason)


def _cancelling(order: Order, role: Role) -> Event:
    if role is Role.ENGINEER:
        return Event.ENGINEER_CANCEL
    return Event.CANCEL_OVERDUE if order.state == State.IN_PROGRESS else Event.CANCEL


def promise_of(session: Session, order: Order, *, arrangement_changed: bool = False) -> Promise:
    """What the frozen terms promise of a delivery; the length is the rough mix's, else the longest stem's."""
    length_s = order_files.longest_s(order_files.checked(session, order, FileRole.ROUGH))
    if length_s is None:
        length_s = order_files.longest_s(order_files.checked(session, order, FileRole.STEM))
    return Promise(
        deliverables=tuple(order.deliverables),
        sample_rate_hz=order.sample_rate_hz,
        bit_depth=order.bit_depth,
        loudness_lufs=order.loudness_lufs,
        reference_length_s=length_s,
        arrangement_changed=arrangement_changed,
    )


def delivery_findings(
    session: Session, order: Order, *, arrangement_changed: bool = False
) -> tuple[list[Checked], tuple[Finding, ...]]:
    """The files laid out for the next delivery, and what the machine says of them."""
    files = order_files.checked(session, order, FileRole.DELIVERY)
    promise = promise_of(session, order, arrangement_changed=arrangement_changed)
    return files, quality.delivery(files, promise, earlier_sha256=_delivered_hashes(session, order))


def deliver(
    session: Session,
    order: Order,
    *,
    words: str,
    acknowledged: Collection[str],
    arrangement_changed: bool,
    by: Actor,
    now: datetime,
) -> Delivery:
    """Deliver what is laid out as the next version. Blocking findings stop it; advice must be acknowledged by name.

    Raises NotNow with the codes that are in the way, besides what `move` raises.
    """
    files, found = delivery_findings(session, order, arrangement_changed=arrangement_changed)
    advice = {one.code.value for one in found if not one.is_blocking}
    unread = advice - set(acknowledged)
    if unread and not quality.blocking(found) and order.state in (State.IN_PROGRESS, State.REVISING):
        raise NotNow(order_id=order.id, guard="acknowledged", typed=words, codes=sorted(unread))
    complete = bool(files) and not quality.blocking(found)
    number = _versions(session, order.id) + 1
    event = Event.DELIVER_FIRST if order.state == State.IN_PROGRESS else Event.DELIVER_NEXT
    move(
        session,
        order,
        event,
        by=by,
        now=now,
        holds={Guard.DELIVERY_COMPLETE: complete, Guard.NEW_VERSION: complete},
        reason=words,
        payload={"version": number, "advice": sorted({one.code.value for one in found})},
    )
    delivery = _write_delivery(
        session, order, files, number, words, sorted(advice & set(acknowledged)), arrangement_changed, now
    )
    aligning.place(session, order, delivery, files)
    talk.carry_over(session, order.id, delivery, length_s=order_files.longest_s(files))
    mail_id = told.inform(
        session,
        order,
        to=Role.CLIENT,
        code=event.value,
        now=now,
        by_mail=True,
        reason=words,
        values={"version": number},
    )
    session.add(Review(delivery_id=delivery.id, order_id=order.id, mail_id=mail_id, passed_at=now))
    session.flush()
    return delivery


def _write_delivery(
    session: Session,
    order: Order,
    files: list[Checked],
    number: int,
    words: str,
    acknowledged: list[str],
    arrangement_changed: bool,
    now: datetime,
) -> Delivery:
    manifest = [
        {"file_id": one.file_id, "name": one.name, "deliverable": one.deliverable, "sha256": one.sha256}
        for one in files
    ]
    delivery = Delivery(
        order_id=order.id,
        number=number,
        note=words,
        manifest=manifest,
        manifest_sha256=hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest(),
        acknowledged=acknowledged,
        arrangement_changed=arrangement_changed,
        delivered_at=now,
    )
    session.add(delivery)
    session.flush()
    session.execute(
        update(OrderFile).where(OrderFile.file_id.in_([one.file_id for one in files])).values(delivery_id=delivery.id)
    )
    return delivery


def request_revision(
    session: Session,
    order: Order,
    *,
    wishes: str,
    comment_ids: Collection[str],
    is_defect: bool,
    by: Actor,
    now: datetime,
) -> None:
    """One consolidated list of wishes. It costs a round unless something is objectively broken.

    Only comments of this order are kept of `comment_ids`.
    """
    named = talk.threads_among(session, order, comment_ids)
    available = is_defect or order.rounds_used < order.revisions
    move(
        session,
        order,
        Event.REQUEST_REVISION,
        by=by,
        now=now,
        holds={Guard.ROUND_AVAILABLE: available},
        changes={} if is_defect else {"rounds_used": order.rounds_used + 1},
        reason=wishes,
        payload={"is_defect": is_defect, "comments": len(named)},
    )
    review = _review_of(session, order)
    asked = session.scalar(select(func.count()).where(RevisionRound.order_id == order.id)) or 0
    session.add(
        RevisionRound(
            order_id=order.id,
            number=asked + 1,
            delivery_id=review.delivery_id,
            is_defect=is_defect,
            wishes=wishes,
            comment_ids=named,
            asked_at=now,
        )
    )
    store_review(review, deadlines.paused(as_review(review), at=now))
    session.flush()


def withdraw_revision(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The client takes the wishes back: the round is theirs again, the review goes on."""
    latest = _latest_round(session, order.id)
    review = _review_of(session, order)
    resumed = deadlines.resumed(as_review(review), at=now)
    if order.state == State.REVISING and not talk.has_open_question(session, order):
        store_review(review, resumed)
        session.flush()
    used = order.rounds_used - (0 if latest is None or latest.is_defect else 1)
    move(session, order, Event.WITHDRAW_REVISION, by=by, now=now, changes={"rounds_used": max(used, 0)})
    if latest is not None:
        latest.withdrawn_at = now
        session.flush()


def approve(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The client is content. The money clears and then goes to the payees."""
    move(session, order, Event.APPROVE, by=by, now=now)


def extend_review(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """Seven days more to listen, once."""
    if role_of(order, by) is not Role.CLIENT:
        raise NotYours(order_id=order.id)
    review = review_row(session, order.id)
    if order.state != State.DELIVERED or review is None or not deadlines.can_extend(as_review(review)):
        raise NotNow(order_id=order.id, guard="can_extend")
    store_review(review, deadlines.extended(as_review(review), at=now))
    session.flush()
    note(session, order, "review_extended", by=by, now=now)


def mark_seen(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """The client has the delivery before their eyes; the review starts if mail had not started it."""
    review = review_row(session, order.id)
    if order.state != State.DELIVERED or review is None or review.seen_at is not None:
        return
    started = review.deadline_at is None
    store_review(review, deadlines.seen(as_review(review), at=now))
    session.flush()
    if started:
        note(session, order, "review_started", by=by, now=now)


def _review_of(session: Session, order: Order) -> Review:
    review = review_row(session, order.id)
    if review is None:
        raise NotNow(order_id=order.id, guard="delivered")
    return review


def _latest_round(session: Session, order_id: str) -> RevisionRound | None:
    return session.scalars(
        select(RevisionRound).where(RevisionRound.order_id == order_id).order_by(RevisionRound.number.desc()).limit(1)
    ).first()


def _versions(session: Session, order_id: str) -> int:
    return session.scalar(select(func.count()).where(Delivery.order_id == order_id)) or 0


def _delivered_hashes(session: Session, order: Order) -> list[str]:
    rows = session.scalars(
        select(StoredFile.sha256)
        .join(OrderFile, OrderFile.file_id == StoredFile.id)
        .where(OrderFile.order_id == order.id, OrderFile.delivery_id.is_not(None))
    )
    return [sha256 for sha256 in rows if sha256]
