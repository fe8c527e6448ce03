"""Sound files for the tests, right and wrong ones, built byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

RATE = 48_000


def sine(
    frequency_hz: float,
    *,
    level_db: float = 0.0,
    seconds: float = 1.0,
    rate: int = RATE,
    channels: int = 2,
    phase_degrees: float = 0.0,
) -> Float32:
    """[channels, frames]; the level is the peak's."""
    time_s = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * time_s + np.radians(phase_degrees))
    return np.tile(wave, (channels, 1)).astype(np.float32)


def faded(sound: Float32, frames: int = 2000) -> Float32:
    """With soft ends, so that no click hides what is measured."""
    ramp = np.sin(np.linspace(0, np.pi / 2, frames)) ** 2
    out = sound.copy()
    out[:, :frames] *= ramp
    out[:, -frames:] *= ramp[::-1]
    return out


def noise(*, seconds: float = 1.0, level: float = 0.1, channels: int = 2, rate: int = RATE, seed: int = 1) -> Float32:
    random = np.random.default_rng(seed)
    return (random.standard_normal((channels, round(seconds * rate))) * level).astype(np.float32)


def int_bytes(sound: Float32, bits: int = 24) -> bytes:
    """Interleaved little-endian integers."""
    full = 2 ** (bits - 1)
    values = np.clip(np.rint(sound.T.astype(np.float64) * full), -full, full - 1).astype("<i4")
    return bytes(values.reshape(-1, 1).view("u1").reshape(-1, 4)[:, : bits // 8].tobytes())


def float_bytes(sound: Float32) -> bytes:
    return np.ascontiguousarray(sound.T).astype("<f4").tobytes()


def chunk(name: bytes, content: bytes, *, declared: int | None = None) -> bytes:
    size = len(content) if declared is None else declared
    return name + struct.pack("<I", size) + content + b"\x00" * (len(content) % 2)


def format_chunk(
    *, channels: int = 2, rate: int = RATE, bits: int = 24, tag: int = 1, align: int | None = None
) -> bytes:
    block = channels * -(-bits // 8) if align is None else align
    numbers = (tag, channels, rate, rate * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    return chunk(b"fmt ", struct.pack("<HHIIHH", *numbers))


def riff(*chunks: bytes, outer: int | None = None, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if outer is None else outer) + body


def wav(sound: Float32, *, bits: int = 24, rate: int = RATE, extra: tuple[bytes, ...] = ()) -> bytes:
    return riff(format_chunk(channels=len(sound), rate=rate, bits=bits), *extra, chunk(b"data", int_bytes(sound, bits)))


def float_wav(sound: Float32, *, rate: int = RATE) -> bytes:
    return riff(format_chunk(channels=len(sound), rate=rate, bits=32, tag=3), chunk(b"data", float_bytes(sound)))


def bext(time_reference: int) -> bytes:
    return chunk(b"bext", b"\x00" * 338 + struct.pack("<Q", time_reference) + b"\x00" * 256)


def rf64(sound: Float32) -> bytes:
    data = int_bytes(sound)
    sizes = struct.pack("<QQQI", len(data) + 100, len(data), sound.shape[1], 0)
    return riff(
        chunk(b"ds64", sizes),
        format_chunk(channels=len(sound)),
        chunk(b"data", data, declared=0xFFFFFFFF),
        outer=0xFFFFFFFF,
        magic=b"RF64",
    )


def w64(sound: Float32) -> bytes:
    tail = bytes.fromhex("f3acd3118cd100c04f8edb8a")
    fmt, data = format_chunk(channels=len(sound))[8:], int_bytes(sound)
    body = b"wave" + tail
    for name, content in ((b"fmt ", fmt), (b"data", data)):
        body += name + tail + struct.pack("<Q", len(content) + 24) + content + b"\x00" * (-len(content) % 8)
    return bytes.fromhex("726966662e91cf11a5d628db04c10000") + struct.pack("<Q", len(body) + 24) + body


def aiff(sound: Float32, *, compression: bytes | None = None, declared_frames: int | None = None) -> bytes:
    """16 bits at 48 kHz; `sowt` is little-endian."""
    data = int_bytes(sound, 16)
    if compression != b"sowt":
        data = np.frombuffer(data, "<i2").astype(">i2").tobytes()
    rate = struct.pack(">HQ", 16383 + 15, RATE << 48)
    comm = struct.pack(">HIH", len(sound), declared_frames or sound.shape[1], 16) + rate
    if compression:
        comm += compression + b"\x00\x00"
    sound_chunk = struct.pack(">II", 0, 0) + data
    body = (b"AIFC" if compression else b"AIFF") + b"COMM" + struct.pack(">I", len(comm)) + comm
    body += b"SSND" + struct.pack(">I", len(sound_chunk)) + sound_chunk
    return b"FORM" + struct.pack(">I", len(body)) + body


def flac_header(*, frames: int, rate: int = RATE, channels: int = 2, bits: int = 24) -> bytes:
    """STREAMINFO and a little noise in the place of frames: all that a bomb needs."""
    packed = rate << 44 | (channels - 1) << 41 | (bits - 1) << 36 | frames
    info = struct.pack(">HH", 4096, 4096) + b"\x00" * 6 + packed.to_bytes(8, "big") + b"\x00" * 16
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + b"\xff\xf8" + b"\x5a" * 200


def written(folder: Path, content: bytes, name: str = "take.wav") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
