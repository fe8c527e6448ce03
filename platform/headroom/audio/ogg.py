"""Walker for Ogg (RFC 3533) with Vorbis or Opus (RFC 7845) as its first stream."""

from __future__ import annotations

from headroom.audio.facts import Codec, Container, Refusal
from headroom.audio.headers import Bytes, Header, NotTaken

_LAST_PAGE_SEARCH_BYTES = 128 * 1024  # a page is at most 65,307 bytes
_END_OF_STREAM = 0x04


def looks_like_ogg(start: bytes) -> bool:
    return start[:4] == b"OggS"


def walk_ogg(source: Bytes) -> Header:
    segments = source.at(26, 1)
    packet = source.at(27 + (segments[0] if segments else 0), 30)
    if packet[:8] == b"OpusHead" and len(packet) >= 19:
        codec, channels, rate, skip = Codec.OPUS, packet[9], 48_000, int.from_bytes(packet[10:12], "little")
    elif packet[:7] == b"\x01vorbis" and len(packet) >= 28:
        codec, channels, rate, skip = Codec.VORBIS, packet[11], int.from_bytes(packet[12:16], "little"), 0
    else:
        name = packet[:8].strip(b"\x00\x01\x7f\x80 ").decode("ascii", "replace")
        raise NotTaken(Refusal.CODEC_NOT_ACCEPTED, codec=name or "ogg")
    granule, is_last = _last_page(source)
    if not is_last:
        raise NotTaken(Refusal.TRUNCATED, real_bytes=source.size)
    frames = max(0, granule - skip)
    if frames == 0:
        raise NotTaken(Refusal.NO_AUDIO)
    return Header(
        container=Container.OGG,
        codec=codec,
        sample_rate_hz=rate,
        channels=channels,
        bit_depth=None,
        frames=frames,
        file_bytes=source.size,
        declared_bytes=None,
        real_bytes=source.size,
    )


def _last_page(source: Bytes) -> tuple[int, bool]:
    """Frames up to the last page's end, and whether it says that the stream ends there."""
    start = max(0, source.size - _LAST_PAGE_SEARCH_BYTES)
    area = source.at(start, _LAST_PAGE_SEARCH_BYTES)
    at = area.rfind(b"OggS")
    while at >= 0:
        head = area[at : at + 27]
        if len(head) == 27 and head[4] == 0 and head[6:14] != b"\xff" * 8:
            size = 27 + head[26] + sum(area[at + 27 : at + 27 + head[26]])
            is_whole = start + at + size <= source.size
            return int.from_bytes(head[6:14], "little"), bool(head[5] & _END_OF_STREAM) and is_whole
        at = area.rfind(b"OggS", 0, at)
    return 0, False
