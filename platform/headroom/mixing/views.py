"""The values that the order's pages show: frozen, complete, with nothing left to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from headroom.audio.facts import AudioFacts
from headroom.mixing.access import FileRole, Side
from headroom.mixing.models import Offer, Order, Review
from headroom.mixing.pricing import Cancellation
from headroom.mixing.quality import Checked, Finding, first_to_play


@dataclass(frozen=True, slots=True)
class FileView:
    """One file of an order. `findings` are those about this file."""

    file_id: str
    role: FileRole
    deliverable: str | None
    delivery_id: str | None
    name: str
    size_bytes: int
    state: str
    sha256: str | None
    facts: AudioFacts | None
    refusal: str | None
    refusal_values: Mapping[str, Any]
    explanation: str | None
    returned_why: str | None
    purge_at: datetime | None
    purged_at: datetime | None
    can_play: bool
    can_take: bool
    preview_is_due: bool  # checked a while ago at most, to be heard by the reader, and not yet to be heard
    findings: tuple[Finding, ...] = ()

    @property
    def title(self) -> str:
        return self.name

    @property
    def duration_s(self) -> float:
        return self.facts.duration_s if self.facts else 0.0

    @property
    def lufs(self) -> float | None:
        return self.facts.integrated_lufs if self.facts else None

    @property
    def true_peak_dbtp(self) -> float | None:
        return self.facts.true_peak_dbtp if self.facts else None

    @property
    def is_moving(self) -> bool:
        """On its way, being checked or being made audible: what is said of it changes by itself."""
        return self.preview_is_due or self.state in ("declared", "uploading", "assembled", "checking")

    def checked(self) -> Checked:
        return Checked(self.file_id, self.name, self.sha256, self.facts, self.refusal, self.deliverable)


@dataclass(frozen=True, slots=True)
class Place:
    delivery_id: str
    start_s: float
    end_s: float | None
    is_carried: bool
    is_outside: bool


@dataclass(frozen=True, slots=True)
class CommentView:
    id: str
    author_id: str
    kind: str
    body: str
    at: datetime
    is_resolved: bool
    place: Place | None
    replies: tuple[CommentView, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: str
    number: int
    note: str
    delivered_at: datetime
    manifest_sha256: str
    files: tuple[FileView, ...]
    comments: tuple[CommentView, ...]
    offset_ms: int | None  # how much later its music starts than in what was heard before; None: not aligned

    @property
    def main(self) -> FileView | None:
        """What plays first."""
        index = first_to_play([one.deliverable for one in self.files])
        return None if index is None else self.files[index]


@dataclass(frozen=True, slots=True)
class EventView:
    event: str
    role: str
    at: datetime
    to_state: str
    reason: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageView:
    author_id: str
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """Everything the order page shows."""

    order: Order
    side: Side
    engineer_name: str
    engineer_handle: str | None
    client_name: str
    offer: Offer | None
    review: Review | None
    rough: tuple[FileView, ...]
    references: tuple[FileView, ...]
    stems: tuple[FileView, ...]
    laid_out: tuple[FileView, ...]
    deliveries: tuple[DeliveryView, ...]
    set_findings: tuple[Finding, ...]
    blocking: tuple[Finding, ...]
    advice: tuple[str, ...]
    events: tuple[EventView, ...]
    events_count: int
    messages: tuple[MessageView, ...]
    can: frozenset[str]
    cancel_terms: Cancellation | None
    rounds_left: int
    now: datetime
    has_news: bool  # the reader has unseen notices about this order

    @property
    def latest(self) -> DeliveryView | None:
        return self.deliveries[-1] if self.deliveries else None

    @property
    def other_name(self) -> str:
        return self.engineer_name if self.side is Side.CLIENT else self.client_name

    @property
    def waits_for_files(self) -> bool:
        """Some file is still moving, so the page asks again."""
        laid = (*self.rough, *self.references, *self.stems, *self.laid_out)
        return any(one.is_moving for one in laid)

    def name_of(self, person_id: str) -> str:
        names = {self.order.client_id: self.client_name, self.order.engineer_id: self.engineer_name}
        return names.get(person_id, "")
