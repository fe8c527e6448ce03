"""One pass over a file's blocks: every figure of AudioFacts, its peaks, and findings while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headroom.audio.clipping import ClipMeter
from headroom.audio.facts import ClipRun, Peaks, Progress, Silence, Stage
from headroom.audio.framing import Framing, frame_for
from headroom.audio.gaps import GapMeter
from headroom.audio.levels import LOUDEST_MEASURED, LevelMeter
from headroom.audio.loudness import Loudness, LoudnessMeter
from headroom.audio.true_peak import TruePeakMeter
from headroom.audio.waveform import WaveformMeter

Block = NDArray[np.int32] | NDArray[np.float32]
Report = Callable[[Progress], None]

_INT32_STEP = np.float32(2.0**-31)
_REPORT_EVERY_S = 60


@dataclass(frozen=True)
class Measured:
    frames: int
    loudness: Loudness | None
    true_peak: float | None  # linear, like all levels here
    sample_peak: float
    levels: LevelMeter
    clip_runs: int
    clip_positions: tuple[ClipRun, ...]
    nonfinite_samples: int
    silence: Silence
    peaks: Peaks


class Measurement:
    """Takes blocks [channels, frames] of any length: int32 (left-justified) or float32 (full scale 1.0)."""

    def __init__(
        self,
        sample_rate_hz: int,
        channels: int,
        *,
        channel_mask: int | None = None,
        total_frames: int | None = None,
        loudness: bool = True,
        true_peak: bool = True,
        report: Report | None = None,
    ) -> None:
        self.framing: Framing = frame_for(sample_rate_hz, channels)
        self._rate, self._channels, self._total, self._report = sample_rate_hz, channels, total_frames, report
        row_frames = self.framing.row_frames
        rows_expected = None if total_frames is None else -(-total_frames // row_frames)
        self._loudness = LoudnessMeter(sample_rate_hz, channels, self.framing, channel_mask) if loudness else None
        self._true_peak = TruePeakMeter(sample_rate_hz, channels, row_frames=row_frames) if true_peak else None
        self._waveform = WaveformMeter(channels, row_frames, rows_expected=rows_expected)
        self._gaps = GapMeter(row_frames / sample_rate_hz)
        self._clips = ClipMeter(channels)
        self._levels = LevelMeter(channels)
        self._waiting: list[Block] = []
        self._waiting_frames = 0
        self._scratch = np.empty((channels, self.framing.block_frames), np.float32)
        self._frames = self._nonfinite = self._told_s = 0
        self._sample_peak = 0.0

    def add(self, block: Block) -> None:
        size = self.framing.block_frames
        start = 0
        while block.shape[1] - start + self._waiting_frames >= size:
            take = size - self._waiting_frames
            self._measure(self._joined(block[:, start : start + take]), frames=size)
            start += take
        if start < block.shape[1]:
            self._waiting.append(block[:, start:].copy())
            self._waiting_frames += block.shape[1] - start

    def finish(self) -> Measured:
        if self._waiting_frames:
            frames = self._waiting_frames
            missing = self.framing.block_frames - frames
            padding = cast(Block, np.zeros((self._channels, missing), self._waiting[0].dtype))
            self._measure(self._joined(padding), frames=frames)
        if self._true_peak:
            self._true_peak.finish()
        positions = self._clips.finish()
        return Measured(
            frames=self._frames,
            loudness=self._loudness.result() if self._loudness else None,
            true_peak=self._true_peak.peak if self._true_peak else None,
            sample_peak=self._sample_peak,
            levels=self._levels,
            clip_runs=self._clips.count,
            clip_positions=positions,
            nonfinite_samples=self._nonfinite,
            silence=self._gaps.finish(duration_s=self._frames / self._rate),
            peaks=self._waveform.result(self._rate),
        )

    def _joined(self, last: Block) -> Block:
        if not self._waiting:
            return last
        joined = cast(Block, np.concatenate((*self._waiting, last), axis=1))
        self._waiting, self._waiting_frames = [], 0
        return joined

    def _measure(self, block: Block, *, frames: int) -> None:
        """One block of exactly the framing's length, of which `frames` are audio and the rest zeros."""
        samples = self._as_float(block)
        rows = samples.reshape(self._channels, -1, self.framing.row_frames)
        lows, highs = rows.min(axis=2), rows.max(axis=2)
        if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
            self._nonfinite += samples.size - int(np.isfinite(samples).sum())
            samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
            rows = samples.reshape(rows.shape)
            lows, highs = rows.min(axis=2), rows.max(axis=2)
        row_peaks = np.maximum(highs, -lows)
        channel_peaks = row_peaks.max(axis=1)
        peak = float(channel_peaks.max())
        self._sample_peak = max(self._sample_peak, peak)
        if peak > LOUDEST_MEASURED:
            samples = np.clip(samples, -LOUDEST_MEASURED, LOUDEST_MEASURED)
            row_peaks = np.minimum(row_peaks, LOUDEST_MEASURED)
        used_rows = -(-frames // self.framing.row_frames)
        self._clips.add(samples[:, :frames], channel_peaks=channel_peaks)
        self._gaps.add(row_peaks.max(axis=0)[:used_rows])
        self._waveform.add(lows[:, :used_rows].T, highs[:, :used_rows].T)
        self._levels.add(samples, frames=frames)
        if self._loudness:
            self._loudness.add(samples, whole_hops=frames // self.framing.hop_frames)
        if self._true_peak:
            self._true_peak.add(samples, row_peaks=row_peaks)
        self._frames += frames
        self._tell()

    def _as_float(self, block: Block) -> NDArray[np.float32]:
        if block.dtype != np.int32:
            return np.ascontiguousarray(block, np.float32)
        self._levels.add_bits(block.astype(np.int32, copy=False))
        return np.multiply(block, _INT32_STEP, out=self._scratch, casting="unsafe")

    def _tell(self) -> None:
        """Report now and then by position, not by the clock: the same file tells the same story."""
        seconds = self._frames // self._rate
        if self._report and seconds - self._told_s >= _REPORT_EVERY_S:
            self._told_s = seconds
            self._report(Progress(Stage.MEASURING, self._frames, self._total, self._clips.count, self._nonfinite))
