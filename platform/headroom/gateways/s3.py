"""The object store, reached through boto3 alone, whatever S3 server stands behind it.

Two addresses, because the host is part of a signature: `S3_ENDPOINT` is what web and worker reach,
`S3_PUBLIC_ENDPOINT` is what a browser reaches and therefore what addresses are signed for.
Timeouts are short (3 s to connect, 20 s between bytes): a slow store is an error, not a hung page.
What the store answers becomes one of the errors in gateways/s3_errors.py.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import boto3
from botocore.config import Config

from headroom.gateways.s3_errors import NoSuchObject, answered
from headroom.settings import Settings, read_settings

CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 20
ATTEMPTS = 2  # one retry: the doors and the jobs have retries of their own
CONNECTIONS = 24
CHUNK_BYTES = 1 << 18
KEYS_PER_DELETE = 1000  # the limit of S3's batch delete


@dataclass(frozen=True)
class ObjectFacts:
    """What HEAD says about an object."""

    size_bytes: int
    etag: str
    content_type: str
    modified_at: datetime


@dataclass(frozen=True)
class StoredPart:
    """A part as the store lists it; `sha256` (base64) only where the store keeps it."""

    number: int
    size_bytes: int
    etag: str
    sha256: str | None


@dataclass(frozen=True)
class OpenUpload:
    """A multipart upload that was neither completed nor aborted."""

    key: str
    upload_id: str
    started_at: datetime


@dataclass(frozen=True)
class ListedObject:
    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class Sums:
    """Raw check sums of announced bytes; `md5` for stores that compare nothing better on arrival."""

    sha256: bytes
    md5: bytes | None = None


@dataclass(frozen=True)
class SignedRequest:
    """An address that allows one request, and the headers that must be sent with it."""

    method: str
    url: str
    headers: dict[str, str]


@dataclass(frozen=True)
class ByteStream:
    """A part of an object: bytes `first`..`last` (inclusive) of `total_bytes`, in chunks."""

    first: int
    last: int
    total_bytes: int
    content_type: str
    chunks: Iterator[bytes]


class Store:
    """One private bucket. Every method raises StoreDown when the store gives no usable answer."""

    def __init__(self, *, bucket: str, inner: Any, public: Any) -> None:
        self.bucket = bucket
        self.inner = inner  # client for our own requests
        self.public = public  # client that only signs addresses for browsers

    @property
    def endpoint(self) -> str:
        """The address that we ourselves reach the store at."""
        return str(self.inner.meta.endpoint_url)

    # -- objects ---------------------------------------------------------------------------------------

    def put(self, key: str, body: bytes | IO[bytes], *, content_type: str, only_if_absent: bool = False) -> str:
        """Store an object and return its ETag; AlreadyThere if it must be new and is not."""
        condition = {"IfNoneMatch": "*"} if only_if_absent else {}
        with answered(key):
            reply = self.inner.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, **condition)
        return _bare(reply["ETag"])

    def put_file(self, key: str, path: Path, *, content_type: str) -> str:
        """Store a file from disk as one object (up to 5 GiB) and return its ETag."""
        with path.open("rb") as body:
            return self.put(key, body, content_type=content_type)

    def head(self, key: str) -> ObjectFacts:
        """Size, ETag and type of an object; NoSuchObject."""
        with answered(key):
            reply = self.inner.head_object(Bucket=self.bucket, Key=key)
        return ObjectFacts(
            size_bytes=reply["ContentLength"],
            etag=_bare(reply["ETag"]),
            content_type=reply.get("ContentType", ""),
            modified_at=reply["LastModified"],
        )

    def exists(self, key: str) -> bool:
        try:
            self.head(key)
        except NoSuchObject:
            return False
        return True

    def stream(self, key: str, *, first: int | None = None, last: int | None = None) -> ByteStream:
        """Open an object, or its bytes `first`..`last`, for reading once; NoSuchObject, RangeUnmet."""
        wanted = {} if first is None else {"Range": f"bytes={first}-{'' if last is None else last}"}
        with answered(key):
            reply = self.inner.get_object(Bucket=self.bucket, Key=key, **wanted)
        start, end, total = _span(reply)
        return ByteStream(start, end, total, reply.get("ContentType", ""), _chunks(key, reply["Body"]))

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is fine."""
        with answered(key):
            self.inner.delete_object(Bucket=self.bucket, Key=key)

    def delete_versions(self, key: str) -> int:
        """Delete every version and delete marker of a key, and return how many there were."""
        with answered(key):
            pages = self.inner.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=key)
            found = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for page in pages
                for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
                if each["Key"] == key
            ]
            for start in range(0, len(found), KEYS_PER_DELETE):
                batch = {"Objects": found[start : start + KEYS_PER_DELETE], "Quiet": True}
                self.inner.delete_objects(Bucket=self.bucket, Delete=batch)
        return len(found)

    def objects(self, prefix: str = "") -> Iterator[ListedObject]:
        """Every object whose key begins with `prefix`, in order of keys."""
        with answered(prefix):
            for page in self.inner.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                for each in page.get("Contents", ()):
                    yield ListedObject(each["Key"], each["Size"], each["LastModified"])

    # -- uploads in parts ------------------------------------------------------------------------------

    def create_upload(self, key: str, *, content_type: str) -> str:
        """Open an upload in parts and return the store's id for it."""
        with answered(key):
            reply = self.inner.create_multipart_upload(
                Bucket=self.bucket, Key=key, ContentType=content_type, ChecksumAlgorithm="SHA256"
            )
        return str(reply["UploadId"])

    def parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """The parts that the store holds, by number; NoSuchUpload."""
        with answered(key):
            pages = self.inner.get_paginator("list_parts").paginate(Bucket=self.bucket, Key=key, UploadId=upload_id)
            return [
                StoredPart(each["PartNumber"], each["Size"], _bare(each["ETag"]), each.get("ChecksumSHA256") or None)
                for page in pages
                for each in page.get("Parts", ())
            ]

    def complete_upload(self, key: str, upload_id: str, parts: list[StoredPart]) -> str | None:
        """Join the parts; returns the store's composite SHA-256 (`base64-n`) where it gives one.

        Raises PartsRefused when a part is not what the store holds, NoSuchUpload.
        """
        named = [
            {"PartNumber": part.number, "ETag": part.etag} | ({"ChecksumSHA256": part.sha256} if part.sha256 else {})
            for part in parts
        ]
        with answered(key):
            reply = self.inner.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": named}
            )
        return reply.get("ChecksumSHA256") or None

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts; NoSuchUpload if the store does not know it."""
        with answered(key):
            self.inner.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)

    def open_uploads(self, prefix: str = "") -> Iterator[OpenUpload]:
        """Every upload in parts that is still open."""
        with answered(prefix):
            for page in self.inner.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix):
                for each in page.get("Uploads", ()):
                    yield OpenUpload(each["Key"], each["UploadId"], each["Initiated"])

    # -- addresses for browsers ------------------------------------------------------------------------

    def sign_put(self, key: str, *, sums: Sums, content_type: str, ttl_s: int, only_if_absent: bool) -> SignedRequest:
        """An address that takes exactly the bytes with these check sums as the whole object."""
        more = {"ContentType": content_type} | ({"IfNoneMatch": "*"} if only_if_absent else {})
        headers = {"content-type": content_type} | ({"if-none-match": "*"} if only_if_absent else {})
        return self._sign("put_object", {"Key": key, **more}, headers, sums, ttl_s)

    def sign_part(self, key: str, upload_id: str, number: int, *, sums: Sums, ttl_s: int) -> SignedRequest:
        """An address that takes exactly the bytes with these check sums as part `number`."""
        return self._sign("upload_part", {"Key": key, "UploadId": upload_id, "PartNumber": number}, {}, sums, ttl_s)

    def _sign(
        self, call: str, params: dict[str, Any], headers: dict[str, str], sums: Sums, ttl_s: int
    ) -> SignedRequest:
        """Sign a call together with its check sums: without these very headers the address is void."""
        summed = {"ChecksumSHA256": _base64(sums.sha256)} | ({"ContentMD5": _base64(sums.md5)} if sums.md5 else {})
        sent = {"x-amz-checksum-sha256": _base64(sums.sha256)} | (
            {"content-md5": _base64(sums.md5)} if sums.md5 else {}
        )
        url = self.public.generate_presigned_url(
            call, Params={"Bucket": self.bucket, **params, **summed}, ExpiresIn=ttl_s
        )
        return SignedRequest("PUT", url, headers | sent)

    def sign_get(self, key: str, *, name: str, content_type: str, ttl_s: int) -> str:
        """An address that gives the object as a download called `name`."""
        url: str = self.public.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ResponseContentDisposition": attachment(name),
                "ResponseContentType": content_type,
                "ResponseCacheControl": "private, no-store",
            },
            ExpiresIn=ttl_s,
        )
        return url


def attachment(name: str) -> str:
    """The Content-Disposition of a download: an ASCII name for old clients, the true one after RFC 5987.

    The one function that puts a person's file name into a header; control characters and quotes never pass.
    """
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%;' else "_" for c in name) or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def connect(settings: Settings) -> Store:
    """The store that the settings name; opens no connection yet."""
    session = boto3.session.Session()  # one, because each reads S3's whole description anew
    inner = _client(session, settings, settings.s3_endpoint)
    public = _client(session, settings, settings.s3_public_endpoint or settings.s3_endpoint)
    return Store(bucket=settings.s3_bucket, inner=inner, public=public)


class _Current:
    """The process's store: set by a composition root or a test, else made from the settings once."""

    store: Store | None = None


def use(store: Store | None) -> None:
    """Make `store` the one of this process (None: make it from the settings at the next use)."""
    _Current.store = store


def current() -> Store:
    """The process's store; thread-safe, as boto3's clients are."""
    if _Current.store is None:
        _Current.store = connect(read_settings())
    return _Current.store


def _client(session: Any, settings: Settings, endpoint: str) -> Any:
    return session.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            max_pool_connections=CONNECTIONS,
            # boto3 would else add CRC checksums of its own, which other stores than AWS answer badly.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _chunks(key: str, body: Any) -> Iterator[bytes]:
    try:
        with answered(key):
            yield from body.iter_chunks(CHUNK_BYTES)
    finally:
        body.close()


def _span(reply: dict[str, Any]) -> tuple[int, int, int]:
    length = int(reply["ContentLength"])
    if "ContentRange" not in reply:
        return 0, length - 1, length
    span, total = reply["ContentRange"].removeprefix("bytes ").split("/")
    first, last = span.split("-")
    return int(first), int(last), int(total)


def _bare(etag: str) -> str:
    return etag.strip('"')


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
