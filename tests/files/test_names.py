"""Names of files: any script is kept, nothing that could deceive a page or split a header."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers

from headroom.files.names import clean, ending
from headroom.gateways.s3 import attachment


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Песня о друге.wav", "Песня о друге.wav"),
        ("Bjo\u0308rk.wav", "Bj\u00f6rk.wav"),
        ("kick\r\nSet-Cookie: a=b.wav", "kickSet-Cookie: a=b.wav"),
        ("bass\x00.wav", "bass.wav"),
        ("mix\u202evaw.exe", "mixvaw.exe"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Songs\\snare.wav", "snare.wav"),
        ("   ", "untitled"),
        ("..", "untitled"),
        ("CON", "CON"),
        ("歌.flac", "歌.flac"),
    ],
)
def test_a_name_is_kept_safe(given_name: str, kept: str) -> None:
    assert clean(given_name) == kept


def test_a_name_of_four_kilobytes_is_shortened_and_keeps_its_ending() -> None:
    kept = clean("a" * 4096 + ".wav")
    assert len(kept) == 200
    assert kept.endswith("….wav")


@given(st.text(max_size=400))
def test_every_name_becomes_a_safe_one(name: str) -> None:
    kept = clean(name)
    assert 1 <= len(kept) <= 200
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in kept)
    assert clean(kept) == kept


@given(st.text(max_size=200))
def test_every_name_makes_exactly_one_header(name: str) -> None:
    headers = Headers([("Content-Disposition", attachment(clean(name)))])
    assert len(headers) == 1
    assert attachment(clean(name)).isascii()


def test_a_cyrillic_name_travels_in_full() -> None:
    assert attachment("Песня.wav").endswith("filename*=UTF-8''%D0%9F%D0%B5%D1%81%D0%BD%D1%8F.wav")


@pytest.mark.parametrize(("name", "expected"), [("a.WAV", "wav"), ("a", ""), (".wav", ""), ("a.b.flac", "flac")])
def test_endings(name: str, expected: str) -> None:
    assert ending(name) == expected
