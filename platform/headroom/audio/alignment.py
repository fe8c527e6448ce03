"""PURE. Where one recording lies in another, and what that means for a time in it. Measured by matching.py.

No numpy here, so that a process that only reads an offset need not load it.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CONFIDENCE = 0.4  # measured: unrelated songs stay below 0.15, mixes of one performance above 0.5


@dataclass(frozen=True)
class Alignment:
    """`offset_s` > 0: the second recording starts later. `confidence` is the correlation there, 0 to 1."""

    offset_s: float
    confidence: float


def sure_offset_s(alignment: Alignment | None, *, least_confidence: float = LEAST_CONFIDENCE) -> float | None:
    """The offset in seconds where it can be relied on; None where the two are not the same performance."""
    return alignment.offset_s if alignment and alignment.confidence >= least_confidence else None


def carry_time_s(at_s: float, *, offset_s: float, duration_s: float) -> float:
    """Where the music at `at_s` of the earlier recording lies in a later one of `duration_s`, at its edge if outside."""
    return min(max(0.0, at_s + offset_s), duration_s)
