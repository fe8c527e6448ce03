"""PURE. How long audio is cut for measuring: hops of 100 ms made of short rows, several hops to a block.

Matrix products want many short rows; BS.1770's gating blocks step by 100 ms. Every meter sees the same
blocks, however the file was read, so results do not depend on the reader's block size.
"""

from __future__ import annotations

from dataclasses import dataclass

_BLOCK_SAMPLES = 200_000  # 0.8 MB of float32: stays in a core's cache
_ROW_LENGTHS = range(64, 39, -1)


@dataclass(frozen=True)
class Framing:
    row_frames: int
    hop_rows: int
    block_hops: int

    @property
    def hop_frames(self) -> int:
        return self.row_frames * self.hop_rows

    @property
    def block_frames(self) -> int:
        return self.hop_frames * self.block_hops


def frame_for(sample_rate_hz: int, channels: int) -> Framing:
    """Rows of 40 to 64 frames that make up exactly 100 ms.

    Rates whose tenth of a second has no such divisor (none that audio is recorded at) get rows of 64
    and a hop that is off by less than half a row.
    """
    hop_frames = round(sample_rate_hz / 10)
    row_frames = next((length for length in _ROW_LENGTHS if hop_frames % length == 0), 64)
    hop_rows = max(1, round(hop_frames / row_frames))
    hop_samples = row_frames * hop_rows * channels
    return Framing(row_frames, hop_rows, max(1, _BLOCK_SAMPLES // hop_samples))
