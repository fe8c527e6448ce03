"""Read models of the order's pages: few statements, frozen values out, nothing left to decide for a template.

`room` takes two statements, however many events the order has; money is the ledger's own read model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audio.facts import AudioFacts
from headroom.files.models import StoredFile
from headroom.files.states import State as FileState
from headroom.mixing import access, quality, statements
from headroom.mixing.access import Action, FileRole, Parties, Side
from headroom.mixing.deadlines import can_extend, may_cancel_overdue
from headroom.mixing.errors import OrderNotFound
from headroom.mixing.models import (
    Order,
    OrderFile,
    Review,
)
from headroom.mixing.moving import as_review
from headroom.mixing.order_files import FAILED, longest_s
from headroom.mixing.pricing import cancellation
from headroom.mixing.quality import Checked, Finding, Promise
from headroom.mixing.states import Event, State
from headroom.mixing.views import CommentView, DeliveryView, EventView, FileView, MessageView, Place, Room

# Stems wait behind everything else; a preview that is not there by now will not come by waiting for it.
PREVIEW_WITHIN = timedelta(hours=1)


def room(session: Session, actor: Actor, order_id: str, *, now: datetime) -> Room:
    """The order's page for this person; OrderNotFound when it is not theirs to see. Two statements."""
    head = session.execute(
        statements.head(),
        {"order_id": order_id, "reader_id": actor.person_id or "", "link": f"/orders/{order_id}"},
    ).one_or_none()
    if head is None:
        raise OrderNotFound()
    order: Order = head.Order
    parties = Parties(order.client_id, order.engineer_id, State(order.state))
    if not access.can_view(parties, actor):
        raise OrderNotFound()
    files = _files(session, order_id, parties, actor, now=now)
    events = tuple(_event(row) for row in reversed(head.events or []))
    deliveries = _deliveries(head.deliveries or [], head.comments or [], files)
    versions = len(deliveries)
    files, set_findings, blocking = _judged(order, files, deliveries)
    review: Review | None = head.Review
    return Room(
        order=order,
        side=access.side_of(parties, actor),
        engineer_name=head.engineer_name or "",
        engineer_handle=head.handle,
        client_name=head.client_name or "",
        offer=head.Offer,
        review=review,
        rough=_of_role(files, FileRole.ROUGH),
        references=_of_role(files, FileRole.REFERENCE),
        stems=_of_role(files, FileRole.STEM),
        laid_out=tuple(f for f in _of_role(files, FileRole.DELIVERY) if f.delivery_id is None),
        deliveries=deliveries,
        set_findings=set_findings,
        blocking=blocking,
        advice=_advice(files, set_findings),
        events=events,
        events_count=order.version,  # each event is one version
        messages=tuple(_message(row) for row in reversed(head.messages or [])),
        can=_can(order, parties, actor, review, now=now),
        cancel_terms=cancellation(
            order.price_minor or 0,
            State(order.state),
            versions=versions,
            engineers_fault=may_cancel_overdue(order.due_at, now=now),
        ),
        rounds_left=max(order.revisions - order.rounds_used, 0),
        now=now,
        has_news=head.has_news,
    )


def _files(session: Session, order_id: str, parties: Parties, actor: Actor, *, now: datetime) -> list[FileView]:
    rows = session.execute(statements.files(), {"order_id": order_id})
    found = []
    for row, file, purged_at, preview_count in rows:
        role = FileRole(row.role)
        hears = access.may(parties, actor, access.reading(role, access.Want.HEAR))
        takes = access.may(parties, actor, access.reading(role, access.Want.BYTES))
        is_own = row.added_by == actor.person_id
        if role is FileRole.DELIVERY and row.delivery_id is None and not is_own:
            continue  # what the engineer has laid out is nobody else's before it is delivered
        if not hears and not is_own and file.state != FileState.PURGED:
            continue
        view = _file_view(row, file, purged_at, hears and preview_count > 0, takes)
        is_due = hears and not preview_count and view.state == FileState.READY and now - file.state_at < PREVIEW_WITHIN
        found.append(replace(view, preview_is_due=is_due))
    return found


def _file_view(
    row: OrderFile, file: StoredFile, purged_at: datetime | None, can_play: bool, can_take: bool
) -> FileView:
    failed = file.state in FAILED
    finding = file.findings or {}
    ready = file.state == FileState.READY
    return FileView(
        file_id=file.id,
        role=FileRole(row.role),
        deliverable=row.deliverable,
        delivery_id=row.delivery_id,
        name=file.original_name,
        size_bytes=file.byte_size,
        state=file.state,
        sha256=file.sha256,
        facts=AudioFacts.from_json(file.facts) if file.facts and not failed else None,
        refusal=str(finding.get("code", file.state)) if failed else None,
        refusal_values=finding.get("values", {}),
        explanation=row.explanation,
        returned_why=row.returned_why,
        purge_at=file.purge_at,
        purged_at=purged_at,
        can_play=can_play and ready,
        can_take=can_take and ready,
        preview_is_due=False,
    )


def _judged(
    order: Order, files: list[FileView], deliveries: Sequence[DeliveryView]
) -> tuple[list[FileView], tuple[Finding, ...], tuple[Finding, ...]]:
    """Files with their findings, the findings about the set, and the blocking ones of what comes next."""
    stems = [one.checked() for one in _of_role(files, FileRole.STEM)]
    rough = next((one.facts for one in _of_role(files, FileRole.ROUGH) if one.facts), None)
    found: list[Finding] = []
    if stems and order.state in (State.AWAITING_FILES, State.INTAKE):
        found += quality.intake(stems, rough=rough)
    laid = [one.checked() for one in _of_role(files, FileRole.DELIVERY) if one.delivery_id is None]
    if order.state in (State.IN_PROGRESS, State.REVISING):
        length_s = longest_s([Checked("", "", None, rough)]) if rough else longest_s(stems)
        promise = Promise(
            tuple(order.deliverables), order.sample_rate_hz, order.bit_depth, order.loudness_lufs, length_s
        )
        earlier = [one.sha256 for version in deliveries for one in version.files if one.sha256]
        found += quality.delivery(laid, promise, earlier_sha256=earlier)
    grouped = quality.by_file(found)
    known = {one.file_id for one in files}
    judged = [_with_findings(one, grouped.get(one.file_id, ())) for one in files]
    whole = tuple(one for one in found if one.file_id not in known)
    return judged, whole, quality.blocking(found)


def _with_findings(one: FileView, findings: tuple[Finding, ...]) -> FileView:
    return replace(one, findings=findings) if findings else one


def _advice(files: Sequence[FileView], whole: Sequence[Finding]) -> tuple[str, ...]:
    """Codes of advice on what is laid out, each once."""
    laid = [f for f in files if f.role is FileRole.DELIVERY and f.delivery_id is None]
    found = [*whole, *(finding for one in laid for finding in one.findings)]
    return tuple(sorted({one.code.value for one in found if not one.is_blocking}))


def _of_role(files: Sequence[FileView], role: FileRole) -> tuple[FileView, ...]:
    return tuple(one for one in files if one.role is role)


def _deliveries(
    rows: Sequence[Sequence[Any]], comment_rows: Sequence[Sequence[Any]], files: Sequence[FileView]
) -> tuple[DeliveryView, ...]:
    comments = sorted(comment_rows, key=lambda row: str(row[5]))
    found = []
    for delivery_id, number, note, at, manifest, offset_ms, places in sorted(rows, key=lambda row: int(row[1])):
        by_comment = {row[0]: row for row in places or []}
        found.append(
            DeliveryView(
                id=delivery_id,
                number=number,
                note=note,
                delivered_at=datetime.fromisoformat(at),
                manifest_sha256=manifest,
                files=tuple(one for one in files if one.delivery_id == delivery_id),
                comments=_threads(comments, by_comment, delivery_id),
                offset_ms=offset_ms,
            )
        )
    return tuple(found)


def _threads(
    rows: Sequence[Sequence[Any]], places: Mapping[str, Sequence[Any]], delivery_id: str
) -> tuple[CommentView, ...]:
    roots = [row for row in rows if row[0] in places]
    views = [
        _comment(
            row,
            _place(places[row[0]], delivery_id),
            tuple(_comment(reply, None, ()) for reply in rows if reply[1] == row[0]),
        )
        for row in roots
    ]
    return tuple(sorted(views, key=lambda view: view.place.start_s if view.place else 0))


def _comment(row: Sequence[Any], place: Place | None, replies: tuple[CommentView, ...]) -> CommentView:
    comment_id, _parent, author, kind, body, at, resolved = row
    return CommentView(comment_id, author, kind, body, datetime.fromisoformat(at), resolved, place, replies)


def _place(row: Sequence[Any], delivery_id: str) -> Place:
    _comment_id, start_ms, end_ms, carried, outside = row
    return Place(delivery_id, start_ms / 1000, end_ms / 1000 if end_ms is not None else None, carried, outside)


def _event(row: Sequence[Any]) -> EventView:
    event, role, at, to_state, reason, payload = row
    return EventView(event, role, datetime.fromisoformat(at), to_state, reason, payload)


def _message(row: Sequence[Any]) -> MessageView:
    author_id, body, at = row
    return MessageView(author_id, body, datetime.fromisoformat(at))


def _can(order: Order, parties: Parties, actor: Actor, review: Review | None, *, now: datetime) -> frozenset[str]:
    """Codes of everything this person may try on this page: events of the table, and acts that move nothing."""
    found = {event.value for event in access.open_events(parties, actor)}
    if not may_cancel_overdue(order.due_at, now=now):
        found.discard(Event.CANCEL_OVERDUE.value)
    found |= {action.value for action in Action if access.may(parties, actor, action)}
    is_client = access.side_of(parties, actor) is Side.CLIENT
    if is_client and order.state == State.AWAITING_PAYMENT:
        found.add("pay")
    if is_client and order.state == State.DELIVERED and review is not None and can_extend(as_review(review)):
        found.add("extend_review")
    return frozenset(found)
