"""The verb of this room: everything about one file, or the reason why it is not taken."""

from __future__ import annotations

import math
from pathlib import Path

from headroom.audio.decoding import Decoder
from headroom.audio.facts import AudioFacts, Codec, Inspection, Progress, Refused, Stage, Want
from headroom.audio.framing import frame_for
from headroom.audio.headers import Header, NotTaken
from headroom.audio.measuring import Measured, Measurement, Report
from headroom.audio.previews import write_previews
from headroom.audio.walking import read_header

_EVERYTHING = Want()


def inspect_file(path: Path, *, want: Want = _EVERYTHING, report: Report | None = None) -> Inspection | Refused:
    """Read the header, then the audio once (and once more for previews). OSError where the path is unreadable.

    Runs in this process, without limits on time and memory: files from people go through
    `child.inspect_limited`.
    """
    if want.previews and want.preview_folder is None:
        raise ValueError("previews need a folder")
    try:
        return _inspect(path, want, report)
    except NotTaken as not_taken:
        return not_taken.refused


def _inspect(path: Path, want: Want, report: Report | None) -> Inspection:
    header = read_header(path)
    if report:
        report(Progress(Stage.HEADER, 0, header.frames))
    measurement = Measurement(
        header.sample_rate_hz,
        header.channels,
        channel_mask=header.channel_mask,
        total_frames=header.frames,
        loudness=want.loudness,
        true_peak=want.true_peak,
        report=report,
    )
    decoder = Decoder(path, header)
    for block in decoder.blocks(measurement.framing.block_frames):
        measurement.add(block)
    measured = measurement.finish()
    previews = {}
    if want.previews and want.preview_folder:
        if report:
            report(Progress(Stage.PREVIEWS, measured.frames, measured.frames, measured.clip_runs))
        previews = dict(
            write_previews(
                Decoder(path, header).blocks(frame_for(header.sample_rate_hz, header.channels).block_frames),
                want.previews,
                want.preview_folder,
                sample_rate_hz=header.sample_rate_hz,
                channels=header.channels,
                channel_mask=header.channel_mask,
            )
        )
    return Inspection(_facts(header, measured), measured.peaks, decoder.sha256(), previews)


def _facts(header: Header, measured: Measured) -> AudioFacts:
    levels, loudness = measured.levels, measured.loudness
    has_integers = header.codec in {Codec.PCM_INT, Codec.FLAC}
    return AudioFacts(
        container=header.container,
        codec=header.codec,
        sample_rate_hz=header.sample_rate_hz,
        bit_depth=header.bit_depth,
        channels=header.channels,
        channel_mask=header.channel_mask,
        frames=measured.frames,
        duration_s=measured.frames / header.sample_rate_hz,
        file_bytes=header.file_bytes,
        declared_bytes=header.declared_bytes,
        real_bytes=header.real_bytes,
        trailing_bytes=header.trailing_bytes,
        chunks=header.chunks,
        remarks=header.remarks,
        bext_time_reference=header.bext_time_reference,
        sampler_loops=header.sampler_loops,
        integrated_lufs=loudness.integrated_lufs if loudness else None,
        loudness_range_lu=loudness.range_lu if loudness else None,
        momentary_max_lufs=loudness.momentary_max_lufs if loudness else None,
        short_term_max_lufs=loudness.short_term_max_lufs if loudness else None,
        true_peak_dbtp=_decibels(measured.true_peak),
        sample_peak_dbfs=_decibels(measured.sample_peak),
        rms_dbfs=_decibels(levels.rms),
        clip_runs=measured.clip_runs,
        clip_positions=measured.clip_positions,
        dc_offset=levels.dc_offset,
        correlation=levels.correlation,
        channel_balance_db=levels.balance_db,
        identical_channels=levels.identical_channels,
        significant_bits=levels.significant_bits if has_integers else None,
        nonfinite_samples=measured.nonfinite_samples,
        silence=measured.silence,
    )


def _decibels(level: float | None) -> float | None:
    """Level re full scale in dB; None for silence and for what was not measured."""
    return 20 * math.log10(level) if level else None
