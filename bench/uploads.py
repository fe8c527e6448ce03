"""Sending a gigabyte through the upload protocol, against one raw signed PUT to the same store in the same run.

Runs inside an installation: the doors are those of the running site, the bytes go to its store.
HEADROOM_BENCH_QUICK=1 sends 256 MB. What is timed:

raw PUT    from opening the file to the store's 200: one connection, the file read in slices of 1 MiB as they
           are sent. The SHA-256 that its address is bound to is taken before the clock starts.
protocol   from asking how far the upload is to the answer to "complete": every part read from the same file,
           hashed, announced to the site, signed, put; then the parts listed, compared and joined. Only the
           announcement of the file comes before. The whole-file digest, which the worker takes, comes after.
Chromium   the same with the page's own scripts in a headless browser, 256 MB; printed beside a raw PUT of the
           same file, not gated: how fast a browser reads and hashes is the browser's business.

The store compares SHA-256 on both sides. Raw and protocol take turns and the better of two counts for each, so
that a neighbor's burst does not decide. The slow line is a network namespace of its own behind `tc netem`; where
the machine does not permit one, that figure is left out and says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete

from bench._chromium import sent_by_chromium
from bench._slow_line import LINE_BITS, SlowLine, slow_line
from headroom import clock, db
from headroom.accounts import sessions
from headroom.accounts.models import Person
from headroom.actors import Actor
from headroom.files import uploads
from headroom.files.models import FileUpload, FileUploadPart, Scope, StoredFile
from headroom.files.protocol import Limits
from headroom.gateways import s3
from headroom.gateways.s3 import SignedRequest, Sums
from headroom.ids import new_id
from headroom.settings import Settings, read_settings
from rehearsal.uploading import IN_FLIGHT, SLICE_BYTES, Sender, Sent, fingerprint, put_part

Out = Callable[[dict[str, Any]], None]

MB = 1_000_000
MIN_OF_RAW = 0.7
MIN_OF_LINE = 0.9
ROUNDS = 2
BROWSER_BYTES = 256 * MB
CUTS = 10
SLOW_BYTES = 64 * MB
BENCH = Actor.system("bench")
SCOPE = Scope("bench", "bench-uploads")


def run(out: Out) -> None:
    """Print the figures; what was sent is removed again."""
    quick = "--quick" in sys.argv or os.environ.get("HEADROOM_BENCH_QUICK") == "1"
    settings = read_settings()
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as folder, _door(settings) as door:
        big = _random_file(Path(folder) / "big.wav", (256 if quick else 1000) * MB)
        rounds = [(_raw_put_s(big), _send(door, big, Sender(door))) for _ in range(ROUNDS)]
        raw_s = min(raw for raw, _ in rounds)
        sent = min((each for _, each in rounds), key=lambda each: each.seconds)
        ratio = raw_s / sent.seconds
        out(
            {
                "figure": "uploads.of_raw_put",
                "value": round(ratio, 2),
                "unit": "ratio",
                "goal": f">= {MIN_OF_RAW}",
                "met": ratio >= MIN_OF_RAW,
                "bytes": sent.size_bytes,
                "protocol_mb_per_s": round(sent.size_bytes / sent.seconds / MB, 1),
                "raw_mb_per_s": round(sent.size_bytes / raw_s / MB, 1),
            }
        )
        _browser(out, door, _random_file(Path(folder) / "browser.wav", BROWSER_BYTES))
        _cuts(out, door, big)
        _slow(out, door, _random_file(Path(folder) / "slow.wav", SLOW_BYTES))


def _browser(out: Out, door: Door, path: Path) -> None:
    """The page's own scripts in Chromium."""
    figure: dict[str, Any] = {"figure": "uploads.chromium", "unit": "MB/s", "goal": None, "met": None}
    with announced(door, path) as upload:
        seconds = sent_by_chromium(path, site=door.base, headers=door.headers, upload=upload)
    if isinstance(seconds, str):
        out(figure | {"value": None, "left_out": seconds})
        return
    size = path.stat().st_size
    raw = round(size / _raw_put_s(path) / MB, 1)
    out(figure | {"value": round(size / seconds / MB, 1), "raw_mb_per_s": raw, "bytes": size})


def _cuts(out: Out, door: Door, path: Path) -> None:
    """Ten connections cut in the middle of a part: what is sent twice."""
    cut_at = set(random.Random(7).sample(range(1, 1 + path.stat().st_size // (16 << 20)), CUTS))  # noqa: S311
    seen = 0

    def cut_some(url: str, headers: Mapping[str, str], body: memoryview) -> int:
        nonlocal seen
        seen += 1
        return _half(url, headers, body) if seen in cut_at else put_part(url, headers, body)

    sent = _send(door, path, Sender(door, put=cut_some))
    again = sent.bytes_put - sent.size_bytes
    allowed = CUTS * IN_FLIGHT * (16 << 20)
    out(
        {
            "figure": "uploads.sent_again_after_ten_cuts",
            "value": again,
            "unit": "bytes",
            "goal": f"<= {allowed}",
            "met": again <= allowed,
            "cuts": CUTS,
        }
    )


def _slow(out: Out, door: Door, path: Path) -> None:
    """20 Mbit/s, 80 ms, 1 % loss."""
    figure: dict[str, Any] = {"figure": "uploads.of_slow_line", "unit": "ratio", "goal": f">= {MIN_OF_LINE}"}
    store = urlsplit(s3.current().endpoint)
    with slow_line(to_host=store.hostname or "", to_port=store.port or 80) as line:
        if not isinstance(line, SlowLine):
            out(figure | {"value": None, "met": None, "left_out": line})
            return
        sent = _send(door, path, Sender(door, put=line.put))
    share = sent.size_bytes * 8 / sent.seconds / LINE_BITS
    out(figure | {"value": round(share, 2), "met": share >= MIN_OF_LINE, "seconds": round(sent.seconds, 1)})


def _raw_put_s(path: Path) -> float:
    """Seconds for one signed PUT of the whole file."""
    key = f"tmp/bench-{new_id('raw')}"
    store = s3.current()
    with path.open("rb") as body:
        sums = Sums(hashlib.file_digest(body, "sha256").digest())
    signed = store.sign_put(key, sums=sums, content_type="audio/wav", ttl_s=3600, only_if_absent=False)
    started = time.perf_counter()
    status = _put_file(signed, path)
    took = time.perf_counter() - started
    store.delete(key)
    if status != http.HTTPStatus.OK:
        raise RuntimeError(f"the store answers a raw put with {status}")
    return took


def _put_file(signed: SignedRequest, path: Path) -> int:
    parts = urlsplit(signed.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=60, blocksize=SLICE_BYTES)
    size = {"content-length": str(path.stat().st_size)}
    try:
        with path.open("rb") as body:
            connection.request("PUT", f"{parts.path}?{parts.query}", body, signed.headers | size)
            reply = connection.getresponse()
        reply.read()
        return reply.status
    finally:
        connection.close()


def _half(url: str, headers: Mapping[str, str], body: memoryview) -> int:
    """Send half of a part and hang up."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    with contextlib.suppress(OSError):
        connection.putrequest("PUT", f"{parts.path}?{parts.query}", skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(body[: len(body) // 2])
    connection.close()
    return 0


@dataclass(frozen=True)
class Door:
    """The running site, for the bench's own person."""

    base: str
    person_id: str
    headers: Mapping[str, str]

    def get(self, path: str) -> tuple[int, Any]:
        return self.send("GET", path, {})

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        parts = urlsplit(self.base)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=60)
        try:
            payload = json.dumps(body) if method != "GET" else None
            connection.request(method, path, payload, {**self.headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        finally:
            connection.close()


@contextlib.contextmanager
def _door(settings: Settings) -> Iterator[Door]:
    """A person of the bench, signed in at the running site; gone afterwards."""
    from blueprints.visit import csrf_token
    from wsgi import create_app  # its import opens nothing; creating the app opens the pool

    app = create_app(settings)
    now = clock.now()
    with db.unit(BENCH) as session:
        person = Person(
            email=f"{new_id('bench')}@bench.invalid",
            display_name="Bench",
            locale="en",
            time_zone="UTC",
            theme="system",
            age_rule="bench",
            created_at=now,
        )
        session.add(person)
        session.flush()
        cookie = sessions.start(session, person.id, ip=None, user_agent="bench", now=now)
    name = "__Host-sid" if settings.is_https else "sid"
    with app.test_request_context(headers={"Cookie": f"{name}={cookie}"}):
        headers = {"Cookie": f"{name}={cookie}", "X-CSRF-Token": csrf_token()}
    try:
        yield Door(settings.base_url, person.id, headers)
    finally:
        with db.unit(BENCH) as session:
            sessions.end_all(session, person.id, now=clock.now())
            session.execute(delete(Person).where(Person.id == person.id))


def _send(door: Door, path: Path, sender: Sender) -> Sent:
    """Announce a file for the bench, send it, take it away again."""
    with announced(door, path) as upload:
        return sender.send_upload(path, upload)


@contextlib.contextmanager
def announced(door: Door, path: Path) -> Iterator[dict[str, Any]]:
    """An upload of the file, begun as a room above would; gone from site and store afterwards."""
    from blueprints.files import upload_json

    owner = Actor(person_id=door.person_id)
    with db.unit(BENCH) as session:
        upload = uploads.begin(
            session,
            by=owner,
            scope=SCOPE,
            purpose="bench",
            name=path.name,
            size_bytes=path.stat().st_size,
            modified_at=None,
            fingerprint=fingerprint(path),
            limits=Limits(),
            now=clock.now(),
        )
        told = upload_json(upload)
        key = upload.file.object_key
    try:
        yield told
    finally:
        s3.current().delete(key)
        with db.unit(BENCH) as session:
            session.execute(delete(FileUploadPart).where(FileUploadPart.upload_id == told["id"]))
            session.execute(delete(FileUpload).where(FileUpload.id == told["id"]))
            session.execute(delete(StoredFile).where(StoredFile.id == told["file_id"]))


def _random_file(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as out:
        for start in range(0, size_bytes, MB):
            out.write(os.urandom(min(MB, size_bytes - start)))
    return path
