"""Clip runs: three or more full-scale samples in a row in one channel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import ClipRun
from headroom.audio.runs import RunFinder

FULL_SCALE = 32767 / 32768  # the highest 16-bit sample, so that padded 16-bit audio clips at the same place
SHORTEST_RUN_FRAMES = 3
POSITIONS_KEPT = 100


class ClipMeter:
    def __init__(self, channels: int) -> None:
        self._finders = [RunFinder() for _ in range(channels)]
        self._kept: list[ClipRun] = []
        self.count = 0

    def add(self, block: NDArray[np.float32], *, channel_peaks: NDArray[np.float32]) -> None:
        """`channel_peaks` are the highest absolute samples per channel: quiet channels need no second look."""
        for channel, finder in enumerate(self._finders):
            if channel_peaks[channel] < FULL_SCALE:
                runs = finder.skip(block.shape[1])
            else:
                runs = finder.add(np.abs(block[channel]) >= FULL_SCALE)
            self._keep(channel, runs)

    def finish(self) -> tuple[ClipRun, ...]:
        """The first runs, by position."""
        for channel, finder in enumerate(self._finders):
            self._keep(channel, finder.finish())
        return tuple(sorted(self._kept, key=lambda run: (run.start_frame, run.channel))[:POSITIONS_KEPT])

    def _keep(self, channel: int, runs: NDArray[np.int64]) -> None:
        if not runs.size:
            return
        long_runs = runs[runs[:, 1] - runs[:, 0] >= SHORTEST_RUN_FRAMES]
        self.count += len(long_runs)
        room = POSITIONS_KEPT * len(self._finders) - len(self._kept)
        for start, end in long_runs[: max(0, min(room, POSITIONS_KEPT))].tolist():
            self._kept.append(ClipRun(channel, start, end - start))
