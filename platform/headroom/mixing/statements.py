"""The two statements of an order's page. Built once per process: building them costs more than running them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ScalarSelect, Select, and_, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from headroom.accounts.models import Person
from headroom.files.models import FilePreview, FilePurge, StoredFile
from headroom.files.states import State as FileState
from headroom.mixing.models import (
    Comment,
    CommentPlace,
    Delivery,
    EngineerProfile,
    Message,
    Offer,
    Order,
    OrderEvent,
    OrderFile,
    Review,
)
from headroom.notices.models import Notice

RECENT_EVENTS = 30
RECENT_MESSAGES = 40
ORDER_ID: BindParameter[str] = bindparam("order_id")


@cache
def head() -> Select[Any]:
    """The order with its people, newest offer and review, deliveries, comments, news and messages.

    Parameters: order_id, reader_id, link (the order's own path, as notices have it).
    """
    client = aliased(Person)
    newest_offer = select(func.max(Offer.number)).where(Offer.order_id == ORDER_ID).scalar_subquery()
    newest_delivery = (
        select(Delivery.id).where(Delivery.order_id == ORDER_ID).order_by(Delivery.number.desc()).limit(1)
    ).scalar_subquery()
    places = (
        select(
            func.jsonb_agg(
                func.jsonb_build_array(
                    CommentPlace.comment_id,
                    CommentPlace.start_ms,
                    CommentPlace.end_ms,
                    CommentPlace.is_carried,
                    CommentPlace.is_outside,
                )
            )
        )
        .where(CommentPlace.delivery_id == Delivery.id)
        .correlate(Delivery)
        .scalar_subquery()
    )
    deliveries = select(
        func.jsonb_agg(
            func.jsonb_build_array(
                Delivery.id,
                Delivery.number,
                Delivery.note,
                Delivery.delivered_at,
                Delivery.manifest_sha256,
                Delivery.offset_ms,
                places,
            )
        )
    ).where(Delivery.order_id == ORDER_ID)
    comments = select(
        func.jsonb_agg(
            func.jsonb_build_array(
                Comment.id,
                Comment.parent_id,
                Comment.author_id,
                Comment.kind,
                Comment.body,
                Comment.at,
                Comment.resolved_at.is_not(None),
            )
        )
    ).where(Comment.order_id == ORDER_ID)
    return (
        select(
            Order,
            Offer,
            Review,
            EngineerProfile.display_name.label("engineer_name"),
            EngineerProfile.handle.label("handle"),
            client.display_name.label("client_name"),
            deliveries.scalar_subquery().label("deliveries"),
            comments.scalar_subquery().label("comments"),
            _newest_events().label("events"),
            _newest_messages().label("messages"),
            exists()
            .where(
                Notice.person_id == bindparam("reader_id"), Notice.seen_at.is_(None), Notice.link == bindparam("link")
            )
            .label("has_news"),
        )
        .outerjoin(EngineerProfile, EngineerProfile.person_id == Order.engineer_id)
        .outerjoin(client, client.id == Order.client_id)
        .outerjoin(Offer, and_(Offer.order_id == Order.id, Offer.number == newest_offer))
        .outerjoin(Review, Review.delivery_id == newest_delivery)
        .where(Order.id == ORDER_ID)
    )


def _newest_events() -> ScalarSelect[Any]:
    """JSON rows of the newest events, newest first."""
    newest = (
        select(
            func.jsonb_build_array(
                OrderEvent.event,
                OrderEvent.role,
                OrderEvent.at,
                OrderEvent.to_state,
                OrderEvent.reason,
                OrderEvent.payload,
            ).label("row")
        )
        .where(OrderEvent.order_id == ORDER_ID)
        .order_by(OrderEvent.seq.desc())
        .limit(RECENT_EVENTS)
        .subquery()
    )
    return select(func.jsonb_agg(newest.c.row)).scalar_subquery()


def _newest_messages() -> ScalarSelect[Any]:
    """JSON rows of the newest messages, newest first."""
    newest = (
        select(func.jsonb_build_array(Message.author_id, Message.body, Message.at).label("row"))
        .where(Message.order_id == ORDER_ID)
        .order_by(Message.at.desc())
        .limit(RECENT_MESSAGES)
        .subquery()
    )
    return select(func.jsonb_agg(newest.c.row)).scalar_subquery()


@cache
def files() -> Select[Any]:
    """Each file of the order with its facts, its purge and how many previews it has. Parameter: order_id."""
    previews = (
        select(func.count())
        .where(FilePreview.file_id == StoredFile.id, FilePreview.stored_at.is_not(None))
        .correlate(StoredFile)
        .scalar_subquery()
    )
    return (
        select(OrderFile, StoredFile, FilePurge.at, previews)
        .join(StoredFile, StoredFile.id == OrderFile.file_id)
        .outerjoin(FilePurge, FilePurge.file_id == StoredFile.id)
        .where(
            OrderFile.order_id == ORDER_ID,
            OrderFile.removed_at.is_(None),
            StoredFile.state != FileState.ABANDONED,
        )
        .order_by(OrderFile.added_at, StoredFile.original_name)
    )
