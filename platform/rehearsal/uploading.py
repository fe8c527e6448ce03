"""Send a file through the upload protocol, as the page does: parts in parallel, proved, resumable.

    sent = send_file(door, Path("kick.wav"), begin="/orders/ord_…/uploads", about={"role": "stem"})

`door` speaks JSON with the site (session cookie and form token are its business); parts go straight to the
store. Parts the store already holds are hashed here and not sent again; a file that changed meanwhile is
noticed and sent as a new upload.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

IN_FLIGHT = 5
TRIES = 8
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 8.0
EDGE_BYTES = 64 << 10  # of head and tail, in the fingerprint
PUT_TIMEOUT_S = 60
SLICE_BYTES = 1 << 20
_ALREADY_THERE = 412  # a single put whose answer was lost
_CHANGED = "part_changed"
_MISSING = "parts_missing"


class Door(Protocol):
    """The site as a signed-in person reaches it. Both return status and JSON."""

    def get(self, path: str) -> tuple[int, Any]: ...
    def send(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]: ...


class Refused(Exception):
    """The site refused; carries its status and problem document."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code", "")) if isinstance(self.problem, dict) else ""


class GaveUp(Exception):
    """A part could not be sent in all its tries."""


class Stopped(Exception):
    """The sender was told to stop; what has arrived is kept."""


@dataclass(frozen=True)
class Sent:
    """What was sent, and what it cost."""

    upload_id: str
    file_id: str
    name: str
    size_bytes: int
    sha256: str
    seconds: float  # of sending; the proof over the whole file comes after
    bytes_put: int  # everything that went to the store, repeated bytes included
    parts_kept: int  # parts that an earlier run had brought


@dataclass
class Sender:
    """One sender's habits. `put` may be replaced to bring bad lines into a rehearsal."""

    door: Door
    in_flight: int = IN_FLIGHT
    tries: int = TRIES
    put: Callable[[str, Mapping[str, str], memoryview], int] = field(default_factory=lambda: put_part)
    stop: threading.Event = field(default_factory=threading.Event)
    bytes_put: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_file(self, path: Path, *, begin: str, about: Mapping[str, Any], name: str | None = None) -> Sent:
        """Send or resume; `about` goes with the announcement. Raises Refused, GaveUp, Stopped."""
        announced = announcement(path, name=name) | dict(about)
        for _ in range(2):
            upload = self._ask("POST", begin, announced)
            try:
                return self.send_upload(path, upload)
            except Refused as refusal:
                if refusal.code != _CHANGED:
                    raise
                self._ask("DELETE", f"/uploads/{upload['id']}", {})
        raise GaveUp(f"{path.name} keeps changing while it is sent")

    def send_upload(self, path: Path, upload: Mapping[str, Any]) -> Sent:
        """Send what the store does not hold yet of an announced file, and complete it."""
        started = time.monotonic()
        before = self.bytes_put
        standing = self._ask("GET", f"/uploads/{upload['id']}", {})
        held = {row["n"]: row["sha256"] for row in standing["held"]}
        upload = {**upload, "sums": standing["sums"]}
        numbers = range(1, upload["parts"] + 1)
        self._send_parts(path, upload, numbers, held)
        done = self._complete(path, upload, numbers)
        took_s = time.monotonic() - started
        return Sent(
            upload_id=upload["id"],
            file_id=done["file_id"],
            name=done["name"],
            size_bytes=upload["size"],
            sha256=_sha256_of(path),
            seconds=took_s,
            bytes_put=self.bytes_put - before,
            parts_kept=len(held),
        )

    def _complete(self, path: Path, upload: Mapping[str, Any], numbers: Iterable[int]) -> Any:
        address = f"/uploads/{upload['id']}/complete"
        try:
            return self._ask("POST", address, {})
        except Refused as refusal:
            if refusal.code != _MISSING:
                raise
            missing = refusal.problem["values"]["numbers"]
        self._send_parts(path, upload, [n for n in numbers if n in missing], {})
        return self._ask("POST", address, {})

    def _send_parts(
        self, path: Path, upload: Mapping[str, Any], numbers: Iterable[int], held: Mapping[int, str]
    ) -> None:
        """Bring the parts, `in_flight` of them at once; each is read, hashed, signed and put by one thread."""
        halt = threading.Event()  # one part gave up: the others need not go on
        with ThreadPoolExecutor(self.in_flight) as pool:
            bringing = [pool.submit(self._bring, path, upload, number, held.get(number), halt) for number in numbers]
            try:
                for future in bringing:
                    future.result()
            except BaseException:
                halt.set()
                raise

    def _bring(
        self, path: Path, upload: Mapping[str, Any], number: int, held: str | None, halt: threading.Event
    ) -> None:
        if halt.is_set() or self.stop.is_set():
            raise Stopped
        part = _read(path, upload, number)
        if held is None:
            self._put_until_there(upload, part, self._sign(upload, part), halt)
        elif held != part.sha256:
            raise Refused(409, {"code": _CHANGED, "values": {"number": number}})

    def _sign(self, upload: Mapping[str, Any], part: _Part) -> Mapping[str, Any]:
        asked = {"n": part.number, "sha256": part.sha256, "size": len(part.body)}
        if "md5" in upload["sums"]:
            asked["md5"] = _base64(hashlib.md5(part.body, usedforsecurity=False).digest())
        answer = self._ask("POST", f"/uploads/{upload['id']}/parts", {"parts": [asked]})
        signed: Mapping[str, Any] = answer["parts"][0]
        return signed

    def _put_until_there(
        self, upload: Mapping[str, Any], part: _Part, signed: Mapping[str, Any], halt: threading.Event
    ) -> None:
        pause_s = FIRST_WAIT_S
        for _ in range(self.tries):
            if halt.is_set() or self.stop.is_set():
                raise Stopped
            try:
                status = self.put(signed["url"], signed["headers"], part.body)
            except (OSError, http.client.HTTPException):
                status = 0
            with self._lock:
                self.bytes_put += len(part.body)
            if status in (200, _ALREADY_THERE):
                return
            self.stop.wait(pause_s * random.uniform(0.5, 1.5))  # noqa: S311  jitter, not a secret
            pause_s = min(pause_s * 2, LONGEST_WAIT_S)
            if status == http.HTTPStatus.FORBIDDEN:
                signed = self._sign(upload, part)
        raise GaveUp(f"part {part.number} of {upload['name']}")

    def _ask(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """One question to the site at a time; one that gets no usable answer is asked again."""
        pause_s = FIRST_WAIT_S
        for left in reversed(range(self.tries)):
            with self._lock:
                status, answer = self.door.get(path) if method == "GET" else self.door.send(method, path, body)
            if status < http.HTTPStatus.BAD_REQUEST:
                return answer
            if status < http.HTTPStatus.INTERNAL_SERVER_ERROR or not left:
                break
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_WAIT_S)
        raise Refused(status, answer)


def send_file(door: Door, path: Path, *, begin: str, about: Mapping[str, Any], name: str | None = None) -> Sent:
    """Send one file with a sender of its own."""
    return Sender(door).send_file(path, begin=begin, about=about, name=name)


def announcement(path: Path, *, name: str | None = None) -> dict[str, Any]:
    """What the site is told of a file before its first part."""
    facts = path.stat()
    return {
        "name": name or path.name,
        "size": facts.st_size,
        "modified_at": datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(),
        "fingerprint": fingerprint(path),
    }


def fingerprint(path: Path) -> str:
    """A cheap name of a file's content: SHA-256 of its size, its head and its tail."""
    size = path.stat().st_size
    digest = hashlib.sha256(f"{size}:".encode())
    with path.open("rb") as source:
        digest.update(source.read(EDGE_BYTES))
        source.seek(max(0, size - EDGE_BYTES))
        digest.update(source.read(EDGE_BYTES))
    return digest.hexdigest()


def put_part(url: str, headers: Mapping[str, str], body: memoryview) -> int:
    """PUT the bytes to a signed address and return the status."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PUT_TIMEOUT_S)
    try:
        connection.putrequest("PUT", f"{parts.path}?{parts.query}", skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for start in range(0, len(body), SLICE_BYTES):
            connection.send(body[start : start + SLICE_BYTES])
        reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


@dataclass(frozen=True)
class _Part:
    number: int
    sha256: str
    body: memoryview


def _read(path: Path, upload: Mapping[str, Any], number: int) -> _Part:
    start = (number - 1) * upload["part_size"]
    with path.open("rb") as source:
        source.seek(start)
        body = source.read(min(upload["part_size"], upload["size"] - start))
    return _Part(number, _base64(hashlib.sha256(body).digest()), memoryview(body))


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")


def _sha256_of(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
