"""What only fits a rehearsal keeps a production installation from starting; one test per reason."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

import worker.__main__
from headroom.actors import Actor
from headroom.db import unit
from headroom.files import capabilities
from headroom.files.models import StoreCapability
from headroom.settings import Settings, refusals
from tests.conftest import PrivateDatabase, make_settings
from wsgi import RefusedToStart, create_app, refuse_unfit_world

RING = "2026a:" + base64.b64encode(bytes(range(32))).decode()
FIT = {
    "profile": "production",
    "base_url": "https://headroom.studio",
    "s3_endpoint": "https://store.studio",
    "s3_public_endpoint": "https://files.studio",
    "stripe_api_base": "",
    "stripe_secret_key": "sk_live_0123456789",
    "smtp_tls": "starttls",
    "mail_from": "Headroom <studio@headroom.studio>",
    "session_keys": RING,
    "peppers": RING,
    "field_keys": RING,
    "audit_keys": RING,
}


def production(**changes: Any) -> Settings:
    return make_settings(**(FIT | changes))


def test_a_fit_installation_starts() -> None:
    assert refusals(production()) == []


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"base_url": "http://headroom.studio"}, "HEADROOM_BASE_URL"),
    ({"stripe_api_base": "http://127.0.0.1:8620"}, "STRIPE_API_BASE"),
    ({"stripe_api_base": "https://api.stripe.com.evil.test"}, "STRIPE_API_BASE"),
    ({"stripe_secret_key": "sk_test_0123456789"}, "STRIPE_SECRET_KEY"),
    ({"stripe_secret_key": ""}, "STRIPE_SECRET_KEY"),
    ({"stripe_webhook_secrets": ""}, "STRIPE_WEBHOOK_SECRETS"),
    ({"stripe_connect_webhook_secrets": ""}, "STRIPE_CONNECT_WEBHOOK_SECRETS"),
    ({"s3_endpoint": "http://store.studio"}, "S3_ENDPOINT"),
    ({"s3_public_endpoint": "http://files.studio"}, "S3_PUBLIC_ENDPOINT"),
    ({"s3_secret_key": ""}, "S3_SECRET_KEY"),
    ({"s3_embedded_data": "/srv/store"}, "S3_EMBEDDED_DATA"),
    ({"smtp_tls": "none"}, "SMTP_TLS"),
    ({"mail_from": "Headroom <studio@headroom.invalid>"}, "MAIL_FROM"),
    ({"faults": "ledger.sent:kill"}, "HEADROOM_FAULTS"),
    ({"rehearsal_token": "open sesame"}, "HEADROOM_REHEARSAL_TOKEN"),
    ({"operator_name": ""}, "OPERATOR_NAME"),
    ({"operator_address": ""}, "OPERATOR_ADDRESS"),
    ({"operator_privacy_email": ""}, "OPERATOR_PRIVACY_EMAIL"),
    ({"operator_legal_email": ""}, "OPERATOR_LEGAL_EMAIL"),
    ({"operator_security_email": ""}, "OPERATOR_SECURITY_EMAIL"),
    ({"session_keys": ""}, "HEADROOM_SESSION_KEYS"),
    ({"peppers": RING.replace("2026a", "rehearsal")}, "HEADROOM_PEPPERS"),
    ({"field_keys": "a:c2hvcnQ="}, "HEADROOM_FIELD_KEYS"),
    ({"audit_keys": "not a ring"}, "HEADROOM_AUDIT_KEYS"),
]


@pytest.mark.parametrize(("change", "variable"), UNFIT, ids=[f"{v}={next(iter(c.values()))}" for c, v in UNFIT])
def test_an_unfit_setting_is_refused_by_name(change: dict[str, Any], variable: str) -> None:
    reasons = refusals(production(**change))
    assert len(reasons) == 1
    assert reasons[0].startswith(variable)


def test_the_site_itself_refuses_to_start_and_names_every_reason() -> None:
    with pytest.raises(RefusedToStart) as refused:
        create_app(production(base_url="http://headroom.studio", faults="x:kill"))
    assert {line.split()[0] for line in str(refused.value).splitlines()} == {"HEADROOM_BASE_URL", "HEADROOM_FAULTS"}


def test_a_refusal_never_shows_a_secret() -> None:
    reasons = refusals(production(stripe_secret_key="sk_test_verysecret", audit_keys="a:dmVyeXNlY3JldA=="))
    assert "verysecret" not in " ".join(reasons)


@pytest.fixture
def alone(private_database: PrivateDatabase) -> Settings:
    """The settings of a production process that nobody bootstrapped, over a database of its own."""
    return production(database_url=private_database.url)


def store_was_seen(settings: Settings, *, anonymous_refused: bool) -> None:
    with unit(Actor.system("test")) as session:
        seen = StoreCapability(
            endpoint=settings.s3_endpoint, bucket=settings.s3_bucket, probed_at=datetime(2026, 5, 4, tzinfo=UTC),
            checksum_mode="sha256", conditional_put=True, versioning="off", lifecycle=True, cors_ours=True,
            cors_closed=True, clock_skew_s=0, anonymous_refused=anonymous_refused, expired_refused=True,
            tampered_refused=True, list_parts=True, list_uploads=True,
        )  # fmt: skip
        capabilities.remember(session, seen)


def clock_was_moved() -> None:
    with unit(Actor.system("test")) as session:
        session.execute(text("INSERT INTO clock_offset (id, seconds) VALUES (1, 0)"))


def test_a_process_started_alone_over_a_fit_world_starts(alone: Settings) -> None:
    store_was_seen(alone, anonymous_refused=True)
    refuse_unfit_world(alone)


def test_a_web_process_started_alone_refuses_a_clock_offset_and_an_open_store(alone: Settings) -> None:
    clock_was_moved()
    store_was_seen(alone, anonymous_refused=False)
    with pytest.raises(RefusedToStart, match=r"clock offset[^\n]*\n.*without a signature"):
        create_app(alone)


@pytest.mark.parametrize("unfit", ["clock", "store"])
def test_a_worker_started_alone_refuses_either(alone: Settings, unfit: str) -> None:
    clock_was_moved() if unfit == "clock" else store_was_seen(alone, anonymous_refused=False)
    with pytest.raises(RefusedToStart):
        worker.__main__.compose(alone)


def test_a_rehearsal_may_move_its_clock(private_database: PrivateDatabase) -> None:
    clock_was_moved()
    refuse_unfit_world(make_settings())
