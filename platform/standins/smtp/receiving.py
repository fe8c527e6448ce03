"""The SMTP side: takes messages, or fails as armed (reply codes: RFC 5321 section 4.2)."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from standins.smtp.store import Store

MOST_BYTES = 25 << 20
CUT_AFTER_S = 0.05
OK = "250 2.0.0 kept"


class Receiver:
    """One fault is drawn per message, when its MAIL command comes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._struck: WeakKeyDictionary[Session, dict[str, Any]] = WeakKeyDictionary()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Begins a message; it may be refused here."""
        rule = self._store.strike()
        self._struck[session] = rule
        if rule.get("fault") == "refuse":
            return "550 5.7.1 refused by a rehearsal fault"
        if rule.get("fault") == "unavailable":
            _cut_soon(server)
            return "421 4.3.2 service not available, closing"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 go on"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps a message, or does what the fault says around keeping it."""
        rule = self._struck.get(session, {})
        fault = rule.get("fault")
        if fault == "temporary":
            return "451 4.3.0 try again later (rehearsal fault)"
        if fault == "slow":
            await asyncio.sleep(float(rule.get("seconds", 5)))
        raw = envelope.original_content or b""
        self._store.add(envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        if fault == "drop_before_250":
            _cut(server)
        if fault == "drop_after_250":
            _cut_soon(server)
        return OK


def listen(store: Store, port: int) -> Controller:
    """A started server on the loopback interface; port 0 takes a free one."""
    controller = Controller(
        Receiver(store), hostname="127.0.0.1", port=port, data_size_limit=MOST_BYTES, enable_SMTPUTF8=True,
        ident="Headroom rehearsal mail",
    )  # fmt: skip
    controller.start()
    return controller


def _cut_soon(server: SMTP) -> None:
    asyncio.get_running_loop().call_later(CUT_AFTER_S, _cut, server)


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.close()
