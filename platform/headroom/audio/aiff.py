"""Walker for AIFF and AIFF-C (Apple's Audio Interchange File Format 1.3 and its 1991 draft for AIFC)."""

from __future__ import annotations

import math

from headroom.audio.facts import Codec, Container, Refusal, Remark
from headroom.audio.headers import Bytes, Header, NotTaken, Pcm

_CHUNKS_MAX = 1000
_BIG_ENDIAN = {1: Pcm.S8, 2: Pcm.S16BE, 3: Pcm.S24BE, 4: Pcm.S32BE}
_LITTLE_ENDIAN = {1: Pcm.S8, 2: Pcm.S16LE, 3: Pcm.S24LE, 4: Pcm.S32LE}
_FLOATS = {b"fl32": Pcm.F32BE, b"FL32": Pcm.F32BE, b"fl64": Pcm.F64BE, b"FL64": Pcm.F64BE}
_INTEGERS = {b"NONE": _BIG_ENDIAN, b"twos": _BIG_ENDIAN, b"sowt": _LITTLE_ENDIAN}


def looks_like_aiff(start: bytes) -> bool:
    return start[:4] == b"FORM" and start[8:12] in {b"AIFF", b"AIFC"}


def walk_aiff(source: Bytes) -> Header:
    is_compressed_kind = source.at(8, 4) == b"AIFC"
    chunks = _chunks(source)
    places = {name: (offset, size) for name, offset, size in reversed(chunks)}
    if "COMM" not in places or places["COMM"][1] < 18:
        raise NotTaken(Refusal.MALFORMED, what="no format chunk")
    comm = places["COMM"][0]
    channels, frames, bits = source.unpack(">HIH", comm)
    rate = _extended(source.at(comm + 8, 10))
    if channels == 0:
        raise NotTaken(Refusal.CHANNELS, channels=0, high=64)
    if frames == 0 or "SSND" not in places:
        raise NotTaken(Refusal.NO_AUDIO)
    codec, pcm = _sample_kind(source.at(comm + 18, 4) if is_compressed_kind else b"NONE", bits)
    sound, sound_bytes = places["SSND"]
    audio_offset = sound + 8 + source.unpack(">I", sound)[0]
    declared_bytes = frames * channels * pcm.sample_bytes
    available = max(0, min(source.size, sound + sound_bytes) - audio_offset)
    if available < declared_bytes:
        raise NotTaken(Refusal.TRUNCATED, declared_bytes=declared_bytes, real_bytes=available)
    trailing, remarks = _after_the_form(source)
    return Header(
        container=Container.AIFC if is_compressed_kind else Container.AIFF,
        codec=codec,
        sample_rate_hz=rate,
        channels=channels,
        bit_depth=pcm.sample_bytes * 8 if pcm.is_float else bits,
        frames=frames,
        file_bytes=source.size,
        declared_bytes=declared_bytes,
        real_bytes=declared_bytes,
        audio_offset=audio_offset,
        pcm=pcm,
        trailing_bytes=trailing,
        chunks=tuple(name for name, _, _ in chunks[:100]),
        remarks=remarks,
    )


def _chunks(source: Bytes) -> list[tuple[str, int, int]]:
    """Names, content offsets and declared sizes."""
    end = min(source.size, source.unpack(">I", 4)[0] + 8)
    found: list[tuple[str, int, int]] = []
    offset = 12
    while offset + 8 <= end:
        if len(found) >= _CHUNKS_MAX:
            raise NotTaken(Refusal.MALFORMED, what="too many chunks")
        name = source.at(offset, 4).decode("ascii", "replace")
        size = source.unpack(">I", offset + 4)[0]
        found.append((name, offset + 8, size))
        offset += 8 + size + size % 2
    return found


def _sample_kind(compression: bytes, bits: int) -> tuple[Codec, Pcm]:
    if compression in _FLOATS:
        return Codec.PCM_FLOAT, _FLOATS[compression]
    if compression not in _INTEGERS:
        raise NotTaken(Refusal.CODEC_NOT_ACCEPTED, codec=compression.decode("ascii", "replace"))
    kinds = _INTEGERS[compression]
    sample_bytes = -(-bits // 8)
    if sample_bytes not in kinds:
        raise NotTaken(Refusal.BIT_DEPTH, bit_depth=bits)
    return Codec.PCM_INT, kinds[sample_bytes]


def _extended(data: bytes) -> int:
    """The sample rate from an 80-bit float; 0 where it is no finite positive number."""
    if len(data) < 10:
        return 0
    exponent = int.from_bytes(data[:2], "big")
    mantissa = int.from_bytes(data[2:], "big")
    if exponent & 0x8000 or exponent - 16383 > 40:
        return 0
    return round(math.ldexp(mantissa, exponent - 16383 - 63))


def _after_the_form(source: Bytes) -> tuple[int, tuple[Remark, ...]]:
    declared = source.unpack(">I", 4)[0] + 8
    if declared - source.size > 1:
        return 0, (Remark.OUTER_SIZE_WRONG,)
    trailing = max(0, source.size - declared - declared % 2)
    return trailing, (Remark.TRAILING_BYTES,) if trailing else ()
