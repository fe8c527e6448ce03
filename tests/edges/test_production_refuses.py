"""What only fits a rehearsal keeps a production installation from starting; one test per reason."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from headroom.settings import Settings, refusals
from tests.conftest import make_settings
from wsgi import RefusedToStart, create_app

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
