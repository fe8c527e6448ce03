"""What a container says about its audio, before anything is decoded; and the bytes it is read from."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from enum import StrEnum
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

from headroom.audio.facts import Codec, Container, Refusal, Refused, Remark

RATE_LOW_HZ, RATE_HIGH_HZ = 8_000, 384_000
CHANNELS_MAX = 64
DURATION_MAX_S = 4 * 3600
DECODED_BYTES_MAX = 8_000_000_000  # what a small file may unfold to


class NotTaken(Exception):
    """Ends an inspection: these bytes are refused. Never leaves the room; callers get the Refused itself."""

    def __init__(self, code: Refusal, **values: int | float | str) -> None:
        super().__init__(code, values)
        self.refused = Refused(code, values)


class Pcm(StrEnum):
    """How one sample lies in the file. Big-endian ones come from AIFF."""

    U8 = "u8"
    S8 = "s8"
    S16LE = "s16le"
    S24LE = "s24le"
    S32LE = "s32le"
    F32LE = "f32le"
    F64LE = "f64le"
    S16BE = "s16be"
    S24BE = "s24be"
    S32BE = "s32be"
    F32BE = "f32be"
    F64BE = "f64be"

    @property
    def sample_bytes(self) -> int:
        return int("".join(letter for letter in self.value if letter.isdigit())) // 8

    @property
    def is_float(self) -> bool:
        return self.value.startswith("f")


@dataclass(frozen=True)
class Header:
    container: Container
    codec: Codec
    sample_rate_hz: int
    channels: int
    bit_depth: int | None
    frames: int | None  # None where only decoding tells
    file_bytes: int
    declared_bytes: int | None
    real_bytes: int
    audio_offset: int = 0  # of the first sample; only for PCM
    pcm: Pcm | None = None  # None for compressed codecs
    channel_mask: int | None = None
    trailing_bytes: int = 0
    chunks: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())
    bext_time_reference: int | None = None
    sampler_loops: int = 0

    @property
    def frame_bytes(self) -> int:
        return self.channels * (self.pcm.sample_bytes if self.pcm else 4)


class Bytes:
    """A file to look around in. Reads past the end give fewer bytes, never an error."""

    def __init__(self, path: Path) -> None:
        self._file: BufferedReader = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def at(self, offset: int, length: int) -> bytes:
        if offset < 0 or offset >= self.size:
            return b""
        self._file.seek(offset)
        return self._file.read(length)

    def unpack(self, layout: str, offset: int) -> tuple[int, ...]:
        """Numbers at an offset; a file that ends before them is truncated."""
        length = struct.calcsize(layout)
        data = self.at(offset, length)
        if len(data) < length:
            raise NotTaken(Refusal.TRUNCATED, declared_bytes=offset + length, real_bytes=self.size)
        numbers: tuple[int, ...] = struct.unpack(layout, data)
        return numbers


def check_limits(header: Header) -> None:
    """Refuse what no studio sends or what would unfold beyond bounds, from the header alone."""
    if not RATE_LOW_HZ <= header.sample_rate_hz <= RATE_HIGH_HZ:
        raise NotTaken(
            Refusal.SAMPLE_RATE,
            sample_rate_hz=header.sample_rate_hz,
            low_hz=RATE_LOW_HZ,
            high_hz=RATE_HIGH_HZ,
        )
    if not 1 <= header.channels <= CHANNELS_MAX:
        raise NotTaken(Refusal.CHANNELS, channels=header.channels, high=CHANNELS_MAX)
    if header.frames is not None:
        check_length(header, header.frames)


def check_length(header: Header, frames: int) -> None:
    """Also asked while decoding, since a header may lie about its frames."""
    duration_s = frames / header.sample_rate_hz
    if duration_s > DURATION_MAX_S:
        raise NotTaken(Refusal.TOO_LONG, duration_s=round(duration_s), high_s=DURATION_MAX_S)
    sample_bytes = header.pcm.sample_bytes if header.pcm else -(-(header.bit_depth or 32) // 8)
    decoded_bytes = frames * header.channels * sample_bytes
    if decoded_bytes > DECODED_BYTES_MAX:
        raise NotTaken(Refusal.TOO_BIG_DECODED, decoded_bytes=decoded_bytes, high_bytes=DECODED_BYTES_MAX)
