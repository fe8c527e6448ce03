"""Stand-ins started as separate processes, as a rehearsal starts them; tests speak to them over the wire."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import stripe

from tests.standins.peers import (
    CONNECT_SECRET,
    KEY,
    PLATFORM_SECRET,
    Delivered,
    Mail,
    Peer,
    Shop,
    ask,
    end,
    free_port,
    start,
)


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """A receiver of webhooks."""
    found = Shop()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 500 if found.refusals > 0 else 200
            found.refusals = max(found.refusals - 1, 0)
            signature = self.headers["Stripe-Signature"]
            found.delivered.append(Delivered(self.path, body, signature, status, time.monotonic()))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()


@pytest.fixture(scope="session")
def stripe_process(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """One stand-in for all tests; each test makes objects of its own."""
    port, data = free_port(), tmp_path_factory.mktemp("stripe")
    url = f"http://127.0.0.1:{port}"
    arguments = [
        "--port", str(port), "--data", str(data), "--secret-key", KEY, "--webhook-url", shop.url + "/platform",
        "--webhook-secret", PLATFORM_SECRET, "--connect-webhook-url", shop.url + "/connect",
        "--connect-webhook-secret", CONNECT_SECRET,
    ]  # fmt: skip
    running = [start("standins.stripe", *arguments, ready=url + "/_clock")]

    def restart() -> None:
        running[0].kill()
        running[0].wait(10)
        running[0] = start("standins.stripe", *arguments, ready=url + "/_clock")

    client = stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0)
    yield Peer(url, client, shop, restart)
    end(running[0])


@pytest.fixture
def peer(stripe_process: Peer) -> Iterator[Peer]:
    """The stand-in with no fault left from another test."""
    ask(stripe_process.url + "/_faults", method="DELETE")
    stripe_process.shop.refusals = 0
    yield stripe_process
    ask(stripe_process.url + "/_faults", method="DELETE")


@pytest.fixture(scope="session")
def mail_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mail]:
    port, http_port, data = free_port(), free_port(), tmp_path_factory.mktemp("mail")
    url = f"http://127.0.0.1:{http_port}"
    arguments = ["--port", str(port), "--http-port", str(http_port), "--data", str(data)]
    process = start("standins.smtp", *arguments, ready=url + "/messages")
    yield Mail(port, url)
    end(process)


@pytest.fixture
def mail(mail_process: Mail) -> Mail:
    """The mail stand-in with no fault left from another test."""
    ask(mail_process.url + "/_faults", method="DELETE")
    return mail_process
