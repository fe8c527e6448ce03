"""The mail server. One function: hand one message over, or say why not."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from headroom.errors import OutsideDown
from headroom.settings import Settings

TIMEOUT_S = 20  # a mail server that is slower than this is down for us; the mail stays queued


class MailRefused(OutsideDown):
    """The server answered that it will never take this message (5xx)."""

    code = "mail_refused"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where and how to hand mail over."""

    host: str
    port: int
    username: str
    password: str
    tls: str  # none | starttls | tls

    @classmethod
    def from_settings(cls, settings: Settings) -> MailServer:
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_username,
            settings.smtp_password.get_secret_value(),
            settings.smtp_tls,
        )


def send(server: MailServer, message: EmailMessage) -> None:
    """Hand `message` over; returns once the server answered 250.

    Raises MailRefused when it never will (5xx), OutsideDown when it might later. Errors carry codes only:
    a server's text may hold the address.
    """
    try:
        with _connect(server) as connection:
            if server.username:
                connection.login(server.username, server.password)
            connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = max(reply[0] for reply in error.recipients.values())
        raise _refusal(code) from None
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise OutsideDown(system="mail", reason=type(error).__name__) from None


def _connect(server: MailServer) -> smtplib.SMTP:
    if server.tls == "tls":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    if server.tls == "starttls":
        connection.starttls(context=ssl.create_default_context())
    return connection


def _refusal(code: int) -> OutsideDown:
    kind = MailRefused if code >= 500 else OutsideDown
    return kind(system="mail", smtp_code=code)
