"""Settings: read once from the environment, typed, each with its unit, default and meaning.

`./headroom settings` prints this table. Nothing else reads the environment. The production profile refuses
what is only fit for rehearsal (see `refusals`).
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic.config import JsonDict
from pydantic_settings import BaseSettings, SettingsConfigDict

OFFICIAL_STRIPE = "https://api.stripe.com"
REHEARSAL_KEY = "rehearsal"  # key id that the launcher gives to keys it made for rehearsal


class Profile(StrEnum):
    """What this installation is for."""

    REHEARSAL = "rehearsal"
    PRODUCTION = "production"
    TEST = "test"


def _setting(variable: str, default: Any, doc: str, *, unit: str = "", secret: bool = False) -> Any:
    extra: JsonDict = {"unit": unit, "secret": secret}
    return Field(default=default, validation_alias=variable, description=doc, json_schema_extra=extra)


class Settings(BaseSettings):
    """Every setting of the product. Field order is the order in which they are documented."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    profile: Profile = _setting("HEADROOM_PROFILE", Profile.PRODUCTION, "rehearsal, production or test")
    base_url: str = _setting("HEADROOM_BASE_URL", "http://localhost:8600", "The site's own address, no path")
    trusted_proxies: int = _setting("HEADROOM_TRUSTED_PROXIES", 0, "Proxies in front whose headers count", unit="hops")
    build: str = _setting("HEADROOM_BUILD", "", "Name of this build in asset addresses; empty: hash of static/")
    log_level: str = _setting("HEADROOM_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR")

    database_url: str = _setting(
        "DATABASE_URL", "postgresql://localhost/headroom", "PostgreSQL for web processes", secret=True
    )
    database_url_worker: str = _setting("DATABASE_URL_WORKER", "", "For workers; empty: DATABASE_URL", secret=True)
    database_url_migrator: str = _setting(
        "DATABASE_URL_MIGRATOR", "", "For migrations; empty: DATABASE_URL", secret=True
    )
    database_url_reader: str = _setting("DATABASE_URL_READER", "", "For reports; empty: DATABASE_URL", secret=True)
    database_roles: bool = _setting(
        "HEADROOM_DATABASE_ROLES",
        False,
        "SET ROLE to headroom_web, _worker … after login, as bootstrap made them",
    )
    database_pool_size: int = _setting("HEADROOM_DATABASE_POOL", 16, "Connections per process", unit="connections")
    worker_concurrency: int = _setting("HEADROOM_WORKER_CONCURRENCY", 4, "Jobs at once per worker", unit="jobs")

    s3_endpoint: str = _setting("S3_ENDPOINT", "", "The store as web and worker reach it; empty: AWS")
    s3_public_endpoint: str = _setting("S3_PUBLIC_ENDPOINT", "", "The store as browsers reach it; empty: S3_ENDPOINT")
    s3_region: str = _setting("S3_REGION", "us-east-1", "Region in the signature")
    s3_bucket: str = _setting("S3_BUCKET", "headroom", "The one private bucket")
    s3_access_key: str = _setting("S3_ACCESS_KEY", "", "Access key id")
    s3_secret_key: SecretStr = _setting("S3_SECRET_KEY", SecretStr(""), "Secret key", secret=True)
    s3_embedded_data: str = _setting(
        "S3_EMBEDDED_DATA",
        "",
        "Folder of the embedded store, where purges are also counted on disk; empty: not embedded",
    )

    stripe_api_base: str = _setting("STRIPE_API_BASE", "", f"Payment provider; empty: {OFFICIAL_STRIPE}")
    stripe_secret_key: SecretStr = _setting("STRIPE_SECRET_KEY", SecretStr(""), "API key", secret=True)
    stripe_webhook_secrets: SecretStr = _setting(
        "STRIPE_WEBHOOK_SECRETS",
        SecretStr(""),
        "Signing secrets of the platform endpoint, comma separated",
        secret=True,
    )
    stripe_connect_webhook_secrets: SecretStr = _setting(
        "STRIPE_CONNECT_WEBHOOK_SECRETS",
        SecretStr(""),
        "Signing secrets of the Connect endpoint",
        secret=True,
    )
    stripe_checkout_origins: str = _setting(
        "STRIPE_CHECKOUT_ORIGINS",
        "https://checkout.stripe.com https://connect.stripe.com",
        "Origins a form may lead to, space or comma separated (Content-Security-Policy form-action)",
    )
    platform_fee_bp: int = _setting(
        "HEADROOM_PLATFORM_FEE_BP", 1200, "The platform's share of a price", unit="1/10,000"
    )
    operating_float_minor: int = _setting(
        "HEADROOM_OPERATING_FLOAT",
        500_00,
        "Own money kept at the payment provider, per currency",
        unit="minor units",
    )

    smtp_host: str = _setting("SMTP_HOST", "127.0.0.1", "Mail server")
    smtp_port: int = _setting("SMTP_PORT", 8630, "Its port")
    smtp_username: str = _setting("SMTP_USERNAME", "", "Empty: no sign-in")
    smtp_password: SecretStr = _setting("SMTP_PASSWORD", SecretStr(""), "Password", secret=True)
    smtp_tls: str = _setting("SMTP_TLS", "starttls", "none, starttls or tls")
    mail_from: str = _setting("MAIL_FROM", "Headroom <studio@headroom.invalid>", "From line of every mail")

    session_keys: SecretStr = _setting("HEADROOM_SESSION_KEYS", SecretStr(""), "Key ring: form tokens", secret=True)
    peppers: SecretStr = _setting("HEADROOM_PEPPERS", SecretStr(""), "Key ring: password prehash", secret=True)
    field_keys: SecretStr = _setting("HEADROOM_FIELD_KEYS", SecretStr(""), "Key ring: encrypted columns", secret=True)
    audit_keys: SecretStr = _setting(
        "HEADROOM_AUDIT_KEYS", SecretStr(""), "Key ring: keyed hashes of the audit", secret=True
    )

    operator_name: str = _setting("OPERATOR_NAME", "", "Who runs this site, as the legal texts name them")
    operator_address: str = _setting("OPERATOR_ADDRESS", "", "Their postal address")
    operator_privacy_email: str = _setting("OPERATOR_PRIVACY_EMAIL", "", "Contact for privacy")
    operator_legal_email: str = _setting("OPERATOR_LEGAL_EMAIL", "", "Contact for legal matters")
    operator_security_email: str = _setting("OPERATOR_SECURITY_EMAIL", "", "Contact for security")

    days_of_sources: int = _setting("HEADROOM_DAYS_OF_SOURCES", 30, "Source files after an order ends", unit="days")
    days_of_unpaid_uploads: int = _setting("HEADROOM_DAYS_OF_UNPAID", 7, "Uploads of unpaid orders", unit="days")
    days_of_deliverables: int = _setting(
        "HEADROOM_DAYS_OF_DELIVERABLES", 180, "Masters after an order ends", unit="days"
    )

    faults: str = _setting("HEADROOM_FAULTS", "", "Failpoints name:action,… ; refused in production")
    rehearsal_token: SecretStr = _setting("HEADROOM_REHEARSAL_TOKEN", SecretStr(""), "Opens /rehearsal", secret=True)

    @property
    def is_rehearsal(self) -> bool:
        return self.profile is Profile.REHEARSAL

    @property
    def is_production(self) -> bool:
        return self.profile is Profile.PRODUCTION

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def worker_url(self) -> str:
        return self.database_url_worker or self.database_url

    @property
    def migrator_url(self) -> str:
        return self.database_url_migrator or self.database_url

    @property
    def reader_url(self) -> str:
        return self.database_url_reader or self.database_url

    @property
    def store_public_origin(self) -> str:
        """Origin (scheme, host, port) of presigned addresses, for the Content-Security-Policy."""
        parts = urlsplit(self.s3_public_endpoint or self.s3_endpoint)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @cached_property
    def checkout_origins(self) -> tuple[str, ...]:
        return tuple(self.stripe_checkout_origins.replace(",", " ").split())

    def ring(self, name: str) -> KeyRing:
        """The key ring in field `name` (session_keys, peppers, field_keys, audit_keys)."""
        return KeyRing.parse(getattr(self, name).get_secret_value(), name=name)


class KeyRing:
    """Keys by id, the first one for new work, all for old. Written `id:base64,id:base64`."""

    def __init__(self, keys: dict[str, bytes], *, name: str) -> None:
        self.name = name
        self._keys = keys

    @classmethod
    def parse(cls, text: str, *, name: str) -> KeyRing:
        """Read a ring; ValueError (without the text, which is secret) when it is malformed or a key is short."""
        keys: dict[str, bytes] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            key_id, _, body = part.partition(":")
            try:
                key = base64.b64decode(body, validate=True)
            except binascii.Error:
                raise ValueError(f"{name}: key {key_id!r} is not base64") from None
            if not key_id or len(key) < 32:
                raise ValueError(f"{name}: each key needs an id and at least 32 bytes")
            keys[key_id] = key
        return cls(keys, name=name)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    @property
    def current(self) -> tuple[str, bytes]:
        """The id and key for new work; RuntimeError when the ring is empty."""
        if not self._keys:
            raise RuntimeError(f"the key ring {self.name} is empty")
        key_id = next(iter(self._keys))
        return key_id, self._keys[key_id]

    def get(self, key_id: str) -> bytes:
        """The key with this id; KeyError names the ring when it is not there any more."""
        try:
            return self._keys[key_id]
        except KeyError:
            raise KeyError(f"the key ring {self.name} has no key {key_id!r}") from None


RINGS = ("session_keys", "peppers", "field_keys", "audit_keys")


def refusals(settings: Settings) -> list[str]:
    """Why a production installation must not start with these settings, one sentence each; empty when it may.

    A clock offset and a public bucket are facts of the database and the store: `bootstrap` and the storage doctor
    refuse them.
    """
    if not settings.is_production:
        return []
    checks = (
        (not settings.is_https, "HEADROOM_BASE_URL must be https in production"),
        (
            settings.stripe_api_base not in ("", OFFICIAL_STRIPE),
            "STRIPE_API_BASE is not the payment provider's own address",
        ),
        (
            not settings.stripe_secret_key.get_secret_value().startswith(("sk_live_", "rk_live_")),
            "STRIPE_SECRET_KEY is not a live key",
        ),
        (not settings.stripe_webhook_secrets.get_secret_value(), "STRIPE_WEBHOOK_SECRETS is empty"),
        (
            not settings.stripe_connect_webhook_secrets.get_secret_value(),
            "STRIPE_CONNECT_WEBHOOK_SECRETS is empty",
        ),
        (settings.s3_endpoint.startswith("http://"), "S3_ENDPOINT must be https in production"),
        (settings.s3_public_endpoint.startswith("http://"), "S3_PUBLIC_ENDPOINT must be https in production"),
        (not settings.s3_secret_key.get_secret_value(), "S3_SECRET_KEY is empty"),
        (bool(settings.s3_embedded_data), "S3_EMBEDDED_DATA belongs to rehearsal"),
        (settings.smtp_tls == "none", "SMTP_TLS must be starttls or tls in production"),
        (bool(settings.faults), "HEADROOM_FAULTS belongs to tests"),
        (bool(settings.rehearsal_token.get_secret_value()), "HEADROOM_REHEARSAL_TOKEN belongs to rehearsal"),
        (settings.mail_from.rstrip(">").endswith(".invalid"), "MAIL_FROM is the example address"),
    )
    found = [sentence for wrong, sentence in checks if wrong]
    for name in (
        "operator_name",
        "operator_address",
        "operator_privacy_email",
        "operator_legal_email",
        "operator_security_email",
    ):
        if not getattr(settings, name):
            found.append(f"{name.upper()} is empty; the legal texts need it")
    for name in RINGS:
        found += _ring_refusals(settings, name)
    return found


def _ring_refusals(settings: Settings, name: str) -> list[str]:
    variable = str(Settings.model_fields[name].validation_alias)
    try:
        ids = settings.ring(name).ids
    except ValueError as error:
        return [f"{variable}: {error}"]
    if not ids:
        return [f"{variable} is empty"]
    return [f"{variable} holds a key made for rehearsal"] if any(i.startswith(REHEARSAL_KEY) for i in ids) else []


def read_settings() -> Settings:
    """The settings of this process's environment; pydantic's ValidationError names a malformed variable."""
    return Settings()
