"""The doctor says what is true of the store before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from headroom.gateways import s3_probe
from headroom.gateways.s3 import Store
from headroom.gateways.s3_probe import Seen
from headroom.operating import storage_doctor
from tests.conftest import make_settings

ORIGIN = make_settings().base_url


def test_a_sound_store_passes_and_nothing_is_left_in_it(store: Store) -> None:
    seen = s3_probe.probe(store, origin=ORIGIN)
    assert (list(store.objects()), list(store.open_uploads())) == ([], [])
    assert seen.checksum_mode == "sha256-header"
    assert seen.conditional_put
    assert storage_doctor.dangers(seen) == []


def test_another_origin_is_noticed(store: Store) -> None:
    assert not s3_probe.probe(store, origin="https://elsewhere.invalid").cors_ours


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
