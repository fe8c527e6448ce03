"""Asks the object store itself, beside the product, whether anything is left of a key; and the embedded one's disk.

The player knows the keys of what it sent: they stand in the addresses that took its bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from rehearsal.browsing import PLAIN, request_to

NOTHING = hashlib.sha256(b"").hexdigest()
# Where Swift keeps a stored file's name: an extended attribute, continued under numbered names when it is long.
ATTRIBUTE = "user.swift.metadata"


@dataclass(frozen=True)
class StoreInfo:
    """How to reach the store with an operator's own key; `data_dir` is None for a store on other machines."""

    endpoint: str
    region: str
    bucket: str
    access_key: str
    secret_key: str
    data_dir: Path | None

    @classmethod
    def read(cls, path: Path) -> StoreInfo:
        """From the file that the launcher writes."""
        told = json.loads(path.read_text(encoding="utf-8"))
        data_dir = Path(told["data_dir"]) if told.get("data_dir") else None
        return cls(
            told["endpoint"].rstrip("/"),
            told["region"],
            told["bucket"],
            told["access_key"],
            told["secret_key"],
            data_dir,
        )


def key_of(url: str, bucket: str) -> str:
    """The key of the object that a path-style address names."""
    return urlsplit(url).path.removeprefix(f"/{bucket}/")


def objects_left(store: StoreInfo, keys: Sequence[str]) -> int:
    """How many objects the store lists under these keys."""
    return sum(len(_listed(store, key)) for key in keys)


def disk_files_left(store: StoreInfo, keys: Sequence[str]) -> int | None:
    """How many files on the embedded store's disk belong to these keys, parts of uploads included."""
    if store.data_dir is None:
        return None
    names = [key.encode() for key in keys]
    files = (store.data_dir / "node").glob("*/objects*/*/*/*/*.data")
    return sum(1 for path in files if any(name in _metadata(path) for name in names))


def _listed(store: StoreInfo, key: str) -> list[str]:
    query = f"list-type=2&prefix={quote(key, safe='')}"
    request = _signed(store, f"/{store.bucket}", query)
    with PLAIN.open(request, timeout=30) as answer:
        tree = ElementTree.fromstring(answer.read())  # noqa: S314  our own store's answer
    return [each.text or "" for each in tree.iter() if each.tag.endswith("Key")]


def _signed(store: StoreInfo, path: str, query: str) -> urllib.request.Request:
    """A GET with an AWS Signature Version 4 (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)."""
    at = datetime.now(UTC)
    stamp, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    host = urlsplit(store.endpoint).netloc
    headers = {"host": host, "x-amz-content-sha256": NOTHING, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    asked = f"GET\n{path}\n{query}\n{lines}\n{names}\n{NOTHING}"
    scope = f"{day}/{store.region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"AWS4{store.secret_key}".encode()
    for part in (day, store.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    given = f"AWS4-HMAC-SHA256 Credential={store.access_key}/{scope}, SignedHeaders={names}, Signature={proof}"
    sent = {name: value for name, value in headers.items() if name != "host"}
    return request_to(f"{store.endpoint}{path}?{query}", headers={**sent, "Authorization": given})


def _metadata(path: Path) -> bytes:
    parts: list[bytes] = []
    try:
        while True:
            parts.append(os.getxattr(path, f"{ATTRIBUTE}{len(parts) or ''}"))
    except OSError:
        return b"".join(parts)
