"""Starts the mail stand-in: python -m standins.smtp --port 8630 --http-port 8631 --data DIR"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from standins.smtp.inbox import create_app
from standins.smtp.receiving import listen
from standins.smtp.store import Store


class Quiet(WSGIRequestHandler):
    """Writes no line per request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def main() -> int:
    """Serves until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m standins.smtp", description=__doc__)
    parser.add_argument("--port", type=int, default=8630)
    parser.add_argument("--http-port", type=int, default=8631)
    parser.add_argument("--data", type=Path, required=True, help="folder that keeps the messages")
    given = parser.parse_args()
    store = Store(given.data)
    controller = listen(store, given.port)
    server = make_server("127.0.0.1", given.http_port, create_app(store), threaded=True, request_handler=Quiet)

    def end(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(
        f"Mail stand-in takes mail on 127.0.0.1:{given.port}, inbox on http://127.0.0.1:{given.http_port}", flush=True
    )
    server.serve_forever()
    controller.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
