"""Where a condition holds for a while: streaming runs over masks, with positions counted from the start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class RunFinder:
    """Feed consecutive masks; each `add` returns the runs that ended in it, `finish` the one still open."""

    def __init__(self) -> None:
        self._seen = 0
        self._open_since: int | None = None

    def add(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Closed runs as rows [start, end), end exclusive."""
        offset, self._seen = self._seen, self._seen + mask.size
        if not mask.size:
            return np.zeros((0, 2), np.int64)
        edges = np.flatnonzero(mask[1:] != mask[:-1]) + 1 + offset
        starts_inside = bool(mask[0]) == (self._open_since is not None)
        bounds = edges if starts_inside else np.concatenate(([offset], edges))
        if self._open_since is not None:
            bounds = np.concatenate(([self._open_since], bounds))
        is_open = bool(mask[-1])
        self._open_since = int(bounds[-1]) if is_open else None
        return (bounds[:-1] if is_open else bounds).reshape(-1, 2).astype(np.int64)

    def skip(self, length: int) -> NDArray[np.int64]:
        """The same as a mask of `length` times False, without making one."""
        if self._open_since is None:
            self._seen += length
            return np.zeros((0, 2), np.int64)
        return self.add(np.zeros(length, np.bool_))

    def finish(self) -> NDArray[np.int64]:
        if self._open_since is None:
            return np.zeros((0, 2), np.int64)
        run = np.array([[self._open_since, self._seen]], np.int64)
        self._open_since = None
        return run
