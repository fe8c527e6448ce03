"""The order's side of stored files: who may add and read them, what the machine knows of them, what they became."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audio.facts import AudioFacts
from headroom.files import uploads
from headroom.files.errors import LimitReached
from headroom.files.models import FilePurge, FileUpload, StoredFile
from headroom.files.protocol import Limits
from headroom.files.states import FINAL
from headroom.files.states import State as FileState
from headroom.mixing import told
from headroom.mixing.access import FileRole, Want, adding, can_view, may, reading
from headroom.mixing.errors import NotYours, OrderNotFound
from headroom.mixing.models import Order, OrderFile
from headroom.mixing.moving import parties
from headroom.mixing.offers import DELIVERABLES
from headroom.mixing.quality import Checked
from headroom.mixing.settlement import scope_of
from headroom.mixing.states import Role, State

MAX_REFERENCES = 3
FAILED = frozenset({FileState.REJECTED, FileState.QUARANTINED})


def begin_upload(
    session: Session,
    order: Order,
    role: FileRole,
    *,
    by: Actor,
    name: str,
    size_bytes: int,
    modified_at: datetime | None,
    fingerprint: str,
    now: datetime,
    deliverable: str | None = None,
) -> FileUpload:
    """Announce a file of the order, or find its open upload again. Raises NotYours, and files' LimitReached."""
    if not may(parties(order), by, adding(role)) or (role is FileRole.DELIVERY) != (deliverable in DELIVERABLES):
        raise NotYours(order_id=order.id, role=role.value)
    upload = uploads.begin(
        session,
        by=by,
        scope=scope_of(order.id),
        purpose=role.value,
        name=name,
        size_bytes=size_bytes,
        modified_at=modified_at,
        fingerprint=fingerprint,
        limits=limits_of(role),
        now=now,
    )
    session.execute(
        insert(OrderFile)
        .values(
            file_id=upload.file_id,
            order_id=order.id,
            role=role,
            deliverable=deliverable,
            added_by=by.person_id,
            added_at=now,
        )
        .on_conflict_do_nothing()
    )
    _require_room(session, order, role)
    return upload


def _require_room(session: Session, order: Order, role: FileRole) -> None:
    """Raise files' LimitReached when the order holds more files of this role than it may."""
    most = {FileRole.ROUGH: 1, FileRole.REFERENCE: MAX_REFERENCES, FileRole.STEM: order.max_stems}.get(role)
    held = session.scalar(
        select(func.count())
        .select_from(OrderFile)
        .join(StoredFile, StoredFile.id == OrderFile.file_id)
        .where(
            OrderFile.order_id == order.id,
            OrderFile.role == role,
            OrderFile.removed_at.is_(None),
            StoredFile.state.not_in(FINAL),
        )
    )
    if most is not None and (held or 0) > most:
        raise LimitReached({"size": "too_many_files"}, limit="too_many_files", files=most)


def limits_of(role: FileRole) -> Limits:
    """What an order may hold: a rough mix and references are songs, not sessions."""
    if role in (FileRole.ROUGH, FileRole.REFERENCE):
        return Limits(file_bytes=1 << 30)
    return Limits()


def remove(session: Session, order: Order, file_id: str, *, by: Actor, now: datetime) -> None:
    """Take a file out of what will be submitted or delivered; its bytes go with the order's other sources."""
    row = session.get(OrderFile, file_id)
    if row is None or row.order_id != order.id or row.delivery_id is not None:
        raise OrderNotFound()
    if not may(parties(order), by, adding(FileRole(row.role))):
        raise NotYours(order_id=order.id)
    row.removed_at = row.removed_at or now
    session.flush()


def explain(session: Session, order: Order, file_id: str, words: str, *, by: Actor) -> None:
    """The client says why a finding is meant to be so."""
    row = session.get(OrderFile, file_id)
    if row is None or row.order_id != order.id:
        raise OrderNotFound()
    if not may(parties(order), by, adding(FileRole(row.role))):
        raise NotYours(order_id=order.id)
    row.explanation = words or None
    session.flush()


def fault(session: Session, order: Order, file_id: str, words: str, *, by: Actor) -> None:
    """The engineer writes at a stem why it has to come again; `orders.request_files` sends it back."""
    row = session.get(OrderFile, file_id)
    if row is None or row.order_id != order.id or row.role != FileRole.STEM:
        raise OrderNotFound()
    if by.person_id != order.engineer_id or order.state != State.INTAKE:
        raise NotYours(order_id=order.id)
    row.returned_why = words or None
    session.flush()


def can_read(session: Session, actor: Actor, file_id: str, *, want: Want, is_purged: bool = False) -> bool:
    """Whether the actor may hear or take this file of an order now.

    Once its bytes are gone, what is left (waveform, receipt) is open to everyone who may see the order.
    """
    row = session.execute(
        select(Order, OrderFile.role, OrderFile.added_by, OrderFile.delivery_id)
        .join(OrderFile, OrderFile.order_id == Order.id)
        .where(OrderFile.file_id == file_id)
    ).one_or_none()
    if row is None:
        return False
    order, role, added_by, delivery_id = row
    if is_purged and want is Want.HEAR:
        return can_view(parties(order), actor)
    if role == FileRole.DELIVERY and delivery_id is None and added_by != actor.person_id:
        return False  # laid out, not delivered
    return may(parties(order), actor, reading(FileRole(role), want))


def checked(session: Session, order: Order, *roles: FileRole, delivery_id: str | None = None) -> list[Checked]:
    """What the machine knows of the order's files of these roles; of one delivery, or of none yet."""
    rows = session.execute(
        select(OrderFile, StoredFile)
        .join(StoredFile, StoredFile.id == OrderFile.file_id)
        .where(
            OrderFile.order_id == order.id,
            OrderFile.role.in_(roles),
            OrderFile.removed_at.is_(None),
            OrderFile.delivery_id.is_(None) if delivery_id is None else OrderFile.delivery_id == delivery_id,
            StoredFile.state != FileState.ABANDONED,
        )
        .order_by(OrderFile.added_at, OrderFile.file_id)
    ).all()
    return [as_checked(row, file) for row, file in rows]


def as_checked(row: OrderFile, file: StoredFile) -> Checked:
    failed = file.state in FAILED
    return Checked(
        file_id=file.id,
        name=file.original_name,
        sha256=file.sha256,
        facts=AudioFacts.from_json(file.facts) if file.facts and not failed else None,
        refusal=str((file.findings or {}).get("code", file.state)) if failed else None,
        deliverable=row.deliverable,
    )


def longest_s(files: Sequence[Checked]) -> float | None:
    """Seconds of the longest readable file."""
    return max((one.facts.duration_s for one in files if one.facts is not None), default=None)


def file_checked(session: Session, file: StoredFile, *, now: datetime) -> None:
    """Reaction: a check ended. Only a refusal is news; its sender hears of it at once."""
    row = session.get(OrderFile, file.id)
    if row is None or file.state not in FAILED:
        return
    order = session.get(Order, row.order_id)
    assert order is not None
    to = Role.CLIENT if row.added_by == order.client_id else Role.ENGINEER
    told.inform(
        session,
        order,
        to=to,
        code="file_rejected",
        now=now,
        by_mail=False,
        values={"file": file.original_name, "why": (file.findings or {}).get("code")},
    )


def file_purged(session: Session, file: StoredFile, *, now: datetime) -> None:
    """Reaction: bytes are proved gone. When the last file of its kind went, both sides get the receipt."""
    row = session.get(OrderFile, file.id)
    order = session.get(Order, row.order_id) if row is not None else None
    if row is None or order is None:
        return
    is_delivery = row.role == FileRole.DELIVERY
    same_kind = OrderFile.role == FileRole.DELIVERY if is_delivery else OrderFile.role != FileRole.DELIVERY
    left = session.scalar(
        select(func.count())
        .select_from(OrderFile)
        .join(StoredFile, StoredFile.id == OrderFile.file_id)
        .where(OrderFile.order_id == order.id, same_kind, StoredFile.state.not_in(FINAL), StoredFile.id != file.id)
    )
    if left:
        return
    purged = session.scalar(
        select(func.count()).select_from(FilePurge).join(OrderFile, OrderFile.file_id == FilePurge.file_id)
        .where(OrderFile.order_id == order.id, same_kind)
    )  # fmt: skip
    for side in (Role.CLIENT, Role.ENGINEER):
        code = "deliveries_purged" if is_delivery else "sources_purged"
        told.inform(session, order, to=side, code=code, now=now, by_mail=True, values={"files": purged})


def purge_announced(
    session: Session, order_id: str, *, purge_at: datetime, days_before: int, files: int, now: datetime
) -> None:
    """Reaction: files of the order go in so many days; both sides hear of it in time to take them."""
    order = session.get(Order, order_id)
    if order is None:
        return
    for side in (Role.CLIENT, Role.ENGINEER):
        told.inform(
            session,
            order,
            to=side,
            code="purge_announced",
            now=now,
            by_mail=side is Role.CLIENT,
            values={"purge_at": purge_at.isoformat(), "days": days_before, "files": files},
        )
