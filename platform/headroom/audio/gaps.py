"""Silence at the ends and inside, and dropouts: digital zero cut into running sound. Works on row peaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import Silence, Span
from headroom.audio.runs import RunFinder

SILENT_BELOW = 10 ** (-72 / 20)
_PAUSE_S = 1.0
_DROPOUT_SHORTEST_S, _DROPOUT_LONGEST_S = 0.002, 0.5
_CUT_LEVEL = 10 ** (-40 / 20)  # a dropout starts and ends in sound louder than this; a fade does not
_SPANS_KEPT = 100


class GapMeter:
    """Feed the peak of every row (all channels together), in order."""

    def __init__(self, row_s: float) -> None:
        self._row_s = row_s
        self._silent, self._zero = RunFinder(), RunFinder()
        self._rows = 0
        self._level_before = 0.0  # of the row before this block, or before the open zero run
        self._head_rows: int | None = None
        self._pauses: list[Span] = []
        self._dropouts: list[Span] = []
        self._pause_count = self._dropout_count = 0

    def add(self, row_peaks: NDArray[np.float32]) -> None:
        silent = row_peaks <= SILENT_BELOW
        if silent.any():
            for start, end in self._silent.add(silent).tolist():
                self._close_silence(start, end)
        else:
            for start, end in self._silent.skip(silent.size).tolist():
                self._close_silence(start, end)
        self._add_zeros(row_peaks)
        self._rows += row_peaks.size

    def finish(self, *, duration_s: float) -> Silence:
        last = self._silent.finish()
        tail_row = int(last[0, 0]) if last.size else self._rows
        is_total = tail_row == 0
        return Silence(
            is_total=is_total,
            head_s=duration_s if is_total else (self._head_rows or 0) * self._row_s,
            tail_s=max(0.0, duration_s - tail_row * self._row_s),
            inside=tuple(self._pauses),
            inside_count=self._pause_count,
            dropouts=tuple(self._dropouts),
            dropout_count=self._dropout_count,
        )

    def _close_silence(self, start: int, end: int) -> None:
        if start == 0:
            self._head_rows = end
            return
        if (end - start) * self._row_s < _PAUSE_S:
            return
        self._pause_count += 1
        if len(self._pauses) < _SPANS_KEPT:
            self._pauses.append(Span(start * self._row_s, (end - start) * self._row_s))

    def _add_zeros(self, row_peaks: NDArray[np.float32]) -> None:
        zero = row_peaks == 0
        for start, end in self._zero.add(zero).tolist():
            before = row_peaks[start - self._rows - 1] if start > self._rows else self._level_before
            self._close_zero(start, end, float(before), float(row_peaks[end - self._rows]))
        sounding = np.flatnonzero(~zero)
        if sounding.size:
            self._level_before = float(row_peaks[sounding[-1]])

    def _close_zero(self, start: int, end: int, before: float, after: float) -> None:
        length_s = (end - start) * self._row_s
        if start == 0 or min(before, after) < _CUT_LEVEL:
            return
        if not _DROPOUT_SHORTEST_S <= length_s <= _DROPOUT_LONGEST_S:
            return
        self._dropout_count += 1
        if len(self._dropouts) < _SPANS_KEPT:
            self._dropouts.append(Span(start * self._row_s, length_s))
