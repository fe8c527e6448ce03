"""The values that leave the audio room. Frozen, complete, and JSON-able both ways."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

Json = dict[str, Any]

ENGINE = "headroom-audio/1"


class Container(StrEnum):
    WAV = "wav"
    RF64 = "rf64"
    W64 = "w64"
    AIFF = "aiff"
    AIFC = "aifc"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"
    M4A = "m4a"
    AAC = "aac"


class Codec(StrEnum):
    PCM_INT = "pcm_int"
    PCM_FLOAT = "pcm_float"
    FLAC = "flac"
    ALAC = "alac"
    MP3 = "mp3"
    AAC = "aac"
    VORBIS = "vorbis"
    OPUS = "opus"

    @property
    def is_lossless(self) -> bool:
        return self in {Codec.PCM_INT, Codec.PCM_FLOAT, Codec.FLAC, Codec.ALAC}


class Remark(StrEnum):
    """Something odd in the container that does not stop the file from being read."""

    SIZE_UNSET = "size_unset"  # the writer left 0xFFFFFFFF: the audio runs to the end of the file
    OUTER_SIZE_WRONG = "outer_size_wrong"  # RIFF/FORM size disagrees with the file, the audio itself is whole
    PARTIAL_FRAME = "partial_frame"  # audio bytes are no whole number of frames; the rest is ignored
    TRAILING_BYTES = "trailing_bytes"  # bytes after the end of the container
    HIDDEN_ARCHIVE = "hidden_archive"  # also readable as a ZIP archive
    HIDDEN_MARKUP = "hidden_markup"  # carries HTML, SVG or script text
    LENGTH_UNDECLARED = "length_undeclared"  # the header does not say how long the audio is


class Refusal(StrEnum):
    """Why a file is not taken. Final for these bytes: sending the same file again changes nothing."""

    EMPTY_FILE = "empty_file"  # no bytes at all
    NO_AUDIO = "no_audio"  # a container without a single frame
    TRUNCATED = "truncated"  # values: declared_bytes, real_bytes (or declared_frames, real_frames)
    UNFINISHED = "unfinished"  # declared 0 bytes, yet audio follows: a cut-off recording; values: real_bytes
    MALFORMED = "malformed"  # values: what
    NOT_AUDIO = "not_audio"  # values: looks_like
    PLAYLIST = "playlist"
    ARCHIVE = "archive"  # values: looks_like
    CODEC_NOT_ACCEPTED = "codec_not_accepted"  # values: codec
    DECODER_MISSING = "decoder_missing"  # values: codec; a machine with ffmpeg would take it
    UNDECODABLE = "undecodable"  # the decoder gave up; values: at_frame
    SAMPLE_RATE = "sample_rate"  # values: sample_rate_hz, low_hz, high_hz
    BIT_DEPTH = "bit_depth"  # values: bit_depth
    CHANNELS = "channels"  # values: channels, high
    TOO_LONG = "too_long"  # values: duration_s, high_s
    TOO_BIG_DECODED = "too_big_decoded"  # values: decoded_bytes, high_bytes


class Failure(StrEnum):
    """Why the analysis itself did not end. Says nothing certain about the file; may be tried again."""

    TIMEOUT = "timeout"  # values: limit_s
    CPU_TIME = "cpu_time"  # values: limit_s
    MEMORY = "memory"  # values: limit_bytes
    OUTPUT_SIZE = "output_size"  # values: limit_bytes
    CRASH = "crash"  # values: exit_code


@dataclass(frozen=True)
class Refused:
    code: Refusal
    values: Mapping[str, int | float | str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {"code": self.code.value, "values": dict(self.values)}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        return cls(Refusal(data["code"]), dict(data["values"]))


@dataclass(frozen=True)
class AnalysisFailed:
    code: Failure
    values: Mapping[str, int | float | str] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {"code": self.code.value, "values": dict(self.values)}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        return cls(Failure(data["code"]), dict(data["values"]))


@dataclass(frozen=True)
class ClipRun:
    """At least three full-scale samples in a row in one channel."""

    channel: int
    start_frame: int
    length_frames: int


@dataclass(frozen=True)
class Span:
    start_s: float
    length_s: float


@dataclass(frozen=True)
class Silence:
    """Where nothing sounds (every channel at or below -72 dBFS), to about two milliseconds."""

    is_total: bool
    head_s: float
    tail_s: float
    inside: tuple[Span, ...]  # pauses of at least one second between sounds; the first 100
    inside_count: int
    dropouts: tuple[Span, ...]  # 2 ms to 500 ms of digital zero cut into sound; the first 100
    dropout_count: int


@dataclass(frozen=True)
class AudioFacts:
    """Everything measured on one file. None means "has none" (silence) or "not asked for" (see Want)."""

    # the container
    container: Container
    codec: Codec
    sample_rate_hz: int
    bit_depth: int | None  # bits per sample as declared; None for lossy codecs
    channels: int
    channel_mask: int | None  # WAVE_FORMAT_EXTENSIBLE speaker bits
    frames: int  # as decoded
    duration_s: float
    file_bytes: int
    declared_bytes: int | None  # size of the audio data as the header says; None where it says nothing
    real_bytes: int  # size of the audio data that is there
    trailing_bytes: int
    chunks: tuple[str, ...]  # ids in the order found
    remarks: tuple[Remark, ...]
    bext_time_reference: int | None  # frames since midnight: where a DAW puts the file
    sampler_loops: int  # loops in a `smpl` chunk
    # the sound
    integrated_lufs: float | None
    loudness_range_lu: float | None
    momentary_max_lufs: float | None
    short_term_max_lufs: float | None
    true_peak_dbtp: float | None
    sample_peak_dbfs: float | None
    rms_dbfs: float | None
    clip_runs: int
    clip_positions: tuple[ClipRun, ...]  # the first 100
    dc_offset: tuple[float, ...]  # mean per channel, full scale = 1.0
    correlation: float | None  # -1 to 1, of channels 1 and 2; None unless stereo with sound in both
    channel_balance_db: float | None  # RMS of channel 1 over channel 2; None unless stereo with sound in both
    identical_channels: bool  # at least two channels, every one sample for sample the same
    significant_bits: int | None  # bits that are ever used; None for float and lossy codecs
    nonfinite_samples: int  # NaN or infinite
    silence: Silence
    engine: str = ENGINE

    @property
    def is_lossless(self) -> bool:
        return self.codec.is_lossless

    @property
    def peak_to_loudness_lu(self) -> float | None:
        """True (or sample) peak over integrated loudness; below 7 a limiter has worked hard."""
        peak = self.true_peak_dbtp if self.true_peak_dbtp is not None else self.sample_peak_dbfs
        if peak is None or self.integrated_lufs is None:
            return None
        return peak - self.integrated_lufs

    def to_json(self) -> Json:
        return asdict(self) | {
            "chunks": list(self.chunks),
            "remarks": [remark.value for remark in self.remarks],
            "container": self.container.value,
            "codec": self.codec.value,
            "clip_positions": [asdict(run) for run in self.clip_positions],
            "dc_offset": list(self.dc_offset),
            "silence": asdict(self.silence)
            | {
                "inside": [asdict(span) for span in self.silence.inside],
                "dropouts": [asdict(span) for span in self.silence.dropouts],
            },
        }

    @classmethod
    def from_json(cls, data: Json) -> Self:
        silence = data["silence"]
        return cls(
            **data
            | {
                "container": Container(data["container"]),
                "codec": Codec(data["codec"]),
                "chunks": tuple(data["chunks"]),
                "remarks": tuple(Remark(code) for code in data["remarks"]),
                "clip_positions": tuple(ClipRun(**run) for run in data["clip_positions"]),
                "dc_offset": tuple(data["dc_offset"]),
                "silence": Silence(
                    **silence
                    | {
                        "inside": tuple(Span(**span) for span in silence["inside"]),
                        "dropouts": tuple(Span(**span) for span in silence["dropouts"]),
                    }
                ),
            }
        )


@dataclass(frozen=True)
class Peaks:
    """Lowest and highest sample per bucket and channel, for drawing.

    `pairs` is int8, laid out [bucket][channel][low, high]; 127 is full scale, louder is clamped.
    """

    buckets: int  # at most 4000
    channels: int
    bucket_frames: int
    sample_rate_hz: int
    pairs: bytes

    def to_json(self) -> Json:
        return asdict(self) | {"pairs": base64.b64encode(self.pairs).decode("ascii")}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        return cls(**data | {"pairs": base64.b64decode(data["pairs"])})


class PreviewFormat(StrEnum):
    MP3 = "mp3"  # plays in every browser
    OGG = "ogg"  # Vorbis: cheaper to make, not in older Safari

    @property
    def media_type(self) -> str:
        return {"mp3": "audio/mpeg", "ogg": "audio/ogg"}[self.value]


@dataclass(frozen=True)
class Want:
    """What to find out. The container, levels, peaks and SHA-256 always come."""

    loudness: bool = True
    true_peak: bool = True
    previews: tuple[PreviewFormat, ...] = ()
    preview_folder: Path | None = None  # where previews are written; needed when previews are wanted

    def to_json(self) -> Json:
        return {
            "loudness": self.loudness,
            "true_peak": self.true_peak,
            "previews": [preview.value for preview in self.previews],
            "preview_folder": str(self.preview_folder) if self.preview_folder else None,
        }

    @classmethod
    def from_json(cls, data: Json) -> Self:
        folder = data["preview_folder"]
        return cls(
            loudness=data["loudness"],
            true_peak=data["true_peak"],
            previews=tuple(PreviewFormat(code) for code in data["previews"]),
            preview_folder=Path(folder) if folder else None,
        )


@dataclass(frozen=True)
class Inspection:
    facts: AudioFacts
    peaks: Peaks
    sha256: str  # of the whole file, hex
    preview_paths: Mapping[PreviewFormat, Path] = field(default_factory=dict)

    def to_json(self) -> Json:
        return {
            "facts": self.facts.to_json(),
            "peaks": self.peaks.to_json(),
            "sha256": self.sha256,
            "preview_paths": {preview.value: str(path) for preview, path in self.preview_paths.items()},
        }

    @classmethod
    def from_json(cls, data: Json) -> Self:
        return cls(
            facts=AudioFacts.from_json(data["facts"]),
            peaks=Peaks.from_json(data["peaks"]),
            sha256=data["sha256"],
            preview_paths={PreviewFormat(code): Path(path) for code, path in data["preview_paths"].items()},
        )


class Stage(StrEnum):
    HEADER = "header"  # the container is read and within limits
    MEASURING = "measuring"
    PREVIEWS = "previews"


@dataclass(frozen=True)
class Progress:
    """How far an inspection is. Clip runs and non-finite samples are told as soon as they are met."""

    stage: Stage
    done_frames: int
    total_frames: int | None  # None where the header does not say
    clip_runs: int = 0
    nonfinite_samples: int = 0

    def to_json(self) -> Json:
        return asdict(self) | {"stage": self.stage.value}

    @classmethod
    def from_json(cls, data: Json) -> Self:
        return cls(**data | {"stage": Stage(data["stage"])})
