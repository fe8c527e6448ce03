"""A signed address allows one thing, for a while, to whoever has it; everything else is refused."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from headroom.gateways import s3, s3_probe
from headroom.gateways.s3 import SignedRequest, Store
from headroom.gateways.s3_errors import AlreadyThere, StoreRefused
from headroom.gateways.s3_probe import Seen
from tests.conftest import make_settings
from tests.stores import Place

BYTES = b"eight stems and a rough mix"
KEY = "o/0123456789abcdef"
TEN_MINUTES = 600


def put_address(store: Store, *, md5: bool = False, once: bool = False, ttl_s: int = TEN_MINUTES) -> SignedRequest:
    sums = s3_probe.sums_of(BYTES, md5=md5)
    return store.sign_put(KEY, sums=sums, content_type="audio/wav", ttl_s=ttl_s, only_if_absent=once)


def get_address(store: Store, *, ttl_s: int = TEN_MINUTES) -> SignedRequest:
    return SignedRequest("GET", store.sign_get(KEY, name="mix.wav", content_type="audio/wav", ttl_s=ttl_s), {})


def stored(store: Store) -> bytes:
    return b"".join(store.stream(KEY).chunks)


def test_announced_bytes_go_in_and_come_out(store: Store) -> None:
    assert s3_probe.send(put_address(store), BYTES) == 200
    assert stored(store) == BYTES


def test_an_address_takes_no_other_bytes(store: Store, seen: Seen) -> None:
    address = put_address(store, md5=seen.checksum_mode == "content-md5")
    assert s3_probe.send(address, BYTES[:-1] + b"?") == 400
    assert not store.exists(KEY)


def test_a_store_compares_the_sha256_as_the_doctor_says(store: Store, seen: Seen) -> None:
    compares = seen.checksum_mode == "sha256-header"
    assert s3_probe.send(put_address(store), BYTES[:-1] + b"?") == (400 if compares else 200)
    assert store.exists(KEY) is not compares


def test_an_address_takes_no_bytes_without_its_check_sum(store: Store) -> None:
    bare = replace(put_address(store), headers={"content-type": "audio/wav"})
    assert s3_probe.send(bare, BYTES) == 403


def test_an_address_is_for_one_key_only(store: Store) -> None:
    signed = put_address(store)
    foreign = replace(signed, url=signed.url.replace(KEY, "o/somebody-elses"))
    assert s3_probe.send(foreign, BYTES) == 403


def test_a_download_address_runs_out(store: Store) -> None:
    store.put(KEY, BYTES, content_type="audio/wav")
    short = get_address(store, ttl_s=1)
    assert s3_probe.send(short) == 200
    time.sleep(2.5)
    assert s3_probe.send(short) == 403


def test_an_upload_address_runs_out(store: Store) -> None:
    short = put_address(store, ttl_s=1)
    time.sleep(2.5)
    assert s3_probe.send(short, BYTES) == 403
    assert not store.exists(KEY)


def test_a_tampered_address_is_refused(store: Store) -> None:
    store.put(KEY, BYTES, content_type="audio/wav")
    longer = get_address(store)
    stretched = replace(longer, url=longer.url.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"))
    assert s3_probe.send(stretched) == 403


def test_nobody_reads_without_a_signature(store: Store) -> None:
    store.put(KEY, BYTES, content_type="audio/wav")
    bare = SignedRequest("GET", get_address(store).url.partition("?")[0], {})
    assert 400 <= s3_probe.send(bare) < 500


def test_nobody_writes_without_a_signature(store: Store) -> None:
    bare = SignedRequest("PUT", put_address(store).url.partition("?")[0], {})
    assert 400 <= s3_probe.send(bare, BYTES) < 500
    assert not store.exists(KEY)


def test_a_wrong_secret_is_refused(store: Store, place: Place) -> None:
    stranger = s3.connect(
        make_settings(
            s3_endpoint=store.endpoint,
            s3_access_key=place.access_key,
            s3_secret_key="not-the-secret-at-all",
            s3_bucket=store.bucket,
        )
    )
    with pytest.raises(StoreRefused):
        stranger.put(KEY, BYTES, content_type="audio/wav")


def test_a_key_that_is_taken_stays_as_it_is(store: Store) -> None:
    store.put(KEY, BYTES, content_type="audio/wav", only_if_absent=True)
    with pytest.raises(AlreadyThere):
        store.put(KEY, b"other bytes", content_type="audio/wav", only_if_absent=True)
    assert stored(store) == BYTES


def test_a_single_use_address_works_once(store: Store) -> None:
    address = put_address(store, once=True)
    assert [s3_probe.send(address, BYTES), s3_probe.send(address, BYTES)] == [200, 412]


def test_a_download_carries_the_files_own_name(store: Store) -> None:
    store.put(KEY, BYTES, content_type="audio/wav")
    address = store.sign_get(KEY, name='Песня "v3".wav', content_type="audio/wav", ttl_s=TEN_MINUTES)
    headers = s3_probe.answer_to(SignedRequest("GET", address, {})).headers
    assert headers["content-disposition"] == s3.attachment('Песня "v3".wav')
    assert headers["cache-control"] == "private, no-store"


def preflight(store: Store, origin: str) -> dict[str, str]:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-md5,content-type,if-none-match,x-amz-checksum-sha256",
    }
    return s3_probe.answer_to(SignedRequest("OPTIONS", put_address(store).url, {}), headers=asked).headers


def test_pages_of_our_site_may_send(store: Store) -> None:
    ours = make_settings().base_url
    allowed = preflight(store, ours)
    assert allowed["access-control-allow-origin"] == ours
    assert "x-amz-checksum-sha256" in allowed["access-control-allow-headers"]
    assert "content-md5" in allowed["access-control-allow-headers"]


def test_pages_of_other_sites_may_not_send(store: Store) -> None:
    assert "access-control-allow-origin" not in preflight(store, "https://elsewhere.invalid")


def test_our_page_may_see_that_its_part_arrived(store: Store) -> None:
    ours = make_settings().base_url
    answer = s3_probe.answer_to(put_address(store), BYTES, {"Origin": ours})
    assert answer.headers["access-control-allow-origin"] == ours


def test_another_page_may_not_see_an_answer(store: Store) -> None:
    answer = s3_probe.answer_to(put_address(store), BYTES, {"Origin": "https://elsewhere.invalid"})
    assert "access-control-allow-origin" not in answer.headers
