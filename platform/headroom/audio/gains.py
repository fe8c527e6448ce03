"""PURE. Gains that make recordings equally loud. No numpy here: pages ask too."""

from __future__ import annotations

import math
from dataclasses import dataclass

DEFAULT_CEILING_DBTP = -1.0


@dataclass(frozen=True)
class Level:
    """How loud one side is. None: silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


def matched_gains_db(sides: list[Level], *, ceiling_dbtp: float = DEFAULT_CEILING_DBTP) -> list[float]:
    """Gain per side so that all sound equally loud: every side is turned down to the quietest.

    Nobody is turned up. Where a true peak would still pass full scale, all go down together by what is too much,
    so that none is heard clipped. Silent sides stay as they are.
    """
    loudness = [side.integrated_lufs for side in sides if side.integrated_lufs is not None]
    if not loudness:
        return [0.0] * len(sides)
    target = min(loudness)
    gains = [gain_to_target_db(side, target_lufs=target, ceiling_dbtp=ceiling_dbtp) for side in sides]
    overs = [(side.true_peak_dbtp or 0.0) + gain for side, gain in zip(sides, gains, strict=True)]
    trim = max(0.0, *overs)
    return [gain if side.integrated_lufs is None else gain - trim for side, gain in zip(sides, gains, strict=True)]


def gain_to_target_db(
    side: Level, *, target_lufs: float, ceiling_dbtp: float = DEFAULT_CEILING_DBTP, may_boost: bool = False
) -> float:
    """min(target - loudness, ceiling - true peak); boosts only when asked to.

    A side that is already above the ceiling is not pushed below it when the match needs no gain: the
    ceiling bounds what we add, it does not judge the recording.
    """
    if side.integrated_lufs is None:
        return 0.0
    wanted = target_lufs - side.integrated_lufs
    if wanted <= 0:
        return wanted
    if not may_boost:
        return 0.0
    room = math.inf if side.true_peak_dbtp is None else ceiling_dbtp - side.true_peak_dbtp
    return max(0.0, min(wanted, room))
