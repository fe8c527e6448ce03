"""Render and send queued mail."""

from __future__ import annotations

import logging
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache

from flask import Flask, render_template
from flask_babel import force_locale

from headroom import clock, db, failpoints
from headroom.db import unit
from headroom.errors import OutsideDown
from headroom.gateways import smtp
from headroom.mailing import sending
from headroom.mailing.sending import Letter
from headroom.settings import Settings, read_settings
from worker.app import WORKER, task

log = logging.getLogger(__name__)


@task("mailing.send")
def send(mail_id: str) -> None:
    """Send one mail: claim, render, hand over, record the server's answer."""
    with unit(WORKER) as session:
        letter = sending.claim(session, mail_id, now=clock.now())
    if letter is None:
        return
    app = web_app()
    settings: Settings = app.extensions["headroom.settings"]
    message = render(app, letter, sender=settings.mail_from)
    try:
        smtp.send(smtp.MailServer.from_settings(settings), message)
    except OutsideDown as error:
        log.warning("mail %s not accepted: %s %s", mail_id, error.code, error.values.get("smtp_code", ""))
        with unit(WORKER) as session:
            forever = isinstance(error, smtp.MailRefused)
            sending.not_accepted(session, mail_id, error=str(error), forever=forever, now=clock.now())
        return
    failpoints.hit("mailing.accepted")
    with unit(WORKER) as session:
        sending.accepted(session, mail_id, now=clock.now())


def render(app: Flask, letter: Letter, *, sender: str) -> EmailMessage:
    """The message in the reader's language: plain text first, HTML beside it, a Message-ID that never changes."""
    base = app.extensions["headroom.settings"].base_url
    with app.app_context(), app.test_request_context(base_url=base), force_locale(letter.locale):
        parts = {
            kind: render_template(
                f"mail/{letter.template}.{kind}", **letter.values, base_url=base, locale=letter.locale
            )
            for kind in ("subject.txt", "txt", "html")
        }
    name, address = parseaddr(sender)
    domain = address.rpartition("@")[2]
    message = EmailMessage()
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to_address)
    message["Subject"] = " ".join(parts["subject.txt"].split())
    message["Date"] = format_datetime(letter.queued_at)
    message["Message-ID"] = f"<{letter.mail_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parts["txt"])
    message.add_alternative(parts["html"], subtype="html")
    message["Content-Language"] = letter.locale  # setting the content clears what was said of it before
    return message


@cache
def web_app() -> Flask:
    """The web application, for its templates and catalogs only."""
    from wsgi import create_app

    return create_app(read_settings(), database=db.current())
