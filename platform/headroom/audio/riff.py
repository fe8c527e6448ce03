"""Walker for RIFF/WAVE, RF64/BW64 and Sony W64: one list of chunks, three ways to write sizes.

Layouts: Microsoft's RIFF and WAVEFORMATEXTENSIBLE, EBU Tech 3306 (RF64) and 3285 (bext), ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from headroom.audio.facts import Codec, Container, Refusal, Remark
from headroom.audio.headers import Bytes, Header, NotTaken, Pcm

_SIZE_UNSET = 0xFFFFFFFF
_CHUNKS_MAX = 1000  # a real file has a dozen; more is an attempt to keep a reader busy
_TAG_PCM, _TAG_FLOAT, _TAG_EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_W64_RIFF = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_PCM_INT = {1: Pcm.U8, 2: Pcm.S16LE, 3: Pcm.S24LE, 4: Pcm.S32LE}
_PCM_FLOAT = {4: Pcm.F32LE, 8: Pcm.F64LE}


@dataclass(frozen=True)
class _Chunk:
    name: str
    offset: int  # of its content
    declared_bytes: int
    next_offset: int


@dataclass(frozen=True)
class _Format:
    codec: Codec
    pcm: Pcm
    channels: int
    sample_rate_hz: int
    bit_depth: int
    channel_mask: int | None


def looks_like_riff(start: bytes) -> bool:
    return (start[:4] in {b"RIFF", b"RF64", b"BW64"} and start[8:12] == b"WAVE") or start[:16] == _W64_RIFF


def walk_riff(source: Bytes) -> Header:
    is_w64 = source.at(0, 16) == _W64_RIFF
    chunks = list(_w64_chunks(source) if is_w64 else _riff_chunks(source))
    by_name = {chunk.name: chunk for chunk in reversed(chunks)}  # the first of a name counts
    if "fmt " not in by_name:
        raise NotTaken(Refusal.MALFORMED, what="no format chunk")
    if "data" not in by_name:
        _refuse_without_data(source, chunks)
    declared_format = _read_format(source, by_name["fmt "])
    data = by_name["data"]
    remarks: list[Remark] = []
    real_bytes = _audio_bytes(source, data, is_unset=_is_unset(source, data), remarks=remarks)
    frame_bytes = declared_format.channels * declared_format.pcm.sample_bytes
    if real_bytes % frame_bytes:
        remarks.append(Remark.PARTIAL_FRAME)
    trailing_bytes = _trailing_bytes(source, chunks, is_w64=is_w64, remarks=remarks)
    return Header(
        container=_container(source, is_w64=is_w64),
        codec=declared_format.codec,
        sample_rate_hz=declared_format.sample_rate_hz,
        channels=declared_format.channels,
        bit_depth=declared_format.bit_depth,
        frames=real_bytes // frame_bytes,
        file_bytes=source.size,
        declared_bytes=None if Remark.SIZE_UNSET in remarks else data.declared_bytes,
        real_bytes=real_bytes,
        audio_offset=data.offset,
        pcm=declared_format.pcm,
        channel_mask=declared_format.channel_mask,
        trailing_bytes=trailing_bytes,
        chunks=tuple(chunk.name for chunk in chunks[:100]),
        remarks=tuple(remarks),
        bext_time_reference=_time_reference(source, by_name.get("bext")),
        sampler_loops=_sampler_loops(source, by_name.get("smpl")),
    )


def _refuse_without_data(source: Bytes, chunks: list[_Chunk]) -> NoReturn:
    end = chunks[-1].next_offset
    if end > source.size:
        raise NotTaken(Refusal.TRUNCATED, declared_bytes=end, real_bytes=source.size)
    raise NotTaken(Refusal.NO_AUDIO)


def _container(source: Bytes, *, is_w64: bool) -> Container:
    if is_w64:
        return Container.W64
    return Container.WAV if source.at(0, 4) == b"RIFF" else Container.RF64


def _riff_chunks(source: Bytes) -> Iterator[_Chunk]:
    sizes = _ds64_sizes(source)
    outer_end = 8 + source.unpack("<I", 4)[0]
    offset, sound_is_found = 12, False
    for _ in range(_CHUNKS_MAX):
        head = source.at(offset, 8)
        if sound_is_found and offset >= outer_end:
            return  # what follows the container may look like chunks and is none
        if len(head) < 8 or not _is_chunk_name(head[:4]):
            return
        name = head[:4].decode("ascii")
        declared = int.from_bytes(head[4:], "little")
        if declared == _SIZE_UNSET and name in sizes:
            declared = sizes[name]
        content = offset + 8
        if sound_is_found and content + declared > source.size:
            return
        offset = content + declared + declared % 2  # chunks start at even offsets
        sound_is_found = sound_is_found or name == "data"
        yield _Chunk(name, content, declared, offset)
        if declared == _SIZE_UNSET:
            return
    raise NotTaken(Refusal.MALFORMED, what="too many chunks")


def _ds64_sizes(source: Bytes) -> dict[str, int]:
    """64-bit sizes of RF64/BW64: the `data` size, then a table for others."""
    if source.at(0, 4) == b"RIFF":
        return {}
    if source.at(12, 4) != b"ds64":
        raise NotTaken(Refusal.MALFORMED, what="RF64 without ds64")
    length, _, data_bytes, _, entries = source.unpack("<IQQQI", 16)
    sizes = {"data": data_bytes}
    for entry in range(min(entries, (length - 28) // 12, _CHUNKS_MAX)):
        at = 20 + 28 + entry * 12
        name = source.at(at, 4).decode("ascii", "replace")
        sizes[name] = source.unpack("<Q", at + 4)[0]
    return sizes


def _w64_chunks(source: Bytes) -> Iterator[_Chunk]:
    """W64: 16-byte GUIDs, 64-bit sizes that include the 24 bytes before the content, aligned to 8."""
    offset = 40
    for _ in range(_CHUNKS_MAX):
        head = source.at(offset, 24)
        if len(head) < 24 or head[4:16] != _W64_TAIL:
            return
        declared = int.from_bytes(head[16:], "little")
        if declared < 24:
            raise NotTaken(Refusal.MALFORMED, what="chunk smaller than its head")
        content, offset = offset + 24, offset + declared + -declared % 8
        yield _Chunk(head[:4].decode("ascii", "replace"), content, declared - 24, offset)
    raise NotTaken(Refusal.MALFORMED, what="too many chunks")


def _is_chunk_name(name: bytes) -> bool:
    return all(0x20 <= letter < 0x7F for letter in name)


def _read_format(source: Bytes, chunk: _Chunk) -> _Format:
    if chunk.declared_bytes < 16:
        raise NotTaken(Refusal.MALFORMED, what="format chunk too short")
    tag, channels, rate, _, block_align, bits = source.unpack("<HHIIHH", chunk.offset)
    mask: int | None = None
    if tag == _TAG_EXTENSIBLE and chunk.declared_bytes >= 40:
        valid_bits, mask, tag = source.unpack("<HIH", chunk.offset + 18)
        if source.at(chunk.offset + 26, 14) != _GUID_TAIL:
            raise NotTaken(Refusal.CODEC_NOT_ACCEPTED, codec="extensible")
        bits_declared = valid_bits or bits
    else:
        bits_declared = bits
    if tag not in {_TAG_PCM, _TAG_FLOAT}:
        raise NotTaken(Refusal.CODEC_NOT_ACCEPTED, codec=f"0x{tag:04x}")
    if channels == 0:
        raise NotTaken(Refusal.CHANNELS, channels=0, high=64)
    sample_bytes = -(-bits // 8)
    kinds = _PCM_FLOAT if tag == _TAG_FLOAT else _PCM_INT
    if sample_bytes not in kinds or bits_declared > sample_bytes * 8:
        raise NotTaken(Refusal.BIT_DEPTH, bit_depth=bits)
    if block_align != channels * sample_bytes:
        raise NotTaken(Refusal.MALFORMED, what="block align")
    codec = Codec.PCM_FLOAT if tag == _TAG_FLOAT else Codec.PCM_INT
    return _Format(codec, kinds[sample_bytes], channels, rate, bits_declared, mask or None)


def _is_unset(source: Bytes, data: _Chunk) -> bool:
    return data.declared_bytes == _SIZE_UNSET and data.offset + _SIZE_UNSET > source.size


def _audio_bytes(source: Bytes, data: _Chunk, *, is_unset: bool, remarks: list[Remark]) -> int:
    """Bytes of audio that are there; refuses a file that has fewer than it says."""
    available = max(0, source.size - data.offset)
    if is_unset:
        remarks.append(Remark.SIZE_UNSET)
        if not available:
            raise NotTaken(Refusal.NO_AUDIO)
        return available
    if data.declared_bytes == 0:
        if available > 0 and not _is_chunk_name(source.at(data.offset, 4)):
            raise NotTaken(Refusal.UNFINISHED, real_bytes=available)
        raise NotTaken(Refusal.NO_AUDIO)
    if available < data.declared_bytes:
        raise NotTaken(Refusal.TRUNCATED, declared_bytes=data.declared_bytes, real_bytes=available)
    return data.declared_bytes


def _trailing_bytes(source: Bytes, chunks: list[_Chunk], *, is_w64: bool, remarks: list[Remark]) -> int:
    """Bytes behind the last chunk, and a remark where the outer size says something else."""
    if Remark.SIZE_UNSET in remarks:
        return 0
    end = min(source.size, chunks[-1].next_offset)
    if not is_w64 and source.at(0, 4) == b"RIFF":
        declared = source.unpack("<I", 4)[0] + 8
        # A pad byte is counted by some writers and not by others.
        if abs(declared - source.size) > 1 and abs(declared - end) > 1:
            remarks.append(Remark.OUTER_SIZE_WRONG)
    trailing = source.size - end
    if trailing > 0:
        remarks.append(Remark.TRAILING_BYTES)
    return max(0, trailing)


def _time_reference(source: Bytes, bext: _Chunk | None) -> int | None:
    """EBU Tech 3285: samples since midnight, 64 bits behind 338 bytes of text."""
    if bext is None or bext.declared_bytes < 346:
        return None
    return source.unpack("<Q", bext.offset + 338)[0]


def _sampler_loops(source: Bytes, smpl: _Chunk | None) -> int:
    if smpl is None or smpl.declared_bytes < 36:
        return 0
    return min(source.unpack("<I", smpl.offset + 28)[0], (smpl.declared_bytes - 36) // 24)
