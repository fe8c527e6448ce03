"""Ask a store what it really does. Stores differ so much that nothing about them is assumed.

Everything happens under one random key below `tmp/`, and is removed again.
"""

from __future__ import annotations

import hashlib
import http.client
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from headroom import clock
from headroom.errors import DomainError
from headroom.gateways.s3 import SignedRequest, Store, Sums
from headroom.gateways.s3_errors import AlreadyThere, StoreRefused, answered

BODY = b"headroom probes its store"
WRONG = BODY[:-1] + b"?"
TIMEOUT_S = 20
EXPIRES_S = 1
EXPIRED_AFTER_S = 3.0  # a store's clock has whole seconds, and may be one behind
FOREIGN_ORIGIN = "https://elsewhere.invalid"
_OK = 200
_REFUSED = range(400, 500)
_TEXT = "text/plain"


@dataclass(frozen=True)
class Seen:
    """What the store did."""

    checksum_mode: str
    conditional_put: bool
    versioning: str
    lifecycle: bool
    cors_ours: bool
    cors_closed: bool
    clock_skew_s: int
    anonymous_refused: bool
    expired_refused: bool
    tampered_refused: bool
    list_parts: bool
    list_uploads: bool


@dataclass(frozen=True)
class Answer:
    """What a store answered; header names in small letters."""

    status: int
    headers: dict[str, str]


def probe(store: Store, *, origin: str) -> Seen:
    """Look at everything; takes about four seconds. Raises StoreDown or StoreRefused if even a put fails."""
    key = f"tmp/probe-{secrets.token_hex(12)}"
    store.put(key, BODY, content_type=_TEXT)
    with _removed_afterwards(store, key):
        shown = _signed_get(store, key, ttl_s=600)
        expiring = _signed_get(store, key, ttl_s=EXPIRES_S)
        signed_at = time.monotonic()
        parts, listed = _multipart(store, key)
        first = answer_to(shown)
        seen = Seen(
            checksum_mode=_checksum_mode(store, key),
            conditional_put=_obeys_condition(store, key),
            versioning=_versioning(store),
            lifecycle=_keeps_rules(store),
            cors_ours=_allows(store, key, origin),
            cors_closed=not _allows(store, key, FOREIGN_ORIGIN),
            clock_skew_s=_skew(first),
            anonymous_refused=_anonymous_is_refused(store, shown),
            tampered_refused=answer_to(_tampered(shown)).status in _REFUSED,
            list_parts=parts,
            list_uploads=listed,
            expired_refused=_is_refused_later(expiring, signed_at),
        )
    if first.status != _OK:
        raise StoreRefused(reason=f"a signed address answers {first.status}")
    return seen


def apply(store: Store, *, origin: str) -> dict[str, bool]:
    """Set what a bucket should have; by name, whether the store took it."""
    bucket = store.bucket
    rules = [
        {
            "ID": "unfinished-uploads",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
        },
        {"ID": "probes", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}},
    ]
    cors = {
        "AllowedOrigins": [origin],
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["content-type", "content-md5", "if-none-match", "x-amz-checksum-*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }
    client = store.inner
    return {
        "cors": _answers(lambda: client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [cors]})),
        "lifecycle": _answers(
            lambda: client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
        ),
        "public access block": _closes(store),
    }


def _closes(store: Store) -> bool:
    """Close the bucket to the public as far as the store then still takes our own files.

    Ceph's gateway of release 16 refuses every put where public access lists are blocked; there they are
    ignored instead, which keeps the bucket as closed.
    """
    for others in (("BlockPublicAcls",), ()):
        flags = dict.fromkeys(("IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets", *others), True)
        if not _answers(partial(_block, store, flags)):
            return False
        key = f"tmp/probe-{secrets.token_hex(12)}"
        with _removed_afterwards(store, key):
            if _answers(partial(store.put, key, BODY, content_type=_TEXT)):
                return True
    _answers(lambda: store.inner.delete_public_access_block(Bucket=store.bucket))
    return False


def _block(store: Store, flags: dict[str, bool]) -> None:
    store.inner.put_public_access_block(Bucket=store.bucket, PublicAccessBlockConfiguration=flags)


def sums_of(body: bytes, *, md5: bool = False) -> Sums:
    """The check sums of `body`, its MD5 only if asked for."""
    return Sums(hashlib.sha256(body).digest(), hashlib.md5(body, usedforsecurity=False).digest() if md5 else None)


def send(request: SignedRequest, body: bytes = b"") -> int:
    """Send a signed request as a browser would, and return the status."""
    return answer_to(request, body).status


def _checksum_mode(store: Store, key: str) -> str:
    other = key + "-checksum"
    with _removed_afterwards(store, other):
        for mode, sums in (("sha256-header", sums_of(BODY)), ("content-md5", sums_of(BODY, md5=True))):
            signed = store.sign_put(other, sums=sums, content_type=_TEXT, ttl_s=600, only_if_absent=False)
            if send(signed, WRONG) in _REFUSED and send(signed, BODY) == _OK:
                return mode
    return "etag-only"


def _obeys_condition(store: Store, key: str) -> bool:
    try:
        store.put(key, BODY, content_type=_TEXT, only_if_absent=True)
    except AlreadyThere:
        return True
    except DomainError:
        return False
    return False


def _versioning(store: Store) -> str:
    try:
        with answered("versioning"):
            status = store.inner.get_bucket_versioning(Bucket=store.bucket).get("Status")
    except DomainError:
        return "unsupported"
    return {"Enabled": "enabled", "Suspended": "suspended"}.get(str(status), "off")


def _keeps_rules(store: Store) -> bool:
    """Whether lifecycle rules are set. The embedded store says yes to the question, and names none."""
    try:
        with answered("lifecycle"):
            return bool(store.inner.get_bucket_lifecycle_configuration(Bucket=store.bucket).get("Rules"))
    except DomainError:
        return False


def _multipart(store: Store, key: str) -> tuple[bool, bool]:
    """Whether the store lists the parts of an upload, and its open uploads."""
    other = key + "-parts"
    upload_id = store.create_upload(other, content_type=_TEXT)
    try:
        send(store.sign_part(other, upload_id, 1, sums=sums_of(BODY), ttl_s=600), BODY)
        lists_parts = _lists(lambda: [part.size_bytes for part in store.parts(other, upload_id)], len(BODY))
        lists_uploads = _lists(lambda: [each.upload_id for each in store.open_uploads(other)], upload_id)
    finally:
        store.abort_upload(other, upload_id)
    return lists_parts, lists_uploads


def _lists(listing: Callable[[], list[Any]], expected: object) -> bool:
    try:
        return listing() == [expected]
    except DomainError:
        return False


def _allows(store: Store, key: str, origin: str) -> bool:
    """Whether a page from `origin` may PUT with the headers we use."""
    signed = store.sign_put(key, sums=sums_of(BODY), content_type=_TEXT, ttl_s=600, only_if_absent=False)
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-md5,content-type,x-amz-checksum-sha256",
    }
    answer = answer_to(SignedRequest("OPTIONS", signed.url, {}), headers=asked)
    return answer.status == _OK and answer.headers.get("access-control-allow-origin") in (origin, "*")


def _anonymous_is_refused(store: Store, shown: SignedRequest) -> bool:
    """Neither the object nor the bucket's listing may be had without a signature."""
    bare = SignedRequest("GET", shown.url.partition("?")[0], {})
    listing = SignedRequest("GET", bare.url.split(f"/{store.bucket}/")[0] + f"/{store.bucket}", {})
    return answer_to(bare).status in _REFUSED and answer_to(listing).status in _REFUSED


def _tampered(shown: SignedRequest) -> SignedRequest:
    last = "0" if shown.url[-1] != "0" else "1"
    return SignedRequest("GET", shown.url[:-1] + last, {})


def _is_refused_later(expiring: SignedRequest, signed_at: float) -> bool:
    time.sleep(max(0.0, EXPIRED_AFTER_S - (time.monotonic() - signed_at)))
    return answer_to(expiring).status in _REFUSED


def _skew(answer: Answer) -> int:
    """Whole seconds that the store's clock is ahead of ours."""
    stated = answer.headers.get("date")
    if stated is None:
        return 0
    return round((parsedate_to_datetime(stated) - clock.wall_now()).total_seconds())


def _signed_get(store: Store, key: str, *, ttl_s: int) -> SignedRequest:
    return SignedRequest("GET", store.sign_get(key, name="probe.txt", content_type=_TEXT, ttl_s=ttl_s), {})


def answer_to(request: SignedRequest, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    """Send a signed request with plain HTTP, without boto3 between. Raises StoreDown."""
    parts = urlsplit(request.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_S)
    try:
        with answered(request.url.partition("?")[0]):
            connection.request(
                request.method,
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                body=body or None,
                headers=request.headers | (headers or {}),
            )
            reply = connection.getresponse()
            reply.read()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()})
    finally:
        connection.close()


def _answers(call: Callable[[], Any]) -> bool:
    try:
        with answered("bucket"):
            call()
    except DomainError:
        return False
    return True


@contextmanager
def _removed_afterwards(store: Store, key: str) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(DomainError):
            store.delete(key)
