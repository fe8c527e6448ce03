"""States, events, files, findings and refusals of mixing in words. News has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from blueprints.error_words import say, say_field
from blueprints.mixing import bp
from headroom.errors import DomainError
from headroom.mixing.errors import NotNow
from headroom.mixing.quality import Finding

STATES: Mapping[str, Any] = {
    "draft": _l("Draft"),
    "quoting": _l("Waiting for an offer"),
    "offered": _l("Offer on the table"),
    "awaiting_payment": _l("Waiting for payment"),
    "payment_pending": _l("Payment on its way"),
    "awaiting_files": _l("Waiting for files"),
    "intake": _l("Files being looked at"),
    "in_progress": _l("In the making"),
    "delivered": _l("Delivered"),
    "revising": _l("Being revised"),
    "settling_terms": _l("Terms proposed"),
    "disputed": _l("Disputed"),
    "approved": _l("Approved, money clearing"),
    "releasing": _l("Being paid out"),
    "completed": _l("Completed"),
    "refund_due": _l("Refund on its way"),
    "refund_stuck": _l("Refund needs help"),
    "closed_refunded": _l("Closed, refunded"),
    "expired": _l("Expired"),
    "declined": _l("Declined"),
}

EVENTS: Mapping[str, Any] = {
    "begun": _l("Draft begun"),
    "request_quote": _l("Quote requested"),
    "buy_package": _l("Package chosen"),
    "send_offer": _l("Offer sent"),
    "decline": _l("Request declined"),
    "withdraw": _l("Request withdrawn"),
    "accept_offer": _l("Offer accepted"),
    "counter": _l("Other terms asked for"),
    "withdraw_offer": _l("Offer withdrawn"),
    "payment_succeeded": _l("Paid, money held"),
    "payment_processing": _l("Payment on its way"),
    "payment_failed": _l("Payment failed"),
    "client_back": _l("Checkout left"),
    "late_payment": _l("Payment came too late"),
    "submit_files": _l("Files submitted"),
    "accept_files": _l("Files accepted, work begun"),
    "request_files": _l("Files sent back"),
    "reject_job": _l("Job rejected"),
    "cancel": _l("Cancelled by the client"),
    "engineer_cancel": _l("Cancelled by the engineer"),
    "cancel_overdue": _l("Cancelled, the engineer was late"),
    "deliver_first": _l("First version delivered"),
    "deliver_next": _l("Next version delivered"),
    "approve": _l("Approved"),
    "request_revision": _l("Revision requested"),
    "withdraw_revision": _l("Revision withdrawn"),
    "propose_settlement": _l("Settlement proposed"),
    "accept_terms": _l("Terms accepted"),
    "reject_terms": _l("Terms rejected"),
    "open_dispute": _l("Dispute opened"),
    "settle": _l("Dispute settled"),
    "rule": _l("Dispute ruled"),
    "rule_release": _l("Dispute ruled for the engineer"),
    "clear": _l("Clearing over, money released"),
    "legs_settled": _l("Everyone was paid"),
    "refund_settled": _l("Refund arrived"),
    "refund_failed": _l("Refund could not be delivered"),
    "zero_refund": _l("Nothing to send back"),
    "manual_refund": _l("Refunded by hand"),
    "draft_idle": _l("Draft left alone for 30 days"),
    "quote_unanswered": _l("No offer within 7 days"),
    "offer_lapsed": _l("Offer not answered in time"),
    "checkout_expired": _l("Checkout ran out"),
    "payment_lost": _l("The payment never arrived"),
    "files_never_came": _l("No files within 21 days"),
    "intake_unanswered": _l("Files not looked at within 72 hours"),
    "never_delivered": _l("Nothing delivered a week after the due date"),
    "auto_approve": _l("Approved by silence"),
    "delivery_unseen": _l("The delivery could not be announced"),
    "revision_overdue": _l("Revision a week late"),
    "terms_unanswered": _l("Terms not answered"),
    "client_silent": _l("Client silent for 5 days"),
    "engineer_silent": _l("Engineer silent for 5 days"),
    "ruling_overdue": _l("Split as printed on the first day"),
    "leg_unpayable": _l("A share waits for its payee's account"),
    "refund_credited": _l("Refund kept as a credit"),
    "review_started": _l("Review time began"),
    "review_paused": _l("Review paused by a question"),
    "review_resumed": _l("Question answered, review goes on"),
    "review_extended": _l("Seven days more to listen"),
    "files_kept_longer": _l("Files kept 30 days longer"),
    "statement_made": _l("The side that was asked has answered"),
}

DELIVERABLES: Mapping[str, Any] = {
    "mix": _l("Mix"),
    "master": _l("Master"),
    "instrumental": _l("Instrumental"),
    "a_cappella": _l("A cappella"),
    "tv_track": _l("TV track"),
    "stems": _l("Mixed stems"),
}

ROLES: Mapping[str, Any] = {
    "rough": _l("Rough mix"),
    "reference": _l("Reference"),
    "stem": _l("Stem"),
    "delivery": _l("Delivery"),
}

FILE_STATES: Mapping[str, Any] = {
    "declared": _l("Not sent yet"),
    "uploading": _l("Being sent"),
    "assembled": _l("Arrived"),
    "checking": _l("Being checked"),
    "ready": _l("Ready"),
    "rejected": _l("Cannot be used"),
    "quarantined": _l("Check failed"),
    "expiring": _l("Being deleted"),
    "purging": _l("Being deleted"),
    "purged": _l("Deleted"),
}

# What a finding says; %(value)s is what was measured, %(limit)s against what, both with their unit.
FINDINGS: Mapping[str, Any] = {
    "unreadable": _l("This file cannot be read. Export it again and send it anew."),
    "not_checked": _l("Still arriving or being checked."),
    "lossy": _l("Lossy format (%(value)s). Export WAV, AIFF or FLAC."),
    "nonfinite": _l("%(value)s are not numbers. Export again without clipping plug-ins."),
    "mixed_rates": _l("%(value)s, the other files have %(limit)s."),
    "length_differs": _l("Length differs by %(value)s. Export all stems from the same start to the same end."),
    "duplicate": _l("The same bytes as %(value)s."),
    "silent": _l("Nothing sounds in this file."),
    "clipped": _l("Clipped in %(value)s."),
    "identical_channels": _l("Stereo file with two equal channels."),
    "out_of_phase": _l("Channels cancel each other (correlation %(value)s)."),
    "dc_offset": _l("DC offset of %(value)s."),
    "shallow": _l("%(value)s where %(limit)s is expected."),
    "padded": _l("Only %(value)s used of %(limit)s."),
    "limited_rough": _l("The rough mix is limited hard (peak to loudness %(value)s)."),
    "wrong_rate": _l("%(value)s, but %(limit)s is promised."),
    "wrong_depth": _l("%(value)s, but %(limit)s is promised."),
    "wrong_length": _l("Length differs by %(value)s from what was sent; %(limit)s is allowed."),
    "same_as_before": _l("These are the bytes of an earlier version."),
    "missing": _l("Promised and not there: %(value)s."),
    "true_peak": _l("True peak %(value)s is above %(limit)s."),
    "loudness": _l("%(value)s, the brief asks for %(limit)s."),
    "edge_silence": _l("%(value)s of silence at the start or end."),
    "dropout": _l("Drop-outs inside: %(value)s."),
    "balance": _l("Left and right differ by %(value)s."),
}

# What to do when a condition of a move does not hold.
GUARDS: Mapping[str, Any] = {
    "files_readable": _l("Send at least one stem, and take out or replace every file that cannot be read."),
    "findings_answered": _l("A file cannot be read. Send it back with a reason."),
    "reasons_given": _l("Write at a file, or below, why it has to come again."),
    "delivery_complete": _l("The delivery is not complete. See what is marked below."),
    "new_version": _l("The delivery is not complete, or its bytes are those of an earlier version."),
    "acknowledged": _l("Tick every remark of the check that you have heard and accept."),
    "overdue": _l("The engineer is not late enough yet: you may cancel a day after the due date."),
    "round_available": _l("All revision rounds of this order are used. A defect can still be reported."),
    "offer_open": _l("This offer is not open any more."),
    "offer_complete": _l("The offer needs a price, a time and at least one thing to deliver."),
    "can_extend": _l("The review was extended before, or it has not begun."),
    "has_package": _l("Put at least one package on offer first."),
    "open_for_orders": _l("The engineer does not take orders right now."),
}

MS_PER_S = 1_000
S_PER_MIN = 60
UNITS: Mapping[str, Any] = {
    "samples": _l("samples"),
    "runs": _l("places"),
    "gaps": _l("gaps"),
    "bit": _l("bit"),
    "s": _l("s"),
    "ms": _l("ms"),
}


@bp.app_template_global("finding_words")
def finding_words(finding: Finding) -> str:
    """One sentence with the measured value and the threshold, each with its unit."""
    sentence = FINDINGS.get(finding.code.value)
    if sentence is None:
        return finding.code.value
    return str(sentence) % {
        "value": _measure(finding.value, finding.unit),
        "limit": _measure(finding.threshold, finding.unit),
    }


def _measure(value: float | int | str | None, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return str(DELIVERABLES.get(value, value))
    if unit == "ms" and abs(value) >= MS_PER_S:
        value, unit = round(value / MS_PER_S, 1), "s"
    if unit == "s" and abs(value) >= S_PER_MIN:
        return _clock(value)
    shown = f"{value:g}".replace("-", "\u2212")
    return f"{shown}\u00a0{UNITS.get(unit, unit)}" if unit else shown


def _clock(seconds: float) -> str:
    """Minutes and seconds as players show them, with a true minus sign."""
    minutes, rest = divmod(round(abs(seconds)), S_PER_MIN)
    return f"{chr(0x2212) if seconds < 0 else ''}{minutes}:{rest:02d}"


@bp.app_template_global("words_of_mixing")
def words_of_mixing(table: str, code: str) -> str:
    """The words of a code in one of the tables above; the code itself where there are none."""
    tables = {
        "state": STATES,
        "event": EVENTS,
        "deliverable": DELIVERABLES,
        "role": ROLES,
        "file": FILE_STATES,
        "finding": FINDINGS,
    }
    return str(tables[table].get(code, code))


def guard_words(error: DomainError) -> str:
    """What to do about a refused condition; empty when the error is another."""
    return str(GUARDS.get(error.guard, "")) if isinstance(error, NotNow) else ""


def refusal_words(code: str) -> str:
    """Why the check refused a file."""
    return str(REFUSALS.get(code, _("The check refused this file (%(code)s).", code=code)))


REFUSALS: Mapping[str, Any] = {
    "empty_file": _l("The file is empty."),
    "no_audio": _l("There is no sound in this file."),
    "truncated": _l("The file ends before its sound does. Export or send it again."),
    "unfinished": _l("The recording was cut off before it was saved. Export it again."),
    "malformed": _l("The file is damaged."),
    "not_audio": _l("This is not a sound file."),
    "playlist": _l("This is a playlist, not a sound file."),
    "archive": _l("This is an archive. Send the files in it one by one; folders can be dropped as they are."),
    "codec_not_accepted": _l("This kind of sound file is not taken. Export WAV, AIFF or FLAC."),
    "decoder_missing": _l("This server cannot read this format. Export WAV, AIFF or FLAC."),
    "undecodable": _l("The sound cannot be decoded. Export it again."),
    "sample_rate": _l("The sample rate is outside 8 to 384 kHz."),
    "bit_depth": _l("The bit depth is not taken."),
    "channels": _l("The file has too many channels."),
    "too_long": _l("The file is longer than four hours."),
    "too_big_decoded": _l("The sound is too large when decoded."),
    "damaged": _l("The bytes changed on their way. Send the file again."),
    "timeout": _l("The check took too long. We look at it."),
    "crash": _l("The check itself failed. We look at it."),
}
bp.add_app_template_global(refusal_words, "refusal_words")

say(
    "order_moved",
    title=_l("The order moved while you were looking"),
    happened=_l("Somebody was quicker, so what you asked for was not done. What you wrote is kept below."),
    todo=_l("Look at what the order says now, and try again if it still fits."),
)
say(
    "files_already_extended",
    title=_l("These files are kept longer already"),
    happened=_l("They can be kept longer once, by one side for both. The dates are as they were."),
    todo=_l("See under Deletions when they go, and take what you need before."),
)
say(
    "order_guard",
    title=_l("Something is missing for that step"),
    happened=_l("Nothing was changed. What you wrote is kept below."),
    todo=_l("See what is marked below, then try again."),
)
say(
    "order_not_found",
    title=_l("There is no such order"),
    happened=_l("The order does not exist, or it is not yours to see."),
    todo=_l("Your own orders are listed under Orders."),
)
say(
    "offer_gone",
    title=_l("This offer is over"),
    happened=_l("Its time ran out, or a newer offer took its place. Nothing was accepted."),
    todo=_l("Go back to the order and look at the offer that stands there now."),
)
say(
    "not_open_for_orders",
    title=_l("This engineer takes no orders right now"),
    happened=_l("They are taking a break, or all their places are filled. Nothing was sent."),
    todo=_l("Come back later, or choose another engineer."),
)
say(
    "engineer_not_found",
    title=_l("There is no such engineer"),
    happened=_l("The page does not exist, or it was taken down."),
    todo=_l("See who takes orders under Engineers."),
)
say(
    "package_not_found",
    title=_l("This package has changed"),
    happened=_l("It is off the shelf, or a newer version replaced the one you saw. Nothing was bought."),
    todo=_l("Go back and look at what is on offer now."),
)
say(
    "own_order",
    title=_l("This is your own page"),
    happened=_l("An order needs two people."),
    todo=_l("Choose another engineer."),
)
say_field("handle_taken", _l("Somebody has this address already. Choose another."))
say_field("handle_shape", _l("Use 3 to 40 small letters, digits and single hyphens."))
say_field("consent_missing", _l("Tick this to pay: the work starts before the withdrawal period ends."))
say_field("comment_place", _l("Choose a place inside the track; a range ends after it starts."))
say_field("price_range", _l("Use a price between 5 and 50,000."))
