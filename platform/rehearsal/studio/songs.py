"""A song of its own for every order: a window of bars of the demo's recording, cut from stems and mixes alike."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import numpy as np

from rehearsal.scenes.playing import Song
from rehearsal.song import mix, write_rough, write_stems
from rehearsal.song.score import BAR_S
from rehearsal.song.stems import STEMS, stem_path
from rehearsal.song.wav import RATE, read_wav, write_wav
from rehearsal.studio.plan import TALES
from rehearsal.studio.tales import Tale

FRAME_BYTES = 6  # stereo, 24 bit
HEAD_BYTES = 44
FADE_S = 0.4
VERSIONS = (1, 2)


def record_all(folder: Path) -> None:
    """Every order's song in its own folder; what an earlier run recorded is kept."""
    missing = [tale for tale in TALES if tale.has_sound and not _done(folder, tale).exists()]
    if not missing:
        return
    whole = folder / "whole"
    whole.mkdir(parents=True, exist_ok=True)
    write_stems(whole)
    rough, mixes = write_rough(whole), [mix(whole, version) for version in VERSIONS]
    for tale in missing:
        _cut(whole, folder, tale, [rough, *mixes])
    shutil.rmtree(whole)


def song_of(folder: Path, tale: Tale) -> Song:
    """Where the recorded song of an order lies."""
    own = _own(folder, tale)
    return Song(
        [own / f"{STEMS[name].title}.wav" for name in tale.stems],
        own / "Rough mix.wav",
        {version: own / f"Mix v{version}.wav" for version in VERSIONS},
    )


def _cut(whole: Path, folder: Path, tale: Tale, mixed: list[Path]) -> None:
    own = _own(folder, tale)
    own.mkdir(parents=True, exist_ok=True)
    for name in tale.stems:
        _window(stem_path(whole, name), own / f"{STEMS[name].title}.wav", tale)
    for source in mixed:
        target = own / source.name
        _window(source, target, tale)
        _fade(target)
    _done(folder, tale).touch()


def _window(source: Path, target: Path, tale: Tale) -> None:
    """The tale's bars, bit for bit."""
    first, frames = round(tale.from_bar * BAR_S * RATE), round(tale.bars * BAR_S * RATE)
    with source.open("rb") as file:
        head = bytearray(file.read(HEAD_BYTES))
        file.seek(HEAD_BYTES + first * FRAME_BYTES)
        body = file.read(frames * FRAME_BYTES)
    struct.pack_into("<I", head, 4, len(body) + HEAD_BYTES - 8)
    struct.pack_into("<I", head, HEAD_BYTES - 4, len(body))
    target.write_bytes(bytes(head) + body)


def _fade(path: Path) -> None:
    """In from nothing and out to nothing, as a mix begins and ends."""
    sound = read_wav(path)
    ramp = np.linspace(0, 1, round(FADE_S * RATE), dtype=np.float32)
    sound[:, : ramp.size] *= ramp
    sound[:, -ramp.size :] *= ramp[::-1]
    write_wav(path, sound)


def _own(folder: Path, tale: Tale) -> Path:
    # A tale that is cut anew is a song anew: the window stands in the name.
    return folder / f"{tale.title} {tale.from_bar}+{tale.bars}"


def _done(folder: Path, tale: Tale) -> Path:
    return _own(folder, tale) / f"complete {len(tale.stems)}"
