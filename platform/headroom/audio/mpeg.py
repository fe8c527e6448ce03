"""Walker for MPEG audio: MP3 (ISO 11172-3 Layer III and its 13818-3 extension) and raw AAC in ADTS frames."""

from __future__ import annotations

from headroom.audio.facts import Codec, Container, Refusal, Remark
from headroom.audio.headers import Bytes, Header, NotTaken

_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_SYNC_SEARCH_BYTES = 64 * 1024


def looks_like_mp3(source: Bytes) -> bool:
    return source.at(0, 3) == b"ID3" or _layer_three(source, 0) is not None


def looks_like_adts(source: Bytes) -> bool:
    start = source.at(0, 2)
    return len(start) == 2 and start[0] == 0xFF and start[1] & 0xF6 == 0xF0


def walk_mp3(source: Bytes) -> Header:
    """Frames come from the Xing or Info header where there is one; without, only decoding tells."""
    offset = _first_frame(source, _after_id3(source))
    rate, channels, _ = _frame_at(source, offset)
    return Header(
        container=Container.MP3,
        codec=Codec.MP3,
        sample_rate_hz=rate,
        channels=channels,
        bit_depth=None,
        frames=_xing_frames(source, offset, rate=rate),
        file_bytes=source.size,
        declared_bytes=None,
        real_bytes=source.size - offset,
        audio_offset=offset,
        chunks=("ID3",) if offset and source.at(0, 3) == b"ID3" else (),
    )


def walk_adts(source: Bytes) -> Header:
    head = int.from_bytes(source.at(0, 4), "big")
    rate_index, channels = head >> 10 & 0xF, head >> 6 & 0x7
    if rate_index >= len(_ADTS_RATES) or channels == 0:
        raise NotTaken(Refusal.MALFORMED, what="ADTS header")
    return Header(
        container=Container.AAC,
        codec=Codec.AAC,
        sample_rate_hz=_ADTS_RATES[rate_index],
        channels=8 if channels == 7 else channels,
        bit_depth=None,
        frames=None,
        file_bytes=source.size,
        declared_bytes=None,
        real_bytes=source.size,
        remarks=(Remark.LENGTH_UNDECLARED,),
    )


def _after_id3(source: Bytes) -> int:
    """ID3v2 writes its size in four bytes of seven bits."""
    head = source.at(0, 10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:
        size = size << 7 | (byte & 0x7F)
    return 10 + size


def _first_frame(source: Bytes, start: int) -> int:
    """Where two frames follow each other: one sync word alone may be chance."""
    area = source.at(start, _SYNC_SEARCH_BYTES)
    at = area.find(b"\xff")
    while at >= 0:
        frame = _layer_three(source, start + at)
        if frame is not None:
            following = start + at + frame[2]
            if following >= source.size or _layer_three(source, following) is not None:
                return start + at
        at = area.find(b"\xff", at + 1)
    raise NotTaken(Refusal.NO_AUDIO)


def _frame_at(source: Bytes, offset: int) -> tuple[int, int, int]:
    frame = _layer_three(source, offset)
    if frame is None:
        raise NotTaken(Refusal.NO_AUDIO)
    return frame


def _layer_three(source: Bytes, offset: int) -> tuple[int, int, int] | None:
    """Sample rate, channels and length in bytes of the Layer III frame at an offset; None if there is none."""
    data = source.at(offset, 4)
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = data[1] >> 3 & 0x3, data[1] >> 1 & 0x3
    bitrate_index, rate_index = data[2] >> 4, data[2] >> 2 & 0x3
    if version == 1 or layer != 1 or bitrate_index in {0, 15} or rate_index == 3:
        return None
    rate = _RATES[version][rate_index]
    kbps = (_BITRATES_1 if version == 3 else _BITRATES_2)[bitrate_index]
    length = (144 if version == 3 else 72) * kbps * 1000 // rate + (data[2] >> 1 & 1)
    return rate, 1 if data[3] >> 6 == 3 else 2, length


def _xing_frames(source: Bytes, offset: int, *, rate: int) -> int | None:
    first = source.at(offset, 200)
    at = max(first.find(b"Xing"), first.find(b"Info"))
    if at < 0 or not first[at + 7 : at + 8] or not first[at + 7] & 1:
        return None
    return int.from_bytes(first[at + 8 : at + 12], "big") * (1152 if rate >= 32_000 else 576)
