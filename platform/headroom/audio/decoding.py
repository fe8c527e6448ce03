"""Blocks of samples [channels, frames] from any accepted file, in bounded memory.

PCM is read by hand: bytes become numbers in two strided copies, and the same read feeds the SHA-256.
FLAC, MP3, Vorbis and Opus are libsndfile's; AAC and ALAC are ffmpeg's, where there is one.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from headroom.audio.facts import Codec, Container, Refusal
from headroom.audio.headers import Header, NotTaken, Pcm, check_length

Block = NDArray[np.int32] | NDArray[np.float32]

_HASH_BYTES = 1 << 20
_CODEC_PADDING_FRAMES = 8192
_FFMPEG_CODECS = {Codec.AAC, Codec.ALAC}
_INT_BYTES = {Pcm.S16LE: "<i2", Pcm.S16BE: ">i2", Pcm.S32LE: "<i4", Pcm.S32BE: ">i4", Pcm.S8: "i1"}
_FLOAT_BYTES = {Pcm.F32LE: "<f4", Pcm.F32BE: ">f4", Pcm.F64LE: "<f8", Pcm.F64BE: ">f8"}


class Decoder:
    """Iterate `blocks()` once; `sha256()` of the whole file is known afterwards."""

    def __init__(self, path: Path, header: Header) -> None:
        self._path, self._header = path, header
        self._hash = hashlib.sha256()
        self._is_hashed = False

    def blocks(self, block_frames: int) -> Iterator[Block]:
        """Blocks of `block_frames` (the last may be shorter); each is valid until the next is taken.

        Raises NotTaken when the audio ends early, exceeds the limits or cannot be decoded.
        """
        decoded = self._decode(block_frames)
        frames = 0
        for block in decoded:
            frames += block.shape[1]
            check_length(self._header, frames)
            yield block
        _check_whole(self._header, frames)

    def sha256(self) -> str:
        if not self._is_hashed:
            with self._path.open("rb") as file:
                self._hash_rest(file)
        return self._hash.hexdigest()

    def _decode(self, block_frames: int) -> Iterator[Block]:
        if self._header.pcm is not None:
            return self._pcm_blocks(self._header.pcm, block_frames)
        if self._header.codec in _FFMPEG_CODECS:
            return _ffmpeg_blocks(self._path, self._header, block_frames)
        return _sndfile_blocks(self._path, self._header, block_frames)

    def _pcm_blocks(self, pcm: Pcm, block_frames: int) -> Iterator[Block]:
        header = self._header
        frame_bytes = header.frame_bytes
        buffer = bytearray(block_frames * frame_bytes + 1)  # one spare byte in front: see _spread
        content = memoryview(buffer)[1:]
        spread = cast(Block, np.empty((header.channels, block_frames), np.float32 if pcm.is_float else np.int32))
        left = (header.frames or 0) * frame_bytes
        with self._path.open("rb") as file:
            self._hash.update(file.read(header.audio_offset))
            while left:
                got = file.readinto(content[: min(left, len(content))])
                if got % frame_bytes or not got:
                    raise NotTaken(Refusal.TRUNCATED, declared_bytes=header.real_bytes, missing_bytes=left - got)
                self._hash.update(content[:got])
                left -= got
                yield _spread(buffer, got // frame_bytes, pcm, spread)
            self._hash_rest(file)

    def _hash_rest(self, file: BinaryIO) -> None:
        while piece := file.read(_HASH_BYTES):
            self._hash.update(piece)
        self._is_hashed = True


def _check_whole(header: Header, frames: int) -> None:
    """Refuse a file that decodes to fewer frames than its header counts.

    Lossy counts include what encoders put before and after the music, which decoders may leave out.
    """
    if frames == 0:
        raise NotTaken(Refusal.NO_AUDIO)
    padding = 0 if header.codec is Codec.FLAC else _CODEC_PADDING_FRAMES
    if header.pcm is None and header.frames is not None and frames < header.frames - padding:
        raise NotTaken(Refusal.TRUNCATED, declared_frames=header.frames, real_frames=frames)


def _spread(buffer: bytearray, frames: int, pcm: Pcm, into: Block) -> Block:
    """Interleaved bytes (from index 1 of the buffer) as [channels, frames]; integers left-justified in 32 bits."""
    block = into[:, :frames]
    channels, size = into.shape[0], pcm.sample_bytes
    for channel in range(channels):
        start = 1 + channel * size
        strides = (channels * size,)
        if pcm in _FLOAT_BYTES:
            block[channel] = np.ndarray((frames,), _FLOAT_BYTES[pcm], buffer, start, strides)
        elif pcm is Pcm.S24LE:
            # Read with the byte before it, each sample stands in the upper 24 of 32 bits at once.
            block[channel] = np.ndarray((frames,), "<i4", buffer, start - 1, strides)
        elif pcm is Pcm.S24BE:
            high = np.ndarray((frames,), ">i2", buffer, start, strides).astype(np.int32)
            block[channel] = high << 16 | np.ndarray((frames,), "u1", buffer, start + 2, strides).astype(np.int32) << 8
        elif pcm is Pcm.U8:
            block[channel] = (np.ndarray((frames,), "u1", buffer, start, strides).astype(np.int32) - 128) << 24
        else:
            block[channel] = np.ndarray((frames,), _INT_BYTES[pcm], buffer, start, strides)
            block[channel] <<= 32 - size * 8
    if pcm is Pcm.S24LE:
        np.bitwise_and(block, np.int32(-256), out=block)
    return block


def _sndfile_blocks(path: Path, header: Header, block_frames: int) -> Iterator[Block]:
    import soundfile  # 60 ms and a shared library that PCM files do not need

    kind = "int32" if header.codec is Codec.FLAC else "float32"
    frames = 0
    try:
        with soundfile.SoundFile(path) as sound:
            if sound.channels != header.channels:
                raise NotTaken(Refusal.MALFORMED, what="channel count")
            while len(read := sound.read(block_frames, dtype=kind, always_2d=True)):
                frames += len(read)
                yield np.ascontiguousarray(read.T)
    except soundfile.LibsndfileError as error:
        raise NotTaken(Refusal.UNDECODABLE, at_frame=frames) from error


def _ffmpeg_blocks(path: Path, header: Header, block_frames: int) -> Iterator[Block]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise NotTaken(Refusal.DECODER_MISSING, codec=header.codec.value)
    demuxer = "mov" if header.container is Container.M4A else "aac"
    source = ["-protocol_whitelist", "file,pipe", "-f", demuxer, "-i", f"file:{path}"]
    output = ["-map", "0:a:0", "-ac", str(header.channels), "-ar", str(header.sample_rate_hz), "-f", "f32le", "pipe:1"]
    command = [ffmpeg, "-nostdin", "-v", "error", "-threads", "1", *source, *output]
    frame_bytes = header.channels * 4
    frames = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            while data := process.stdout.read(block_frames * frame_bytes):
                whole = len(data) // frame_bytes
                frames += whole
                samples = np.frombuffer(data[: whole * frame_bytes], "<f4").reshape(whole, header.channels)
                yield np.ascontiguousarray(samples.T)
            process.wait()
        finally:
            process.kill()  # where the reader stopped early; a process that has ended is not touched
    if process.returncode != 0:
        raise NotTaken(Refusal.UNDECODABLE, at_frame=frames)
