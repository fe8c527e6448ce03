"""The stand-in as one WSGI app and one threaded server on the loopback interface."""

from __future__ import annotations

import threading
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from standins.stripe import machine, pages, ticking
from standins.stripe.api import Call, answer
from standins.stripe.store import Store
from standins.stripe.webhooks import Deliverer
from standins.stripe.world import Setup

LOOPBACK = "127.0.0.1"
MOST_BYTES = 1 << 20


def create_app(store: Store, setup: Setup) -> Flask:
    """Pages, machine doors and the API over one store."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.extensions["stripe_store"] = store
    app.extensions["stripe_setup"] = setup
    app.register_blueprint(machine.bp)
    app.register_blueprint(pages.bp)

    @app.route("/v1/<path:rest>", methods=["GET", "POST", "DELETE"])
    def api(rest: str) -> Response:
        raw = request.get_data(as_text=True) if request.method == "POST" else request.query_string.decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        found = answer(store, setup, Call(request.method, f"/v1/{rest}", raw, headers, request.environ))
        return Response(found.body, found.status, found.headers, content_type="application/json")

    return app


class Running:
    """A started stand-in: its address, and how to end it."""

    def __init__(self, data: Path, setup: Setup, port: int) -> None:
        self.store = Store(data)
        self._stopped = threading.Event()
        self._deliverer = Deliverer(self.store, setup)
        app = create_app(self.store, setup)
        self._server: BaseWSGIServer = make_server(LOOPBACK, port, app, threaded=True, request_handler=Quiet)
        self.port = self._server.server_port
        self._deliverer.start()
        ticking.start(self.store, setup, self._stopped)

    def serve(self) -> None:
        """Answers until stopped."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Ends serving and delivering."""
        self._stopped.set()
        self._deliverer.stop()
        self._server.shutdown()


class Quiet(WSGIRequestHandler):
    """Keeps connections open between calls as Stripe does, and writes no line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: what happened is on the dashboard page."""
