"""A slow line on one machine: a network namespace behind `tc netem`, and PUTs that start inside it.

The namespace has its own end of a cable; whoever connects from there reaches the store through a forwarder
on our end, so that nothing else on the machine becomes slow.
"""

from __future__ import annotations

import contextlib
import ctypes
import http.client
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LINE_BITS = 20_000_000  # per second
DELAY_MS = 40  # each way
LOSS_PERCENT = 1
_CLONE_NEWNET = 0x40000000
_OUR_END, _FAR_END = "10.86.43.1", "10.86.43.2"
_SLICE_BYTES = 1 << 16


@dataclass(frozen=True)
class SlowLine:
    """PUTs over the slow line."""

    namespace: str
    port: int

    def put(self, url: str, headers: Mapping[str, str], body: memoryview) -> int:
        """Like `uploading.put_part`, from the far end; the signed host is named, the forwarder is reached."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(_OUR_END, self.port, timeout=300)
        connection.sock = self._socket()
        try:
            target = f"{parts.path}?{parts.query}"
            connection.putrequest("PUT", target, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders()
            for start in range(0, len(body), _SLICE_BYTES):
                connection.send(body[start : start + _SLICE_BYTES])
            reply = connection.getresponse()
            reply.read()
            return reply.status
        finally:
            connection.close()

    def _socket(self) -> socket.socket:
        """A connection that begins in the namespace; made in a thread that enters it and then ends."""
        made: list[socket.socket] = []

        def make() -> None:
            with Path(f"/var/run/netns/{self.namespace}").open() as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _CLONE_NEWNET) != 0:
                    return
            with contextlib.suppress(OSError):
                made.append(socket.create_connection((_OUR_END, self.port), timeout=300))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if not made:
            raise ConnectionError("no way through the slow line")
        return made[0]


@contextlib.contextmanager
def slow_line(*, to_host: str, to_port: int) -> Iterator[SlowLine | str]:
    """The line while the block runs, or a sentence why there is none."""
    if os.geteuid() != 0 or shutil.which("tc") is None or shutil.which("ip") is None:
        yield "needs root, ip and tc"
        return
    name = f"hr{os.getpid()}"
    try:
        _build(name)
    except subprocess.CalledProcessError as refused:
        _remove(name)
        yield f"not permitted here: {refused.stderr.decode().strip()[:200]}"
        return
    try:
        with socket.create_server((_OUR_END, 0)) as listening:
            threading.Thread(target=_forward, args=(listening, to_host, to_port), daemon=True).start()
            yield SlowLine(name, int(listening.getsockname()[1]))
    finally:
        _remove(name)


def _build(name: str) -> None:
    shape = f"netem delay {DELAY_MS}ms loss {LOSS_PERCENT}% rate {LINE_BITS}bit limit 10000"
    for command in (
        f"ip netns add {name}",
        f"ip link add {name}a type veth peer name {name}b",
        f"ip link set {name}b netns {name}",
        f"ip addr add {_OUR_END}/30 dev {name}a",
        f"ip link set {name}a up",
        f"ip -n {name} addr add {_FAR_END}/30 dev {name}b",
        f"ip -n {name} link set {name}b up",
        f"tc -n {name} qdisc add dev {name}b root {shape}",
        f"tc qdisc add dev {name}a root netem delay {DELAY_MS}ms",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)


def _remove(name: str) -> None:
    for command in (f"ip link del {name}a", f"ip netns del {name}"):
        subprocess.run(command.split(), check=False, capture_output=True)


def _forward(listening: socket.socket, to_host: str, to_port: int) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        far = socket.create_connection((to_host, to_port))
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_pour, args=(source, sink), daemon=True).start()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(_SLICE_BYTES):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
