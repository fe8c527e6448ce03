"""What a header says, and which files are refused before anything is decoded."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headroom.audio.facts import AudioFacts, Codec, Container, Inspection, Refusal, Refused, Remark
from headroom.audio.inspecting import inspect_file
from tests.audio import sounds
from tests.audio.sounds import chunk, format_chunk, int_bytes, noise, riff, sine, written

TAKE = noise(seconds=0.5)
PCM = int_bytes(TAKE)


def facts_of(folder: Path, content: bytes) -> AudioFacts:
    found = inspect_file(written(folder, content))
    assert isinstance(found, Inspection), found
    return found.facts


def refusal_of(folder: Path, content: bytes, name: str = "take.wav") -> Refused:
    found = inspect_file(written(folder, content, name))
    assert isinstance(found, Refused), found
    return found


# --- accepted -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "container", "bits"),
    [
        (sounds.wav(TAKE), Container.WAV, 24),
        (sounds.wav(TAKE, bits=16), Container.WAV, 16),
        (sounds.wav(TAKE, bits=32), Container.WAV, 32),
        (sounds.float_wav(TAKE), Container.WAV, 32),
        (sounds.rf64(TAKE), Container.RF64, 24),
        (sounds.w64(TAKE), Container.W64, 24),
        (sounds.aiff(TAKE), Container.AIFF, 16),
        (sounds.aiff(TAKE, compression=b"sowt"), Container.AIFC, 16),
    ],
)
def test_every_studio_container_yields_the_same_sound(
    tmp_path: Path, content: bytes, container: Container, bits: int
) -> None:
    facts = facts_of(tmp_path, content)
    assert (facts.container, facts.bit_depth, facts.frames, facts.channels) == (container, bits, 24_000, 2)
    assert facts.integrated_lufs == pytest.approx(facts_of(tmp_path, sounds.float_wav(TAKE)).integrated_lufs, abs=0.01)


@pytest.mark.parametrize(
    ("kind", "subtype", "codec"),
    [
        ("FLAC", "PCM_24", Codec.FLAC),
        ("OGG", "VORBIS", Codec.VORBIS),
        ("MP3", "MPEG_LAYER_III", Codec.MP3),
        ("OGG", "OPUS", Codec.OPUS),
    ],
)
def test_compressed_files_are_recognized_and_heard(tmp_path: Path, kind: str, subtype: str, codec: Codec) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    path = tmp_path / "reference"
    soundfile.write(path, sine(440, level_db=-12, seconds=2).T, 48_000, format=kind, subtype=subtype)
    found = inspect_file(path)
    assert isinstance(found, Inspection)
    assert found.facts.codec is codec
    assert found.facts.integrated_lufs == pytest.approx(-12, abs=1.0)


def test_bext_time_reference_is_read(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, sounds.wav(TAKE, extra=(sounds.bext(172_800_000),)))
    assert facts.bext_time_reference == 172_800_000


def test_sampler_loops_and_list_chunks_are_seen(tmp_path: Path) -> None:
    sampler = chunk(b"smpl", struct.pack("<9I", 0, 0, 0, 60, 0, 0, 0, 1, 0) + b"\x00" * 24)
    facts = facts_of(tmp_path, sounds.wav(TAKE, extra=(sampler, chunk(b"LIST", b"INFOIART\x02\x00\x00\x00a\x00"))))
    assert (facts.sampler_loops, facts.chunks) == (1, ("fmt ", "smpl", "LIST", "data"))


def test_size_left_unset_by_a_stream_means_to_the_end(tmp_path: Path) -> None:
    content = riff(format_chunk(), chunk(b"data", PCM, declared=0xFFFFFFFF), outer=0xFFFFFFFF)
    facts = facts_of(tmp_path, content)
    assert (facts.frames, facts.declared_bytes, facts.remarks) == (24_000, None, (Remark.SIZE_UNSET,))


def test_trailing_junk_is_counted_and_not_played(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, sounds.wav(TAKE) + b"junk" * 25)
    assert (facts.frames, facts.trailing_bytes) == (24_000, 100)
    assert Remark.TRAILING_BYTES in facts.remarks


def test_trailing_junk_that_looks_like_a_chunk_is_none(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, sounds.wav(TAKE) + chunk(b"LIST", b"x" * 92))
    assert (facts.chunks, facts.trailing_bytes) == (("fmt ", "data"), 100)


def test_wrong_outer_size_is_remarked(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, riff(format_chunk(), chunk(b"data", PCM), outer=36))
    assert facts.remarks == (Remark.OUTER_SIZE_WRONG,)


def test_audio_that_ends_inside_a_frame_is_remarked(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, riff(format_chunk(), chunk(b"data", PCM[:-2])))
    assert (facts.frames, facts.remarks) == (23_999, (Remark.PARTIAL_FRAME,))


def test_page_hidden_in_a_wav_is_remarked(tmp_path: Path) -> None:
    content = sounds.wav(TAKE, extra=(chunk(b"note", b"<script>alert(1)</script>"),))
    assert facts_of(tmp_path, content).remarks == (Remark.HIDDEN_MARKUP,)


def test_archive_behind_a_wav_is_remarked(tmp_path: Path) -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("readme.txt", "hello")
    remarks = facts_of(tmp_path, sounds.wav(TAKE) + archive.getvalue()).remarks
    assert set(remarks) == {Remark.TRAILING_BYTES, Remark.HIDDEN_ARCHIVE}


def test_phones_m4a_is_refused_with_the_reason_where_no_decoder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusal_of(tmp_path, small_m4a()) == Refused(Refusal.DECODER_MISSING, {"codec": "aac"})


# --- refused ----------------------------------------------------------------------------------------------------


def test_truncated_wav(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, sounds.wav(TAKE)[:-1000])
    assert refused == Refused(Refusal.TRUNCATED, {"declared_bytes": len(PCM), "real_bytes": len(PCM) - 1000})


def test_truncated_before_the_audio(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, sounds.wav(TAKE, extra=(sounds.bext(0),))[:200]).code is Refusal.TRUNCATED


def test_truncated_w64_aiff_and_flac(tmp_path: Path) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    flac = BytesIO()
    soundfile.write(flac, TAKE.T, 48_000, format="FLAC", subtype="PCM_24")
    whole = (sounds.w64(TAKE), sounds.aiff(TAKE), flac.getvalue())
    codes = [refusal_of(tmp_path, content[: len(content) // 2]).code for content in whole]
    assert codes[:2] == [Refusal.TRUNCATED, Refusal.TRUNCATED]
    assert codes[2] in {Refusal.TRUNCATED, Refusal.UNDECODABLE}


def test_aiff_that_promises_more_frames_than_it_has(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, sounds.aiff(TAKE, declared_frames=48_000))
    assert refused == Refused(Refusal.TRUNCATED, {"declared_bytes": 192_000, "real_bytes": 96_000})


def test_no_bytes_at_all(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, b"") == Refused(Refusal.EMPTY_FILE)


def test_no_frames(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, riff(format_chunk(), chunk(b"data", b""))).code is Refusal.NO_AUDIO


def test_recorder_that_was_cut_off(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, riff(format_chunk(), chunk(b"data", PCM, declared=0), outer=0))
    assert refused == Refused(Refusal.UNFINISHED, {"real_bytes": len(PCM)})


def test_text_named_wav(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, "Послушай это, пожалуйста.\n".encode() * 20)
    assert refused == Refused(Refusal.NOT_AUDIO, {"looks_like": "text"})


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n/etc/passwd\n",
        b"\xef\xbb\xbf#EXTM3U\n#EXTINF:1,a\nhttp://example.test/a.wav",
        b"[playlist]\nFile1=http://example.test/",
        b"ffconcat version 1.0\nfile /etc/passwd",
        b'<?xml version="1.0"?><playlist version="1"></playlist>',
        b"http://example.test/stream",
    ],
)
def test_playlist_named_wav(tmp_path: Path, content: bytes) -> None:
    assert refusal_of(tmp_path, content) == Refused(Refusal.PLAYLIST)


@pytest.mark.parametrize(
    ("content", "code", "looks_like"),
    [
        (b"PK\x03\x04" + b"\x00" * 60, Refusal.ARCHIVE, "zip"),
        (b"Rar!\x1a\x07\x01\x00", Refusal.ARCHIVE, "rar"),
        (b"\x89PNG\r\n\x1a\n", Refusal.NOT_AUDIO, "image"),
        (b"<!doctype html><html><body>", Refusal.NOT_AUDIO, "markup"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', Refusal.NOT_AUDIO, "markup"),
        (b"MThd\x00\x00\x00\x06", Refusal.NOT_AUDIO, "midi"),
        (bytes(range(256)), Refusal.NOT_AUDIO, "unknown"),
    ],
)
def test_other_things_named_wav(tmp_path: Path, content: bytes, code: Refusal, looks_like: str) -> None:
    assert refusal_of(tmp_path, content) == Refused(code, {"looks_like": looks_like})


@pytest.mark.parametrize(
    ("fmt", "code"),
    [
        (format_chunk(rate=0), Refusal.SAMPLE_RATE),
        (format_chunk(rate=7_999), Refusal.SAMPLE_RATE),
        (format_chunk(rate=4_000_000_000), Refusal.SAMPLE_RATE),
        (format_chunk(channels=0), Refusal.CHANNELS),
        (format_chunk(channels=65), Refusal.CHANNELS),
        (format_chunk(channels=65_535, bits=8), Refusal.CHANNELS),
        (format_chunk(bits=0), Refusal.BIT_DEPTH),
        (format_chunk(bits=40), Refusal.BIT_DEPTH),
        (format_chunk(align=5), Refusal.MALFORMED),
        (format_chunk(tag=0x55), Refusal.CODEC_NOT_ACCEPTED),
        (format_chunk(tag=0x11, bits=4), Refusal.CODEC_NOT_ACCEPTED),
        (b"fmt \x02\x00\x00\x00ab", Refusal.MALFORMED),
        (b"", Refusal.MALFORMED),
    ],
)
def test_absurd_formats(tmp_path: Path, fmt: bytes, code: Refusal) -> None:
    assert refusal_of(tmp_path, riff(fmt, chunk(b"data", PCM))).code is code


def test_flac_bomb_is_refused_from_its_header(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, sounds.flac_header(frames=3600 * 3 * 192_000, rate=192_000, channels=8), "a.flac")
    assert refused.code is Refusal.TOO_BIG_DECODED
    assert refused.values["decoded_bytes"] == 3600 * 3 * 192_000 * 8 * 3


def test_more_than_four_hours_is_refused_from_the_header(tmp_path: Path) -> None:
    refused = refusal_of(tmp_path, sounds.flac_header(frames=4 * 3600 * 48_000 + 48_000, channels=1), "a.flac")
    assert refused == Refused(Refusal.TOO_LONG, {"duration_s": 14_401, "high_s": 14_400})


def test_flac_that_lies_about_its_length_is_stopped_while_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    path = tmp_path / "liar.flac"
    soundfile.write(path, np.zeros((480_000, 2)), 48_000, subtype="PCM_24")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = b"\x00" * 4  # total frames: unknown
    monkeypatch.setattr("headroom.audio.headers.DURATION_MAX_S", 5)
    assert refusal_of(tmp_path, bytes(content)).code is Refusal.TOO_LONG


def test_flac_with_fewer_frames_than_it_counts(tmp_path: Path) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    path = tmp_path / "short.flac"
    soundfile.write(path, TAKE.T, 48_000, subtype="PCM_24")
    content = bytearray(path.read_bytes())
    content[22:26] = struct.pack(">I", 30_000)
    assert refusal_of(tmp_path, bytes(content)).code in {Refusal.TRUNCATED, Refusal.UNDECODABLE}


def test_endless_tiny_chunks_are_refused(tmp_path: Path) -> None:
    content = riff(format_chunk(), *[chunk(b"JUNK", b"")] * 2000, chunk(b"data", PCM))
    assert refusal_of(tmp_path, content) == Refused(Refusal.MALFORMED, {"what": "too many chunks"})


def test_rf64_without_its_sizes(tmp_path: Path) -> None:
    content = riff(format_chunk(), chunk(b"data", PCM), magic=b"RF64")
    assert refusal_of(tmp_path, content).code is Refusal.MALFORMED


def test_mp3_that_ends_early(tmp_path: Path) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    whole = BytesIO()
    soundfile.write(whole, noise(seconds=10).T, 48_000, format="MP3", subtype="MPEG_LAYER_III")
    assert facts_of(tmp_path, whole.getvalue()).duration_s == pytest.approx(10, abs=0.1)
    assert refusal_of(tmp_path, whole.getvalue()[: len(whole.getvalue()) // 2]).code is Refusal.TRUNCATED


def test_opus_that_ends_early(tmp_path: Path) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    whole = BytesIO()
    soundfile.write(whole, TAKE.T, 48_000, format="OGG", subtype="VORBIS")
    assert refusal_of(tmp_path, whole.getvalue()[:-50]).code is Refusal.TRUNCATED


def test_m4a_with_pictures(tmp_path: Path) -> None:
    assert refusal_of(tmp_path, small_m4a(handler=b"vide")) == Refused(Refusal.NOT_AUDIO, {"looks_like": "video"})


@pytest.mark.parametrize("seed", range(40))
def test_damaged_headers_end_in_an_answer(tmp_path: Path, seed: int) -> None:
    """Ten random bytes among the first hundred are changed: an inspection or a refusal, never an exception."""
    random = np.random.default_rng(seed)
    kinds = (sounds.wav(TAKE), sounds.rf64(TAKE), sounds.w64(TAKE), sounds.aiff(TAKE), small_m4a())
    content = bytearray(kinds[seed % len(kinds)])
    for at in random.integers(4, 100, 10):
        content[at] = random.integers(256)
    inspect_file(written(tmp_path, bytes(content)))


def small_m4a(*, handler: bytes = b"soun") -> bytes:
    """The boxes of an M4A without sound in it."""

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + name + content

    entry = box(
        b"mp4a", b"\x00" * 6 + struct.pack(">H", 1) + b"\x00" * 8 + struct.pack(">HHII", 2, 16, 0, 48_000 << 16)
    )
    table = box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1) + entry))
    clock = box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, 48_000, 96_000, 0))
    kind = box(b"hdlr", struct.pack(">II", 0, 0) + handler + b"\x00" * 12)
    track = box(b"trak", box(b"mdia", clock + kind + box(b"minf", table)))
    return box(b"ftyp", b"M4A \x00\x00\x00\x00") + box(b"moov", track) + box(b"mdat", b"\x00" * 64)
