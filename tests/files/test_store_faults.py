"""A dead or slow store is a clear answer; what has arrived stays, and the upload goes on afterwards."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headroom.files.states import State
from headroom.gateways import s3
from headroom.gateways.s3 import Store
from headroom.gateways.s3_errors import StoreDown
from rehearsal.uploading import Refused, Sender
from tests.conftest import make_settings
from tests.files.conftest import Shelf, Visitor

MIB = 1 << 20


@pytest.fixture
def silent_store() -> Iterator[Store]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield store_at(int(listening.getsockname()[1]))


@pytest.fixture
def cutting_store() -> Iterator[Store]:
    """Promises a hundred bytes and hangs up after ten."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer_short, args=(listening,), daemon=True).start()
        yield store_at(int(listening.getsockname()[1]))


def answer_short(listening: socket.socket) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: "x"\r\n\r\n0123456789')
        connection.close()


def store_at(port: int) -> Store:
    url = f"http://127.0.0.1:{port}"
    return s3.connect(make_settings(s3_endpoint=url, s3_public_endpoint=url))


def dead_store() -> Store:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return store_at(int(probe.getsockname()[1]))


def test_a_dead_store_is_an_error_of_its_own() -> None:
    with pytest.raises(StoreDown):
        dead_store().head("o/x")


def test_a_silent_store_is_given_up_within_the_timeout(silent_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "READ_TIMEOUT_S", 0.3)
    port = int(silent_store.endpoint.rpartition(":")[2])
    started = time.monotonic()
    with pytest.raises(StoreDown):
        store_at(port).head("o/x")
    assert time.monotonic() - started < 10


def test_the_products_timeouts_are_short() -> None:
    assert (s3.CONNECT_TIMEOUT_S, s3.READ_TIMEOUT_S, s3.ATTEMPTS) == (3, 20, 2)


def test_a_body_that_ends_too_early_is_noticed(cutting_store: Store) -> None:
    with pytest.raises(StoreDown):
        list(cutting_store.stream("o/x").chunks)


def test_while_the_store_is_dead_the_sender_is_told_and_loses_nothing(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path
) -> None:
    path = tmp_path / "drums.wav"
    path.write_bytes(os.urandom(17 * MIB))
    upload = shelf.announce(mara, path)
    s3.use(dead_store())
    with pytest.raises(Refused) as refusal:
        Sender(mara, tries=1).send_upload(path, upload)
    assert (refusal.value.status, refusal.value.code) == (503, "store_down")
    assert refusal.value.problem["retry_after_s"] > 0
    s3.use(store)
    assert Sender(mara).send_upload(path, upload).parts_kept == 0
    assert shelf.file(upload["file_id"]).state == State.ASSEMBLED


def test_a_store_that_dies_before_the_joining_costs_no_part(
    shelf: Shelf, store: Store, mara: Visitor, tmp_path: Path
) -> None:
    path = tmp_path / "drums.wav"
    path.write_bytes(os.urandom(17 * MIB))
    upload = shelf.announce(mara, path)
    sender = Sender(mara, tries=1)
    answer = mara.send

    class DiesAtTheEnd:
        get = staticmethod(mara.get)

        @staticmethod
        def send(method: str, address: str, body: object) -> object:
            if address.endswith("/complete"):
                s3.use(dead_store())
            return answer(method, address, body)  # type: ignore[arg-type]

    sender.door = DiesAtTheEnd()  # type: ignore[assignment]
    with pytest.raises(Refused):
        sender.send_upload(path, upload)
    s3.use(store)
    status, done = mara.send("POST", f"/uploads/{upload['id']}/complete", {})
    assert (status, done["file_state"]) == (200, "assembled")
