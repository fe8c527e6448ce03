"""24-bit WAV at 48 kHz, written and read back as float32 [channels, frames]."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

RATE = 48_000
_HEAD_BYTES = 44
_FULL_SCALE = 2**23
_PIECE_FRAMES = RATE


def write_wav(path: Path, sound: Float32) -> None:
    """Samples beyond full scale are clipped, as a converter would."""
    channels, frames = sound.shape
    size = frames * channels * 3
    fmt = struct.pack("<HHIIHH", 1, channels, RATE, RATE * channels * 3, channels * 3, 24)
    head = b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<I", 16) + fmt
    with path.open("wb") as file:
        file.write(head + b"data" + struct.pack("<I", size))
        for start in range(0, frames, _PIECE_FRAMES):
            piece = sound[:, start : start + _PIECE_FRAMES].T
            values = np.clip(np.rint(piece * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE - 1).astype("<i4")
            file.write(values.reshape(-1, 1).view("u1").reshape(-1, 4)[:, :3].tobytes())


def read_wav(path: Path) -> Float32:
    """Reads only what `write_wav` writes."""
    with path.open("rb") as file:
        channels = struct.unpack("<H", file.read(_HEAD_BYTES)[22:24])[0]
        frames = (path.stat().st_size - _HEAD_BYTES) // (channels * 3)
        sound = np.empty((channels, frames), np.float32)
        for start in range(0, frames, _PIECE_FRAMES):
            packed = b"\x00" + file.read(_PIECE_FRAMES * channels * 3)  # the spare byte: see below
            count = (len(packed) - 1) // 3
            # Read with the byte before it, each sample stands in the upper 24 of 32 bits.
            values = np.ndarray((count,), "<i4", packed, 0, (3,)) & np.int32(-256)
            piece = values.reshape(-1, channels).T
            np.multiply(piece, np.float32(2.0**-31), out=sound[:, start : start + piece.shape[1]], casting="unsafe")
    return sound
