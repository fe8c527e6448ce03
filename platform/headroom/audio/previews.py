"""What a browser plays: full length, at the loudness of the source, encoded while reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import PreviewFormat
from headroom.audio.loudness import speaker_bits
from headroom.audio.resampling import Resampler

Float32 = NDArray[np.float32]

_MP3_RATES_HZ = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_LOUDEST_ENCODED = 4.0  # +12 dBFS; encoders misbehave on the absurd levels a float file may hold
_ENCODINGS: dict[PreviewFormat, dict[str, Any]] = {
    # Variable bit rate of about 190 kbit/s for MP3 and 160 kbit/s for Vorbis on full-range music.
    PreviewFormat.MP3: {
        "format": "MP3",
        "subtype": "MPEG_LAYER_III",
        "bitrate_mode": "VARIABLE",
        "compression_level": 0.25,
    },
    PreviewFormat.OGG: {"format": "OGG", "subtype": "VORBIS", "compression_level": 0.5},
}
_LEFT_BITS, _RIGHT_BITS, _LFE_BIT = 0x1 | 0x10 | 0x40 | 0x200, 0x2 | 0x20 | 0x80 | 0x400, 0x8
_FRONT_BITS = 0x1 | 0x2
_MINUS_3_DB = 0.5**0.5


def write_previews(
    blocks: Iterable[NDArray[np.int32] | Float32],
    formats: tuple[PreviewFormat, ...],
    folder: Path,
    *,
    sample_rate_hz: int,
    channels: int,
    channel_mask: int | None = None,
) -> Mapping[PreviewFormat, Path]:
    """Encode every block into `folder/preview.<format>`; more than two channels are mixed down to stereo."""
    rate = preview_rate(sample_rate_hz)
    mix = downmix(channels, channel_mask)
    resampler = None if rate == sample_rate_hz else Resampler(sample_rate_hz, rate, len(mix))
    paths = {preview: folder / f"preview.{preview.value}" for preview in formats}
    writers = [_writer(path, preview, rate, len(mix)) for preview, path in paths.items()]
    try:
        for block in blocks:
            heard = _heard(block, mix)
            _write(writers, resampler.add(heard) if resampler else heard)
        if resampler:
            _write(writers, resampler.finish())
    finally:
        for writer in writers:
            writer.close()
    return paths


def preview_rate(sample_rate_hz: int) -> int:
    """The same rate where MP3 has it, else the family's: 44.1 kHz for its multiples, 48 kHz for all others."""
    if sample_rate_hz in _MP3_RATES_HZ:
        return sample_rate_hz
    return 44_100 if sample_rate_hz % 11_025 == 0 else 48_000


def downmix(channels: int, channel_mask: int | None) -> Float32:
    """Matrix [1 or 2, channels] after ITU-R BS.775: center and surrounds at -3 dB, no LFE.

    Channels whose place is unknown go to both sides with their power kept.
    """
    if channels <= 2:
        return np.eye(channels, dtype=np.float32)
    bits = speaker_bits(channels, channel_mask)
    if len(bits) < channels:
        return np.full((2, channels), channels**-0.5, np.float32)
    mix = np.zeros((2, channels), np.float32)
    for channel, bit in enumerate(bits):
        gain = 1.0 if bit & _FRONT_BITS else _MINUS_3_DB
        mix[0, channel] = 0.0 if bit & (_RIGHT_BITS | _LFE_BIT) else gain
        mix[1, channel] = 0.0 if bit & (_LEFT_BITS | _LFE_BIT) else gain
    return mix


def _heard(block: NDArray[np.int32] | Float32, mix: Float32) -> Float32:
    samples = block.astype(np.float32)
    if block.dtype == np.int32:
        samples *= np.float32(2.0**-31)
    else:
        samples = np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        np.clip(samples, -_LOUDEST_ENCODED, _LOUDEST_ENCODED, out=samples)
    return mix @ samples if len(samples) > 2 else samples


def _writer(path: Path, preview: PreviewFormat, rate: int, channels: int) -> Any:
    import soundfile  # only files whose previews are wanted pay for the import

    return soundfile.SoundFile(path, "w", samplerate=rate, channels=channels, **_ENCODINGS[preview])


def _write(writers: list[Any], samples: Float32) -> None:
    frames = np.ascontiguousarray(samples.T)
    for writer in writers:
        writer.write(frames)
