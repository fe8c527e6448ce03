"""What the forms of an order may say. Field names are unique on the order page, so kept words find their field."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from blueprints.forms import Form
from headroom.mixing.access import FileRole
from headroom.mixing.models import MAX_TEXT, MAX_TITLE
from headroom.mixing.offers import Brief, Terms
from headroom.mixing.pricing import MAX_PRICE_MINOR, MIN_PRICE_MINOR
from headroom.money import minor_digits

Title = Annotated[str, Field(min_length=1, max_length=MAX_TITLE)]
Words = Annotated[str, Field(max_length=MAX_TEXT)]
SomeWords = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
OneId = Annotated[str, Field(max_length=40)]
Deliverable = Literal["mix", "master", "instrumental", "a_cappella", "tv_track", "stems"]
CURRENCY = "USD"


def _to_hundredths(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


_LOWEST, _HIGHEST = (Decimal(minor).scaleb(-2) for minor in (MIN_PRICE_MINOR, MAX_PRICE_MINOR))
Price = Annotated[Decimal, Field(ge=_LOWEST, le=_HIGHEST), AfterValidator(_to_hundredths)]
Seconds = Annotated[Decimal, Field(ge=0, le=86_400)]


def to_minor(price: Decimal, currency: str = CURRENCY) -> int:
    """A price as people write it → minor units."""
    return int(price.scaleb(minor_digits(currency)))


class Seen(Form):
    """The version of the order that the page showed."""

    version: int = Field(ge=1)


class BriefForm(Form):
    title: Title
    artist: Title
    brief: SomeWords
    stem_list: Words = ""
    loudness_lufs: float | None = Field(default=None, ge=-30, le=-5)

    def to_brief(self) -> Brief:
        stems = [line.strip()[:MAX_TITLE] for line in self.stem_list.splitlines() if line.strip()]
        return Brief(self.title, self.artist, self.brief, tuple(stems[:300]), self.loudness_lufs)


class TermsForm(Form):
    """Terms of an offer or a package, as an engineer writes them."""

    price: Price
    turnaround_days: int = Field(ge=1, le=90)
    revisions: int = Field(ge=0, le=20)
    max_stems: int = Field(default=60, ge=1, le=300)
    deliverables: list[Deliverable] = Field(min_length=1, max_length=6)
    sample_rate_hz: Literal["44100", "48000", "88200", "96000"] = "48000"
    bit_depth: Literal["16", "24", "32"] = "24"
    terms_note: Words = ""

    def to_terms(self) -> Terms:
        return Terms(
            price_minor=to_minor(self.price),
            turnaround_days=self.turnaround_days,
            revisions=self.revisions,
            deliverables=tuple(dict.fromkeys(self.deliverables)),
            max_stems=self.max_stems,
            currency=CURRENCY,
            sample_rate_hz=int(self.sample_rate_hz),
            bit_depth=int(self.bit_depth),
            note=self.terms_note,
        )


class OfferForm(TermsForm):
    version: int = Field(ge=1)


class DeclineForm(Seen):
    decline_reason: Words = ""


class CounterForm(Seen):
    counter_wish: SomeWords


class AcceptOfferForm(Seen):
    offer: int = Field(ge=1)


class BuyForm(Seen):
    package_id: str = Field(max_length=40)
    package_version: int = Field(ge=1)


class PayForm(Seen):
    start_work: bool = False


class SubmitForm(Seen):
    files_note: Words = ""


class ExplainForm(Form):
    explanation: Words = ""


class ReturnFilesForm(Seen):
    """Reasons at single files were written before; the note is for what concerns all of them."""

    return_note: Words = ""


class FaultForm(Form):
    fault: Words = ""


class CancelForm(Seen):
    cancel_reason: Words = ""


class DeliverForm(Seen):
    delivery_note: Words = ""
    arrangement_changed: bool = False
    acknowledged: list[OneId] = Field(default_factory=list, max_length=40)


class RevisionForm(Seen):
    wishes: SomeWords
    comment_ids: list[OneId] = Field(default_factory=list, max_length=200)
    is_defect: bool = False


class MessageForm(Form):
    message: SomeWords


class CommentForm(Form):
    delivery_id: str = Field(max_length=40)
    comment: SomeWords
    start_s: Seconds
    end_s: Seconds | None = None
    is_question: bool = False


class ReplyForm(Form):
    reply: SomeWords


class UploadAsked(Form):
    """What the browser says of a file before it sends it."""

    role: FileRole
    deliverable: Deliverable | None = None
    name: str = Field(min_length=1, max_length=4_096)
    size: int = Field(ge=0, le=1 << 46)
    modified_at: AwareDatetime | None = None
    fingerprint: str = Field(min_length=8, max_length=128)


class Nothing(Form):
    """A form whose address says everything."""
