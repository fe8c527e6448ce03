"""What the parts of the order page say: the step, the ways out, what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.formats import fmt_money, fmt_seconds
from blueprints.mixing import bp
from blueprints.mixing.words import DELIVERABLES
from headroom.audio.gains import Level, matched_gains_db
from headroom.mixing import aligning
from headroom.mixing.states import Event
from headroom.mixing.views import DeliveryView, FileView, Room

LEVELS = ("lufs", "true_peak_dbtp")  # as a track names them
# (side, state) → the heading of the step; the sentence says who has to act.
STEPS: Mapping[tuple[str, str], Any] = {
    ("client", "draft"): _l("Let the engineer hear it"),
    ("client", "quoting"): _l("The engineer is listening"),
    ("client", "offered"): _l("Answer the offer"),
    ("client", "awaiting_payment"): _l("Pay to begin"),
    ("client", "payment_pending"): _l("Your payment is on its way"),
    ("client", "awaiting_files"): _l("Send your stems"),
    ("client", "intake"): _l("The engineer looks at your files"),
    ("client", "in_progress"): _l("Your song is being mixed"),
    ("client", "delivered"): _l("Listen and decide"),
    ("client", "revising"): _l("Your changes are being made"),
    ("client", "approved"): _l("Approved: take your files"),
    ("client", "releasing"): _l("Approved: take your files"),
    ("client", "completed"): _l("Done: take your files"),
    ("engineer", "quoting"): _l("Listen, then make an offer"),
    ("engineer", "offered"): _l("The client reads your offer"),
    ("engineer", "awaiting_payment"): _l("The client pays"),
    ("engineer", "payment_pending"): _l("The payment is on its way"),
    ("engineer", "awaiting_files"): _l("The client sends the stems"),
    ("engineer", "intake"): _l("Look at the files"),
    ("engineer", "in_progress"): _l("Mix it and deliver"),
    ("engineer", "delivered"): _l("The client listens"),
    ("engineer", "revising"): _l("Make the changes and deliver"),
    ("engineer", "approved"): _l("Approved: the money is clearing"),
    ("engineer", "releasing"): _l("Your money is on its way"),
    ("engineer", "completed"): _l("Done and paid"),
    ("", "refund_due"): _l("The refund is on its way"),
    ("", "refund_stuck"): _l("The refund needs another way"),
    ("", "closed_refunded"): _l("Closed, the money went back"),
    ("", "expired"): _l("This order ran out"),
    ("", "declined"): _l("The engineer could not take it"),
    ("", "disputed"): _l("Disputed: say what you hold for right"),
    ("", "settling_terms"): _l("Terms are on the table"),
}

# What happens at the deadline if nobody says anything.
SILENCE: Mapping[str, Any] = {
    "draft_idle": _l("The draft is closed"),
    "quote_unanswered": _l("Without an offer the request is closed"),
    "offer_lapsed": _l("The offer stands until"),
    "checkout_expired": _l("To be paid by"),
    "payment_lost": _l("If the bank has not answered, the order is closed"),
    "files_never_came": _l("Without files everything goes back"),
    "intake_unanswered": _l("Without an answer everything goes back to the client"),
    "never_delivered": _l("Without a delivery everything goes back to the client"),
    "auto_approve": _l("Without a word it counts as approved"),
    "delivery_unseen": _l("If it cannot be announced, the order becomes disputed"),
    "revision_overdue": _l("Without a new version the order becomes disputed"),
    "terms_unanswered": _l("Without an answer the order becomes disputed"),
    "client_silent": _l("Without the client's statement it counts as approved"),
    "engineer_silent": _l("Without the engineer's statement everything goes back"),
    "ruling_overdue": _l("The split shown here applies"),
    "clear": _l("The money is released"),
    "leg_unpayable": _l("What cannot be paid out is kept for its payee"),
    "refund_credited": _l("What cannot be sent back is kept as a credit"),
}

LEGS: Mapping[str, Any] = {
    "accrued": _l("held"),
    "eligible": _l("ready to send"),
    "sending": _l("being sent"),
    "sent": _l("sent"),
    "parked": _l("waits for the payout account"),
    "reversing": _l("being taken back"),
    "reversed": _l("taken back"),
    "written_off": _l("written off"),
}

# A panel is marked when one of these is open: somebody has to act here.
ACTS = frozenset(
    {
        Event.REQUEST_QUOTE, Event.SEND_OFFER, Event.ACCEPT_OFFER, Event.SUBMIT_FILES, Event.ACCEPT_FILES,
        Event.DELIVER_FIRST, Event.DELIVER_NEXT, Event.APPROVE, "pay",
    }
)  # fmt: skip


@bp.app_template_global("has_to_act")
def has_to_act(room: Room) -> bool:
    return bool(room.can & ACTS)


@bp.app_template_global("step_words")
def step_words(room: Room) -> str:
    """The heading of what is to be done now."""
    state, side = room.order.state, str(room.side)
    return str(STEPS.get((side, state)) or STEPS.get(("", state)) or STEPS.get(("engineer", state), state))


@bp.app_template_global("deadline_words")
def deadline_words(event: str) -> str:
    return str(SILENCE.get(event, ""))


@bp.app_template_global("leg_words")
def leg_words(state: str) -> str:
    return str(LEGS.get(state, state))


@bp.app_template_global("tone_of")
def tone_of(state: str, is_mine: bool) -> str | None:
    """The tone of a state's badge: what waits for the other side is no call to act."""
    if is_mine:
        return "todo"
    return "wait" if state in WAITING_FOR_SOMEBODY else None


WAITING_FOR_SOMEBODY = frozenset({"offered", "awaiting_payment", "awaiting_files", "delivered", "settling_terms"})


@bp.app_template_filter("khz")
def khz(rate_hz: int | None) -> str:
    """A sample rate as musicians write it: 44.1 kHz, 48 kHz."""
    return f"{(rate_hz or 0) / 1000:g} kHz"


@bp.app_template_filter("deliverable_words")
def deliverable_words(code: str) -> str:
    return str(DELIVERABLES.get(code, code))


@dataclass(frozen=True, slots=True)
class Ending:
    """A way out that this side may take alone: what it is called, what it costs, where it goes."""

    title: str
    terms: str
    endpoint: str


@bp.app_template_global("ending_words")
def ending_words(room: Room) -> Ending | None:
    """The way out with its price, or None."""
    refund = fmt_money(room.order.price_minor or 0, room.order.currency)
    if Event.REJECT_JOB in room.can:
        terms = _("If you cannot work with these files, %(amount)s goes back to the client.", amount=refund)
        return Ending(_("Give the job back"), terms, "mixing.reject_job")
    if Event.ENGINEER_CANCEL in room.can:
        terms = _("If you cancel, %(amount)s goes back to the client, whatever was done.", amount=refund)
        return Ending(_("Cancel the order"), terms, "mixing.cancel")
    if room.can & {Event.CANCEL, Event.CANCEL_OVERDUE}:
        terms = _("Everything goes back to you: %(amount)s. No reason is needed.", amount=refund)
        return Ending(_("Cancel the order"), terms, "mixing.cancel")
    return None


@bp.app_template_global("compared_with")
def compared_with(room: Room, shown: DeliveryView) -> FileView | None:
    """What B is compared with: the version before, or the rough mix where asked for or where there is none."""
    rough = next((one for one in room.rough if one.can_play), None)
    before = next((one.main for one in reversed(room.deliveries) if one.number < shown.number), None)
    if before is None or not before.can_play or request.args.get("a") == "rough":
        return rough
    return before


@bp.app_template_global("matched_gains")
def matched_gains(*tracks: Any) -> list[float] | None:
    """Gains in dB that make tracks (objects or dicts, as templates have them) equally loud; None if one is unknown."""
    known = [one if isinstance(one, Mapping) else {name: getattr(one, name) for name in LEVELS} for one in tracks]
    sides = [Level(*(one[name] for name in LEVELS)) for one in known]
    return None if any(one.integrated_lufs is None for one in sides) else matched_gains_db(sides)


@dataclass(frozen=True, slots=True)
class InStep:
    """How B lies against A: `offset_s` seconds later, and what to say of it ("" when both start together)."""

    offset_s: float
    words: str


@bp.app_template_global("in_step")
def in_step(room: Room, a: FileView, shown: DeliveryView, *, names: tuple[str, str]) -> InStep:
    """Where the music of A lies in the shown version."""
    since = next((one.number for one in room.deliveries if one.id == a.delivery_id), 0)
    offsets = {one.number: one.offset_ms for one in room.deliveries}
    shift = aligning.shift_ms(offsets, since=since, to=shown.number)
    if shift is None:
        words = _("Not aligned: the same music was not found in both, so both play from their beginning.")
        return InStep(0.0, words)
    if not shift:
        return InStep(0.0, "")
    name = names[1] if shift > 0 else names[0]
    words = _(
        "%(name)s starts %(length)s s later; both play the same place of the music.",
        name=name,
        length=fmt_seconds(abs(shift) / 1000),
    )
    return InStep(shift / 1000, words)
