"""The upload protocol's arithmetic."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.files.protocol import (
    GIB,
    MIB,
    Cut,
    Limits,
    Part,
    composite_checksum,
    cut,
    refusal,
    surplus_parts,
    wrong_parts,
)

sizes = st.integers(min_value=1, max_value=500 * GIB)
OF = Cut(size_bytes=25, part_bytes=10, parts=3)
SIGNED = [Part(1, 10, b"a"), Part(2, 10, b"b"), Part(3, 5, b"c")]


@given(sizes)
def test_the_parts_make_up_the_file_exactly(size_bytes: int) -> None:
    of = cut(size_bytes)
    assert (of.parts - 1) * of.part_bytes + of.size_of(of.parts) == size_bytes


@given(sizes)
def test_no_file_has_more_parts_than_stores_allow(size_bytes: int) -> None:
    assert 1 <= cut(size_bytes).parts <= 9_000


@given(sizes.filter(lambda size: size > 16 * MIB))
def test_parts_are_whole_mebibytes_of_sixteen_or_more(size_bytes: int) -> None:
    part_bytes = cut(size_bytes).part_bytes
    assert part_bytes % MIB == 0
    assert part_bytes >= 16 * MIB


@pytest.mark.parametrize(("size_bytes", "parts"), [(1, 1), (16 * MIB, 1), (16 * MIB + 1, 2), (GIB, 64)])
def test_small_files_go_in_one_piece(size_bytes: int, parts: int) -> None:
    assert cut(size_bytes).parts == parts


def test_an_empty_file_cannot_be_cut() -> None:
    with pytest.raises(ValueError):
        cut(0)


@pytest.mark.parametrize(
    ("stored", "wrong"),
    [
        ({}, [1, 2, 3]),
        ({1: Part(1, 10, None), 2: Part(2, 10, None), 3: Part(3, 5, None)}, []),
        ({1: Part(1, 10, b"a"), 2: Part(2, 10, b"b"), 3: Part(3, 5, b"c")}, []),
        ({1: Part(1, 10, b"a"), 2: Part(2, 9, b"b"), 3: Part(3, 5, b"c")}, [2]),
        ({1: Part(1, 10, b"?"), 2: Part(2, 10, b"b")}, [1, 3]),
    ],
)
def test_what_is_missing_short_or_foreign_is_named(stored: dict[int, Part], wrong: list[int]) -> None:
    assert wrong_parts(SIGNED, stored, OF) == wrong


def test_a_stored_part_that_was_never_signed_is_wrong() -> None:
    assert wrong_parts(SIGNED[:2], {n: Part(n, OF.size_of(n), None) for n in (1, 2, 3)}, OF) == [3]


def test_parts_beyond_the_file_are_surplus() -> None:
    assert surplus_parts({2: Part(2, 10, None), 4: Part(4, 10, None)}, OF) == [4]


def test_the_composite_checksum_is_that_of_the_digests() -> None:
    digests = [hashlib.sha256(body).digest() for body in (b"one", b"two")]
    expected = base64.b64encode(hashlib.sha256(digests[0] + digests[1]).digest()).decode() + "-2"
    assert composite_checksum(digests) == expected


@pytest.mark.parametrize(
    ("size_bytes", "files_there", "bytes_there", "code"),
    [
        (0, 0, 0, "empty_file"),
        (4 * GIB, 299, 46 * GIB, None),
        (4 * GIB + 1, 0, 0, "file_too_big"),
        (1, 300, 0, "too_many_files"),
        (1, 0, 50 * GIB, "too_many_bytes"),
    ],
)
def test_each_limit_has_its_own_code(size_bytes: int, files_there: int, bytes_there: int, code: str | None) -> None:
    found = refusal(Limits(), size_bytes=size_bytes, files_there=files_there, bytes_there=bytes_there)
    assert found == code
