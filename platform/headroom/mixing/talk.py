"""Verbs of talking: messages of the order, and comments at a point or range of a version.

A comment keeps its thread when the next version comes: open ones get a place on it. A client's question
pauses the review until the engineer answers.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from headroom.actors import Actor
from headroom.audio.facts import AudioFacts
from headroom.files.models import StoredFile
from headroom.mixing import aligning, deadlines, told
from headroom.mixing.access import Action, may
from headroom.mixing.errors import CommentNotFound, NotYours, PlaceInvalid
from headroom.mixing.models import Comment, CommentPlace, Delivery, Message, Order, OrderFile
from headroom.mixing.moving import as_review, note, parties, review_row, role_of, store_review
from headroom.mixing.states import Role, State

QUIET_S = 600  # mails about messages: one per ten minutes and reader, the notice comes each time


def write(session: Session, order: Order, body: str, *, by: Actor, now: datetime) -> Message:
    """A message to the other side. In a dispute it is also the statement of the side that was asked for one."""
    _require(order, by, Action.WRITE_MESSAGE)
    earlier = session.scalar(
        select(func.max(Message.at)).where(Message.order_id == order.id, Message.author_id == by.person_id)
    )
    message = Message(order_id=order.id, author_id=by.person_id, body=body, at=now)
    session.add(message)
    session.flush()
    if order.state == State.DISPUTED and order.awaiting_statement_of == role_of(order, by):
        answered = {"awaiting_statement_of": None, "statement_since": None}
        note(session, order, "statement_made", by=by, now=now, changes=answered)
    recently = earlier is not None and (now - earlier).total_seconds() < QUIET_S
    told.inform(session, order, to=_other(order, by), code="message", now=now, by_mail=not recently, reason=body)
    return message


def comment(
    session: Session,
    order: Order,
    delivery_id: str,
    body: str,
    *,
    start_ms: int,
    end_ms: int | None,
    is_question: bool,
    by: Actor,
    now: datetime,
) -> Comment:
    """Words at a point, or a range, of one version. Raises PlaceInvalid outside its length, CommentNotFound."""
    _require(order, by, Action.COMMENT)
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.order_id != order.id:
        raise CommentNotFound()
    length_ms = _length_ms(session, delivery.id)
    if start_ms < 0 or start_ms > length_ms or (end_ms is not None and not start_ms < end_ms <= length_ms):
        raise PlaceInvalid({"start_s": "comment_place"}, length_ms=length_ms)
    kind = "question" if is_question and role_of(order, by) is Role.CLIENT else "note"
    written = Comment(order_id=order.id, author_id=by.person_id, kind=kind, body=body, at=now)
    session.add(written)
    session.flush()
    place = CommentPlace(
        comment_id=written.id, delivery_id=delivery.id, start_ms=start_ms, end_ms=end_ms, is_carried=False
    )
    session.add(place)
    session.flush()
    if kind == "question":
        _pause_review(session, order, by=by, now=now)
    told.inform(
        session, order, to=_other(order, by), code=f"comment_{kind}", now=now, by_mail=kind == "question", reason=body
    )
    return written


def reply(session: Session, order: Order, parent_id: str, body: str, *, by: Actor, now: datetime) -> Comment:
    """An answer in a thread. The engineer's answer to the last open question lets the review go on."""
    _require(order, by, Action.COMMENT)
    parent = _root(session, order, parent_id)
    written = Comment(order_id=order.id, parent_id=parent.id, author_id=by.person_id, kind="reply", body=body, at=now)
    session.add(written)
    session.flush()
    if parent.kind == "question" and role_of(order, by) is Role.ENGINEER:
        resume_review(session, order, by=by, now=now)
    told.inform(session, order, to=_other(order, by), code="comment_reply", now=now, by_mail=False, reason=body)
    return written


def resolve(session: Session, order: Order, comment_id: str, *, by: Actor, now: datetime) -> None:
    """Close a thread: it is not carried to the next version. Who asked a question says when it is answered."""
    _require(order, by, Action.COMMENT)
    root = _root(session, order, comment_id)
    if root.kind == "question" and by.person_id != root.author_id:
        raise NotYours(order_id=order.id, action="resolve")
    if root.resolved_at is None:
        root.resolved_at, root.resolved_by = now, by.person_id
        session.flush()
    if root.kind == "question":
        resume_review(session, order, by=by, now=now)


def carry_over(session: Session, order_id: str, delivery: Delivery, *, length_s: float | None) -> int:
    """Give each open thread of the versions before a place at the same music on this one; returns how many.

    Counted from where the thread began, so that what one version cut off is back in the next that has it. A step
    that is not aligned keeps the time as it was.
    """
    offsets = {
        number: offset_ms or 0
        for number, offset_ms in session.execute(
            select(Delivery.number, Delivery.offset_ms).where(Delivery.order_id == order_id)
        )
    }
    begun = session.execute(
        select(CommentPlace, Delivery.number)
        .join(Comment, Comment.id == CommentPlace.comment_id)
        .join(Delivery, Delivery.id == CommentPlace.delivery_id)
        .where(
            Comment.order_id == order_id,
            Comment.resolved_at.is_(None),
            CommentPlace.is_carried.is_(False),
            Delivery.number < delivery.number,
        )
    ).all()
    for first, number in begun:
        found = aligning.carried(
            first.start_ms,
            first.end_ms,
            shift=aligning.shift_ms(offsets, since=number, to=delivery.number) or 0,
            length_ms=round((length_s or 0) * 1000),
        )
        session.add(
            CommentPlace(
                comment_id=first.comment_id,
                delivery_id=delivery.id,
                start_ms=found.start_ms,
                end_ms=found.end_ms,
                is_carried=True,
                is_outside=found.is_outside,
            )
        )
    session.flush()
    return len(begun)


def threads_among(session: Session, order: Order, comment_ids: Collection[str]) -> list[str]:
    """Those of the ids that begin a thread of this order, sorted."""
    threads = select(Comment.id).where(
        Comment.order_id == order.id, Comment.parent_id.is_(None), Comment.id.in_(comment_ids)
    )
    return sorted(session.scalars(threads))


def has_open_question(session: Session, order: Order) -> bool:
    """Whether a question of the client waits for the engineer's first answer."""
    answer = aliased(Comment)
    answered = exists().where(answer.parent_id == Comment.id, answer.author_id == order.engineer_id)
    return bool(
        session.scalar(
            select(
                exists().where(
                    Comment.order_id == order.id,
                    Comment.kind == "question",
                    Comment.resolved_at.is_(None),
                    ~answered,
                )
            )
        )
    )


def _pause_review(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    row = review_row(session, order.id)
    if order.state != State.DELIVERED or row is None or row.paused_at is not None:
        return
    store_review(row, deadlines.paused(as_review(row), at=now))
    session.flush()
    note(session, order, "review_paused", by=by, now=now)


def resume_review(session: Session, order: Order, *, by: Actor, now: datetime) -> None:
    """Let the review go on when no question is open."""
    row = review_row(session, order.id)
    if order.state != State.DELIVERED or row is None or row.paused_at is None or has_open_question(session, order):
        return
    store_review(row, deadlines.resumed(as_review(row), at=now))
    session.flush()
    note(session, order, "review_resumed", by=by, now=now)


def _root(session: Session, order: Order, comment_id: str) -> Comment:
    found = session.get(Comment, comment_id)
    if found is None or found.order_id != order.id or found.parent_id is not None:
        raise CommentNotFound()
    return found


def _length_ms(session: Session, delivery_id: str) -> int:
    rows = session.scalars(
        select(StoredFile.facts)
        .join(OrderFile, OrderFile.file_id == StoredFile.id)
        .where(OrderFile.delivery_id == delivery_id, StoredFile.facts.is_not(None))
    )
    return round(max((AudioFacts.from_json(facts).duration_s for facts in rows if facts), default=0) * 1000)


def _require(order: Order, by: Actor, action: Action) -> None:
    if not may(parties(order), by, action):
        raise NotYours(order_id=order.id, action=action.value)


def _other(order: Order, by: Actor) -> Role:
    return Role.ENGINEER if by.person_id == order.client_id else Role.CLIENT
