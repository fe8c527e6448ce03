"""Short real sound files."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

RATE_HZ = 48_000


def tone(path: Path, *, seconds: float = 1.0, level: float = 0.25) -> Path:
    """A stereo sine at 440 Hz, 16 bit."""
    frames = b"".join(
        struct.pack("<hh", value, value)
        for value in (
            round(32767 * level * math.sin(2 * math.pi * 440 * n / RATE_HZ)) for n in range(int(seconds * RATE_HZ))
        )
    )
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(frames)
    return path
