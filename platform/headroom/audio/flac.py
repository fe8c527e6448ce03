"""Walker for native FLAC (RFC 9639): everything needed stands in STREAMINFO, before the first frame."""

from __future__ import annotations

from headroom.audio.facts import Codec, Container, Refusal, Remark
from headroom.audio.headers import Bytes, Header, NotTaken

_BLOCK_NAMES = ("STREAMINFO", "PADDING", "APPLICATION", "SEEKTABLE", "VORBIS_COMMENT", "CUESHEET", "PICTURE")
_BLOCKS_MAX = 200


def looks_like_flac(start: bytes) -> bool:
    return start[:4] == b"fLaC"


def walk_flac(source: Bytes) -> Header:
    """`frames` is None where the encoder did not know the length: the decoder's count is then capped."""
    if source.at(4, 1)[:1] not in {b"\x00", b"\x80"}:
        raise NotTaken(Refusal.MALFORMED, what="no STREAMINFO")
    info = source.at(8, 34)
    if len(info) < 34:
        raise NotTaken(Refusal.TRUNCATED, declared_bytes=42, real_bytes=source.size)
    packed = int.from_bytes(info[10:18], "big")
    frames = packed & 0xFFFFFFFFF
    bit_depth = (packed >> 36 & 0x1F) + 1
    if bit_depth < 8:
        raise NotTaken(Refusal.BIT_DEPTH, bit_depth=bit_depth)
    names, audio_offset = _blocks(source)
    if audio_offset >= source.size:
        raise NotTaken(Refusal.NO_AUDIO if frames == 0 else Refusal.TRUNCATED)
    return Header(
        container=Container.FLAC,
        codec=Codec.FLAC,
        sample_rate_hz=packed >> 44,
        channels=(packed >> 41 & 0x7) + 1,
        bit_depth=bit_depth,
        frames=frames or None,
        file_bytes=source.size,
        declared_bytes=None,
        real_bytes=source.size - audio_offset,
        audio_offset=audio_offset,
        chunks=names,
        remarks=() if frames else (Remark.LENGTH_UNDECLARED,),
    )


def _blocks(source: Bytes) -> tuple[tuple[str, ...], int]:
    """Names of the metadata blocks, and where the frames start."""
    names: list[str] = []
    offset = 4
    for _ in range(_BLOCKS_MAX):
        head = source.unpack(">I", offset)[0]
        kind = head >> 24 & 0x7F
        names.append(_BLOCK_NAMES[kind] if kind < len(_BLOCK_NAMES) else str(kind))
        offset += 4 + (head & 0xFFFFFF)
        if head >> 31:
            return tuple(names), offset
    raise NotTaken(Refusal.MALFORMED, what="too many metadata blocks")
