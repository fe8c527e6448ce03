from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from headroom.gateways.stripe_errors import WebhookRefused
from headroom.gateways.stripe_facts import ProviderEvent
from headroom.gateways.stripe_webhooks import parse_webhook

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "whsec_now"
BODY: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "charge.succeeded",
    "created": int(NOW.timestamp()),
    "livemode": False,
    "api_version": "2026-10-28.endive",
    "data": {"object": {"id": "ch_1", "object": "charge"}},
}
RAW = json.dumps(BODY).encode()


def signed(raw: bytes, *, secret: str = SECRET, at: datetime = NOW, scheme: str = "v1") -> str:
    stamp = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={stamp},{scheme}={digest}"


def parse(raw: bytes, signature: str | None, *, secrets: tuple[str, ...] = (SECRET,)) -> ProviderEvent:
    return parse_webhook(raw, signature, secrets=secrets, expects_livemode=False, wall_now=NOW)


def refusal(raw: bytes, signature: str | None) -> str:
    with pytest.raises(WebhookRefused) as refused:
        parse(raw, signature)
    return refused.value.reason


def test_a_genuine_delivery_gives_its_envelope() -> None:
    event = parse(RAW, signed(RAW))
    assert (event.id, event.type, event.object_id, event.account) == ("evt_1", "charge.succeeded", "ch_1", None)


def test_the_old_secret_still_works_during_a_rotation() -> None:
    assert parse(RAW, signed(RAW, secret="whsec_old"), secrets=("whsec_new", "whsec_old")).id == "evt_1"


@pytest.mark.parametrize(
    ("raw", "signature"),
    [
        (RAW, signed(RAW, secret="whsec_other")),
        (RAW.replace(b"ch_1", b"ch_2"), signed(RAW)),
        (RAW, signed(RAW, scheme="v0")),
        (RAW, "t=,v1="),
        (RAW, "nonsense"),
        (b"\xff\xfe" + RAW, signed(RAW)),
    ],
    ids=["other secret", "one byte changed", "v0 only", "empty", "nonsense", "not UTF-8"],
)
def test_a_forged_delivery_is_refused(raw: bytes, signature: str) -> None:
    assert refusal(raw, signature) == "bad_signature"


def test_a_delivery_without_a_signature_is_refused() -> None:
    assert refusal(RAW, None) == "no_signature"


def test_an_empty_secret_never_verifies() -> None:
    with pytest.raises(WebhookRefused):
        parse(RAW, signed(RAW, secret=""), secrets=("", " "))


@pytest.mark.parametrize(
    ("offset_s", "reason"), [(-301, "too_old"), (301, "from_the_future"), (3600, "from_the_future")]
)
def test_a_delivery_signed_outside_five_minutes_either_way_is_refused(offset_s: int, reason: str) -> None:
    assert refusal(RAW, signed(RAW, at=NOW + timedelta(seconds=offset_s))) == reason


@pytest.mark.parametrize("offset_s", [-299, 299])
def test_clocks_may_differ_by_almost_five_minutes(offset_s: int) -> None:
    assert parse(RAW, signed(RAW, at=NOW + timedelta(seconds=offset_s))).id == "evt_1"


def test_an_event_three_days_old_with_a_fresh_signature_is_taken() -> None:
    late = json.dumps(BODY | {"created": int((NOW - timedelta(days=3)).timestamp())}).encode()
    assert parse(late, signed(late)).created_at == NOW - timedelta(days=3)


def test_a_live_event_never_reaches_a_test_installation() -> None:
    live = json.dumps(BODY | {"livemode": True}).encode()
    assert refusal(live, signed(live)) == "wrong_mode"


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{}",
        b"null",
        b"[" * 100_000,
        json.dumps(BODY | {"id": "e" * 300}).encode(),
        json.dumps(BODY | {"id": 5}).encode(),
        json.dumps(BODY | {"data": None}).encode(),
        json.dumps(BODY | {"created": "soon"}).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(raw: bytes) -> None:
    assert refusal(raw, signed(raw)) == "malformed"
