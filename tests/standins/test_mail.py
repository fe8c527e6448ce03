"""The mail stand-in: what is sent is in the inbox, and it fails in the ways mail servers do."""

from __future__ import annotations

import smtplib
import time
import urllib.request
from email.message import EmailMessage
from itertools import count

import pytest

from tests.standins.peers import Mail

NUMBERS = count(1)


def letter(to: str, *, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Headroom <no-reply@example.org>", to, "Подтвердите адрес"
    message["Message-ID"] = f"<{to}>"
    message.set_content("Open http://localhost:8600/verify/abc to go on.\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def send(mail: Mail, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=10) as wire:
        wire.send_message(message)


@pytest.fixture
def address() -> str:
    """An address that no other test uses."""
    return f"mara{next(NUMBERS)}@example.com"


def test_a_message_is_in_the_inbox_with_its_text_and_links(mail: Mail, address: str) -> None:
    send(mail, letter(address, html="<p>Open</p>"))
    [listed] = mail.messages(address)
    message = mail.message(listed["id"])
    assert message["subject"] == "Подтвердите адрес"
    assert message["links"] == ["http://localhost:8600/verify/abc"]
    assert "<p>Open</p>" in message["html"]
    assert message["message_id"] == f"<{address}>"


def test_only_newer_messages_are_listed_after_a_number(mail: Mail, address: str) -> None:
    send(mail, letter(address))
    first = mail.messages(address)[0]["id"]
    send(mail, letter(address))
    with urllib.request.urlopen(f"{mail.url}/messages?to={address}&since={first}", timeout=10) as answer:
        assert answer.read().decode().count('"message_id"') == 1


def test_the_page_shows_the_message_and_keeps_its_html_from_running(mail: Mail, address: str) -> None:
    send(mail, letter(address, html="<script>alert(1)</script><p>Open</p>"))
    ref = mail.messages(address)[0]["id"]
    with urllib.request.urlopen(f"{mail.url}/inbox/{ref}", timeout=10) as page:
        html = page.read().decode()
    with urllib.request.urlopen(f"{mail.url}/inbox/{ref}/html", timeout=10) as frame:
        policy = frame.headers["Content-Security-Policy"]
    assert '<a href="http://localhost:8600/verify/abc"' in html
    assert "<script>alert" not in html
    assert "sandbox" in policy
    assert "script-src" not in policy


def test_a_refused_message_is_not_kept(mail: Mail, address: str) -> None:
    mail.fault("refuse")
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        send(mail, letter(address))
    assert caught.value.smtp_code == 550
    assert mail.messages(address) == []


def test_a_temporary_refusal_is_a_4xx_and_the_next_try_is_taken(mail: Mail, address: str) -> None:
    mail.fault("temporary")
    with pytest.raises(smtplib.SMTPDataError) as caught:
        send(mail, letter(address))
    assert caught.value.smtp_code == 451
    send(mail, letter(address))
    assert len(mail.messages(address)) == 1


def test_an_unavailable_server_says_421(mail: Mail, address: str) -> None:
    mail.fault("unavailable")
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        send(mail, letter(address))
    assert caught.value.smtp_code == 421


def test_a_slow_server_answers_late(mail: Mail, address: str) -> None:
    mail.fault("slow", seconds=1)
    started = time.monotonic()
    send(mail, letter(address))
    assert time.monotonic() - started >= 1


def test_a_message_can_be_kept_although_its_250_is_lost(mail: Mail, address: str) -> None:
    mail.fault("drop_before_250")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(mail, letter(address))
    assert len(mail.messages(address)) == 1


def test_a_connection_can_be_cut_after_the_250(mail: Mail, address: str) -> None:
    mail.fault("drop_after_250")
    wire = smtplib.SMTP("127.0.0.1", mail.port, timeout=10)
    wire.send_message(letter(address))
    time.sleep(0.3)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        wire.docmd("NOOP")
    assert len(mail.messages(address)) == 1


def test_a_fault_can_strike_several_messages(mail: Mail, address: str) -> None:
    mail.fault("temporary", count=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError):
            send(mail, letter(address))
    send(mail, letter(address))
    assert len(mail.messages(address)) == 1


def test_an_unknown_fault_is_refused(mail: Mail) -> None:
    assert "drop_after_250" in mail.fault("meteor")["error"]
