"""Is a webhook the provider's, and of now? The signature is checked by the SDK over the raw body.

The SDK accepts a timestamp from the future; a delivery signed for tomorrow could then be kept and replayed
until tomorrow, so the tolerance is two-sided here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import stripe

from headroom.gateways.stripe_errors import WebhookRefused
from headroom.gateways.stripe_facts import ProviderEvent, instant

TOLERANCE = timedelta(seconds=300)


def parse_webhook(
    raw: bytes, signature: str | None, *, secrets: Sequence[str], expects_livemode: bool, wall_now: datetime
) -> ProviderEvent:
    """The envelope of a delivery that is genuine and of now.

    `raw` is the body as it came. `secrets` may hold several during a rotation. Raises WebhookRefused.
    """
    if not signature:
        raise WebhookRefused("no_signature")
    if not any(_is_signed(raw, signature, secret) for secret in secrets):
        raise WebhookRefused("bad_signature")
    signed_at = _signed_at(signature)
    if signed_at < wall_now - TOLERANCE:
        raise WebhookRefused("too_old")
    if signed_at > wall_now + TOLERANCE:
        raise WebhookRefused("from_the_future")
    event = _envelope(raw)
    if event.livemode is not expects_livemode:
        raise WebhookRefused("wrong_mode")
    return event


def _is_signed(raw: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(raw, signature, secret, tolerance=None))
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False


def _signed_at(signature: str) -> datetime:
    """The signed timestamp: the first `t`, which is the one that the signature covers."""
    try:
        return instant(next(int(part[2:]) for part in signature.split(",") if part.startswith("t=")))
    except (StopIteration, ValueError, OverflowError, OSError):
        raise WebhookRefused("bad_signature") from None


def _envelope(raw: bytes) -> ProviderEvent:
    try:
        body = json.loads(raw)
        subject: Any = body["data"]["object"]
        return ProviderEvent(
            id=_text(body["id"]),
            type=_text(body["type"]),
            object_id=_optional(subject.get("id")),
            intent_id=_optional(subject.get("id" if subject.get("object") == "payment_intent" else "payment_intent")),
            group=_optional(subject.get("transfer_group")),
            account=_optional(body.get("account")),
            livemode=body["livemode"] is True,
            api_version=body.get("api_version"),
            created_at=instant(int(body["created"])),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise WebhookRefused("malformed") from None


def _text(value: object) -> str:
    """A provider's name or id, of a size that a column takes."""
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise ValueError("not a name")
    return value


def _optional(value: object) -> str | None:
    """An id where the object has one; expandable fields that came expanded are not ids."""
    return _text(value) if isinstance(value, str) and value else None
