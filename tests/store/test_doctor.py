"""The doctor says what is true of the store before it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headroom.gateways import s3_probe
from headroom.gateways.s3 import SignedRequest, Store
from headroom.gateways.s3_errors import StoreRefused
from headroom.gateways.s3_probe import Seen
from headroom.operating import storage_doctor
from tests.conftest import make_settings
from tests.stores import Place, fresh_bucket

ORIGIN = make_settings().base_url


# What each store is known to do; a release that changes it is looked at before it is trusted.
KNOWN = {
    "store": {"checksum_mode": "sha256-header", "conditional_put": True, "lifecycle": False},
    "ceph": {"checksum_mode": "content-md5", "conditional_put": True, "lifecycle": True},
}
APPLIED = {
    "store": {"cors": False, "lifecycle": False, "public access block": False},
    "ceph": {"cors": True, "lifecycle": True, "public access block": True},
}


def test_a_sound_store_passes_and_nothing_is_left_in_it(store: Store) -> None:
    seen = s3_probe.probe(store, origin=ORIGIN)
    assert (list(store.objects()), list(store.open_uploads())) == ([], [])
    assert storage_doctor.dangers(seen) == []


def test_the_store_does_what_it_is_known_to_do(place: Place, seen: Seen) -> None:
    assert {name: getattr(seen, name) for name in KNOWN[place.kind]} == KNOWN[place.kind]


def test_another_origin_is_noticed(store: Store) -> None:
    assert not s3_probe.probe(store, origin="https://elsewhere.invalid").cors_ours


def test_our_pages_may_send_once_the_doctor_has_set_it(place: Place) -> None:
    bare = fresh_bucket(place)
    if place.kind == "ceph":  # the embedded store is told of our site when it starts
        assert not s3_probe.probe(bare, origin=ORIGIN).cors_ours
    assert s3_probe.apply(bare, origin=ORIGIN) == APPLIED[place.kind]
    seen = s3_probe.probe(bare, origin=ORIGIN)
    assert (seen.cors_ours, seen.cors_closed) == (True, True)


def test_a_closed_bucket_still_takes_our_files(place: Place) -> None:
    bucket = fresh_bucket(place)
    s3_probe.apply(bucket, origin=ORIGIN)
    bucket.put("o/ours", b"eight stems", content_type="audio/wav")
    assert bucket.exists("o/ours")


def test_a_public_access_list_opens_nothing(store: Store) -> None:
    with suppress(ClientError):  # a store may refuse it outright
        store.inner.put_object(Bucket=store.bucket, Key="o/open", Body=b"eight stems", ACL="public-read")
    assert s3_probe.send(SignedRequest("GET", f"{store.endpoint}/{store.bucket}/o/open", {})) in range(400, 500)


def test_a_policy_is_obeyed_or_refused_but_never_forgotten(place: Place, store: Store) -> None:
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{store.bucket}/no/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    if place.kind == "ceph":
        store.inner.put_bucket_policy(Bucket=store.bucket, Policy=policy)
        with pytest.raises(StoreRefused):
            store.put("no/entry", b"eight stems", content_type="audio/wav")
        store.put("o/entry", b"eight stems", content_type="audio/wav")
    else:
        with pytest.raises(ClientError, match="NotImplemented"):
            store.inner.put_bucket_policy(Bucket=store.bucket, Policy=policy)


SOUND = Seen(
    checksum_mode="sha256-header",
    conditional_put=True,
    versioning="off",
    lifecycle=True,
    cors_ours=True,
    cors_closed=True,
    clock_skew_s=0,
    anonymous_refused=True,
    expired_refused=True,
    tampered_refused=True,
    list_parts=True,
    list_uploads=True,
)


@pytest.mark.parametrize(
    "fault",
    [
        {"anonymous_refused": False},
        {"expired_refused": False},
        {"tampered_refused": False},
        {"versioning": "enabled"},
        {"cors_closed": False},
        {"clock_skew_s": -900},
    ],
    ids=str,
)
def test_each_of_these_alone_is_a_danger(fault: dict[str, Any]) -> None:
    assert len(storage_doctor.dangers(replace(SOUND, **fault))) == 1
