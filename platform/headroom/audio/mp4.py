"""Walker for M4A (ISO 14496-12 boxes): which codec, how long; the decoding is ffmpeg's."""

from __future__ import annotations

from collections.abc import Iterator

from headroom.audio.facts import Codec, Container, Refusal
from headroom.audio.headers import Bytes, Header, NotTaken

_BOXES_MAX = 1000
_CODECS = {b"mp4a": Codec.AAC, b"alac": Codec.ALAC}


def looks_like_mp4(start: bytes) -> bool:
    return start[4:8] == b"ftyp"


def walk_mp4(source: Bytes) -> Header:
    """The first sound track; a file with pictures beside it is refused, as are encrypted ones."""
    moov = _find(source, 0, source.size, b"moov")
    if moov is None:
        raise NotTaken(Refusal.TRUNCATED, real_bytes=source.size)
    sound: tuple[int, int] | None = None
    for name, start, end in _boxes(source, *moov):
        if name != b"trak":
            continue
        kind = _track_kind(source, start, end)
        if kind == b"vide":
            raise NotTaken(Refusal.NOT_AUDIO, looks_like="video")
        if kind == b"soun" and sound is None:
            sound = (start, end)
    if sound is None:
        raise NotTaken(Refusal.NO_AUDIO)
    return _track_header(source, *sound)


def _track_header(source: Bytes, start: int, end: int) -> Header:
    media = _needed(source, start, end, b"mdia")
    clock, ticks = _duration(source, _needed(source, *media, b"mdhd")[0])
    table = _needed(source, *_needed(source, *_needed(source, *media, b"minf"), b"stbl"), b"stsd")
    entry = table[0] + 8
    name = source.at(entry + 4, 4)
    if name not in _CODECS:
        raise NotTaken(Refusal.CODEC_NOT_ACCEPTED, codec=name.decode("ascii", "replace"))
    channels, bits, _, rate = source.unpack(">HHII", entry + 24)
    sample_rate_hz = (rate >> 16) or clock
    codec = _CODECS[name]
    if codec is Codec.ALAC:
        bits, channels, sample_rate_hz = _alac_config(source, entry)
    return Header(
        container=Container.M4A,
        codec=codec,
        sample_rate_hz=sample_rate_hz,
        channels=channels,
        bit_depth=bits if codec is Codec.ALAC else None,
        frames=ticks * sample_rate_hz // clock if clock else None,
        file_bytes=source.size,
        declared_bytes=None,
        real_bytes=source.size,
        chunks=tuple(name.decode("ascii", "replace") for name, _, _ in _boxes(source, 0, source.size)),
    )


def _alac_config(source: Bytes, entry: int) -> tuple[int, int, int]:
    """Bits, channels and rate from the `alac` box inside the sample entry (36 bytes into it)."""
    bits = source.unpack(">B", entry + 36 + 12 + 5)[0]
    channels = source.unpack(">B", entry + 36 + 12 + 9)[0]
    return bits, channels, source.unpack(">I", entry + 36 + 12 + 20)[0]


def _track_kind(source: Bytes, start: int, end: int) -> bytes:
    media = _find(source, start, end, b"mdia")
    handler = _find(source, *media, b"hdlr") if media else None
    return source.at(handler[0] + 8, 4) if handler else b""


def _duration(source: Bytes, mdhd: int) -> tuple[int, int]:
    """Ticks per second, and ticks; version 1 of the box has 64-bit times."""
    if source.at(mdhd, 1) == b"\x01":
        clock, ticks = source.unpack(">IQ", mdhd + 20)
    else:
        clock, ticks = source.unpack(">II", mdhd + 12)
    return clock, ticks


def _needed(source: Bytes, start: int, end: int, name: bytes) -> tuple[int, int]:
    place = _find(source, start, end, name)
    if place is None:
        raise NotTaken(Refusal.MALFORMED, what=f"no {name.decode('ascii')} box")
    return place


def _find(source: Bytes, start: int, end: int, name: bytes) -> tuple[int, int] | None:
    return next(((a, b) for found, a, b in _boxes(source, start, end) if found == name), None)


def _boxes(source: Bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Names and content bounds; a box that says it is longer than what holds it is truncated."""
    for _ in range(_BOXES_MAX):
        if start + 8 > end:
            return
        size, name, head = source.unpack(">I", start)[0], source.at(start + 4, 4), 8
        if size == 1:
            size, head = source.unpack(">Q", start + 8)[0], 16
        elif size == 0:
            size = end - start
        if size < head:
            raise NotTaken(Refusal.MALFORMED, what="box smaller than its head")
        if start + size > end:
            raise NotTaken(Refusal.TRUNCATED, declared_bytes=start + size, real_bytes=end)
        yield name, start + head, start + size
        start += size
    raise NotTaken(Refusal.MALFORMED, what="too many boxes")
