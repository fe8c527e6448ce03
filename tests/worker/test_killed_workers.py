"""A worker may die at any point: nothing is lost, and what was done is not done twice without need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from sqlalchemy import text

from headroom.actors import Actor
from headroom.audit import Action, record
from headroom.db import unit
from headroom.mailing import queue
from tests.conftest import PrivateDatabase
from tests.standins.peers import free_port
from tests.worker.processes import until, worker

TEST = Actor.system("test")
pytestmark = pytest.mark.timeout(240)


class Postbox(MessageHandler):
    """Keeps what was handed over; can refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.refusals = 0

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)

    async def handle_RCPT(
        self, _server: object, _session: object, envelope: object, address: str, _options: object
    ) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 try again later"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, str(port)
    controller.stop()


def queue_mail(to: str = "mara@example.test", *, locale: str = "en") -> str:
    with unit(TEST) as session:
        return queue(
            session,
            to=to,
            template="accounts/confirm_address",
            locale=locale,
            now=datetime.now(UTC),
            values={"name": "Mara", "hours": 24, "link": "http://localhost:8600/confirm/abc"},
        )


def state_of(database: PrivateDatabase, mail_id: str) -> str:
    with database.engine.connect() as connection:
        query = text("SELECT state FROM outgoing_mail WHERE id = :id")
        return str(connection.execute(query, {"id": mail_id}).scalar_one())


def test_mail_is_sent_once_in_the_readers_language(
    private_database: PrivateDatabase, postbox: tuple[Postbox, str]
) -> None:
    box, port = postbox
    mail_id = queue_mail(locale="ru")
    with worker(private_database, SMTP_PORT=port):
        until(lambda: state_of(private_database, mail_id) == "sent", within_s=30, what="the mail is sent")
    assert [message["To"] for message in box.messages] == ["mara@example.test"]
    assert box.messages[0]["Content-Language"] == "ru"
    assert str(make_header(decode_header(box.messages[0]["Subject"]))) == "Подтвердите адрес"


def test_a_mail_server_that_says_later_is_asked_again(
    private_database: PrivateDatabase, postbox: tuple[Postbox, str]
) -> None:
    box, port = postbox
    box.refusals = 1
    mail_id = queue_mail()
    with worker(private_database, SMTP_PORT=port):
        until(lambda: state_of(private_database, mail_id) == "sent", within_s=90, what="the mail is sent")
    assert len(box.messages) == 1


def test_mail_waits_while_the_server_is_dead(private_database: PrivateDatabase, postbox: tuple[Postbox, str]) -> None:
    box, port = postbox
    mail_id = queue_mail()
    with worker(private_database, SMTP_PORT=str(free_port())):
        until(lambda: _error(private_database, mail_id), within_s=30, what="the failure is noted")
    assert state_of(private_database, mail_id) == "queued"
    with worker(private_database, SMTP_PORT=port):
        until(lambda: state_of(private_database, mail_id) == "sent", within_s=90, what="the mail is sent")
    assert len(box.messages) == 1


def test_a_worker_killed_after_the_servers_yes_repeats_the_same_message(
    private_database: PrivateDatabase, postbox: tuple[Postbox, str]
) -> None:
    box, port = postbox
    mail_id = queue_mail()
    with worker(private_database, SMTP_PORT=port, HEADROOM_FAULTS="mailing.accepted:kill") as doomed:
        doomed.wait(40)
    assert state_of(private_database, mail_id) == "queued"
    _lease_over(private_database, mail_id)
    with worker(private_database, SMTP_PORT=port):
        until(lambda: state_of(private_database, mail_id) == "sent", within_s=90, what="the mail is sent")
    ids = [message["Message-ID"] for message in box.messages]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_the_audit_is_sealed_within_seconds(private_database: PrivateDatabase) -> None:
    with unit(TEST) as session:
        record(
            session,
            Action.SIGNED_IN,
            by=Actor("per_mara"),
            object_kind="person",
            object_ref="per_mara",
            now=datetime.now(UTC),
        )

    def sealed() -> object:
        with private_database.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM audit_seal")).scalar_one()

    with worker(private_database):
        until(sealed, within_s=30, what="the entry is sealed")


def test_of_two_workers_one_sends(private_database: PrivateDatabase, postbox: tuple[Postbox, str]) -> None:
    box, port = postbox
    mails = [queue_mail(f"member{n}@example.test") for n in range(12)]
    with worker(private_database, SMTP_PORT=port), worker(private_database, SMTP_PORT=port):
        until(
            lambda: all(state_of(private_database, mail) == "sent" for mail in mails), within_s=60, what="all are sent"
        )
    assert sorted(str(message["To"]) for message in box.messages) == sorted(
        f"member{n}@example.test" for n in range(12)
    )


def _error(database: PrivateDatabase, mail_id: str) -> object:
    with database.engine.connect() as connection:
        query = text("SELECT last_error FROM outgoing_mail WHERE id = :id")
        return connection.execute(query, {"id": mail_id}).scalar_one()


def _lease_over(database: PrivateDatabase, mail_id: str) -> None:
    """Let the dead worker's claim run out."""
    with database.engine.begin() as connection:
        query = text("UPDATE outgoing_mail SET next_try_at = now() WHERE id = :id")
        connection.execute(query, {"id": mail_id})
