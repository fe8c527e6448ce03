"""What an installation consists of: the table of programs, their commands and their environment.

A part is left out where the environment names one's own: DATABASE_URL, S3_ENDPOINT, STRIPE_SECRET_KEY, SMTP_HOST.
"""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from embedded.children import Part, python
from embedded.installation import Installation, Ports, write_private

WEB_PROCESSES = 2
# As many as connections in a process's pool: a thread without a connection could only wait.
WEB_THREADS = 16
PLATFORM_HOOK = "/webhooks/stripe"
CONNECT_HOOK = "/webhooks/stripe-connect"

OWN = {"database": "DATABASE_URL", "store": "S3_ENDPOINT", "stripe": "STRIPE_SECRET_KEY", "mail": "SMTP_HOST"}
# What a shell says about other programs must not reach ours.
FOREIGN = ("PG", "GRANIAN_", "PYTHONPATH", "PYTHONHOME")


def is_own(part: str) -> bool:
    """Whether the operator brings this part."""
    return bool(os.environ.get(OWN[part]))


def environment(installation: Installation, ports: Ports, *, database_url: str) -> dict[str, str]:
    """The settings of every process of the installation; what the operator's shell sets goes first."""
    secrets = installation.secrets()
    given = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and not (name in OWN.values() and not value)
    }
    ours = {
        "HEADROOM_PROFILE": "rehearsal",
        "HEADROOM_BASE_URL": ports.base_url,
        # One's own server may not let us make roles; whoever may sets the variable.
        "HEADROOM_DATABASE_ROLES": "false" if is_own("database") else "true",
        "HEADROOM_DATABASE_POOL": str(WEB_THREADS),
        "DATABASE_URL": database_url,
        "OPERATOR_NAME": "Rehearsal Studio",
        "OPERATOR_ADDRESS": "1 Rehearsal Street, Exampletown",
        "OPERATOR_PRIVACY_EMAIL": "privacy@studio.invalid",
        "OPERATOR_LEGAL_EMAIL": "legal@studio.invalid",
        "OPERATOR_SECURITY_EMAIL": "security@studio.invalid",
    }
    if not is_own("store"):
        ours |= {
            "S3_ENDPOINT": ports.store_url,
            "S3_PUBLIC_ENDPOINT": ports.store_url,
            "S3_EMBEDDED_DATA": str(installation.folder / "store"),
        }
    if not is_own("stripe"):
        ours |= {"STRIPE_API_BASE": ports.stripe_url, "STRIPE_CHECKOUT_ORIGINS": ports.stripe_url}
    if not is_own("mail"):
        ours |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(ports.smtp), "SMTP_TLS": "none"}
    return secrets | ours | given


def write_store_info(installation: Installation, env: Mapping[str, str]) -> None:
    """For those who ask the store itself, beside the product: the demo's proof of deletion."""
    told = {
        "endpoint": env["S3_ENDPOINT"],
        "public_endpoint": env.get("S3_PUBLIC_ENDPOINT", ""),
        "region": env.get("S3_REGION", "us-east-1"),
        "bucket": env.get("S3_BUCKET", "headroom"),
        "access_key": env["S3_ACCESS_KEY"],
        "secret_key": env["S3_SECRET_KEY"],
        "data_dir": env.get("S3_EMBEDDED_DATA", ""),
    }
    write_private(installation.store_info_path, json.dumps(told))


def store(installation: Installation, ports: Ports, env: Mapping[str, str]) -> Part:
    command = python("-m", "embedded.store", "--data", str(installation.folder / "store"))
    command += ["--port", str(ports.store), "--allow-origin", ports.base_url]
    command += ["--access-key", env["S3_ACCESS_KEY"], "--secret-key", env["S3_SECRET_KEY"]]
    command += ["--bucket", env.get("S3_BUCKET", "headroom")]
    log_path = installation.log_folder / "store.log"
    return Part("store", command, _says(log_path, "ready http"))


def stripe(installation: Installation, ports: Ports, env: Mapping[str, str]) -> Part:
    command = python("-m", "standins.stripe", "--port", str(ports.stripe))
    command += ["--data", str(installation.folder / "stripe"), "--public-url", ports.stripe_url]
    command += ["--secret-key", env["STRIPE_SECRET_KEY"]]
    inner = f"http://127.0.0.1:{ports.web}"
    command += ["--webhook-url", inner + PLATFORM_HOOK]
    command += ["--webhook-secret", env["STRIPE_WEBHOOK_SECRETS"].split(",")[0]]
    command += ["--connect-webhook-url", inner + CONNECT_HOOK]
    command += ["--connect-webhook-secret", env["STRIPE_CONNECT_WEBHOOK_SECRETS"].split(",")[0]]
    return Part("stripe", command, _listens(ports.stripe))


def mail(installation: Installation, ports: Ports) -> Part:
    command = python("-m", "standins.smtp", "--port", str(ports.smtp), "--http-port", str(ports.inbox))
    command += ["--data", str(installation.folder / "mail")]
    return Part("mail", command, _listens(ports.inbox))


def web(ports: Ports) -> Part:
    command = python("-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(ports.web))
    command += ["--workers", str(WEB_PROCESSES), "--blocking-threads", str(WEB_THREADS), "--no-ws", "--http", "1"]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "8", "--log-level", "warning", "wsgi:app"]
    return Part(
        "web", command, _is_ok(f"http://127.0.0.1:{ports.web}/readyz", host=f"localhost:{ports.web}"), stops_first=True
    )


def worker() -> Part:
    # Its readiness is not the site's: the queue waits for it.
    return Part("worker", python("-m", "worker"), lambda: True, stops_first=True)


def _listens(port: int) -> Callable[[], bool]:
    def is_ready() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        return True

    return is_ready


def _says(log_path: Path, words: str) -> Callable[[], bool]:
    """Ready once the log holds `words` after what it holds now."""
    known = log_path.stat().st_size if log_path.exists() else 0

    def is_ready() -> bool:
        try:
            with log_path.open("rb") as log:
                log.seek(known if log_path.stat().st_size >= known else 0)
                return words.encode() in log.read()
        except FileNotFoundError:
            return False

    return is_ready


def _is_ok(url: str, *, host: str) -> Callable[[], bool]:
    request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310 - our own address

    def is_ready() -> bool:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return is_ready
