"""Objects: ranges, listings, deletion while somebody reads."""

from __future__ import annotations

import os

import pytest

from headroom.gateways.s3 import Store
from headroom.gateways.s3_errors import NoSuchObject, RangeUnmet

KEY = "o/0123456789abcdef"


def test_a_range_gives_exactly_its_bytes(store: Store) -> None:
    body = os.urandom(1 << 20)
    store.put(KEY, body, content_type="audio/wav")
    span = store.stream(KEY, first=1000, last=1999)
    assert b"".join(span.chunks) == body[1000:2000]
    assert (span.first, span.last, span.total_bytes) == (1000, 1999, len(body))


def test_an_open_range_reaches_to_the_end(store: Store) -> None:
    store.put(KEY, b"0123456789", content_type="audio/wav")
    assert b"".join(store.stream(KEY, first=7).chunks) == b"789"


def test_a_range_behind_the_end_is_refused(store: Store) -> None:
    store.put(KEY, b"0123456789", content_type="audio/wav")
    with pytest.raises(RangeUnmet):
        store.stream(KEY, first=10)


def test_a_key_without_object_says_so(store: Store) -> None:
    with pytest.raises(NoSuchObject):
        store.head(KEY)
    with pytest.raises(NoSuchObject):
        store.stream(KEY)


def test_deleting_nothing_is_fine(store: Store) -> None:
    store.delete(KEY)
    assert not store.exists(KEY)


def test_a_listing_comes_in_order_of_keys(store: Store) -> None:
    for name in ("o/b", "o/a", "p/c"):
        store.put(name, b"x", content_type="audio/wav")
    assert [each.key for each in store.objects()] == ["o/a", "o/b", "p/c"]
    assert [each.key for each in store.objects("p/")] == ["p/c"]


def test_a_download_that_began_survives_the_deletion(store: Store) -> None:
    body = os.urandom(24 << 20)
    store.put(KEY, body, content_type="audio/wav")
    chunks = store.stream(KEY).chunks
    first = next(chunks)
    store.delete(KEY)
    assert not store.exists(KEY)
    assert first + b"".join(chunks) == body


def test_every_version_of_a_key_goes(store: Store) -> None:
    store.inner.put_bucket_versioning(Bucket=store.bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        store.put(KEY, body, content_type="audio/wav")
    store.delete(KEY)
    assert store.delete_versions(KEY) == 3  # two versions and the delete marker
    assert store.delete_versions(KEY) == 0
