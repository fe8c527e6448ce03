"""Which container is this, and what does it declare? By magic bytes; names and MIME types are not asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from headroom.audio.aiff import looks_like_aiff, walk_aiff
from headroom.audio.facts import Refusal
from headroom.audio.flac import looks_like_flac, walk_flac
from headroom.audio.foreign import hidden_inside, refuse_foreign
from headroom.audio.headers import Bytes, Header, NotTaken, check_limits
from headroom.audio.mp4 import looks_like_mp4, walk_mp4
from headroom.audio.mpeg import looks_like_adts, looks_like_mp3, walk_adts, walk_mp3
from headroom.audio.ogg import looks_like_ogg, walk_ogg
from headroom.audio.riff import looks_like_riff, walk_riff


def read_header(path: Path) -> Header:
    """The header of an accepted file, within all limits; raises NotTaken with the reason otherwise."""
    with Bytes(path) as source:
        if source.size == 0:
            raise NotTaken(Refusal.EMPTY_FILE)
        header = _walk(source)
        check_limits(header)
        return replace(header, remarks=header.remarks + hidden_inside(source))


def _walk(source: Bytes) -> Header:
    start = source.at(0, 64)
    by_start = (
        (looks_like_riff, walk_riff),
        (looks_like_aiff, walk_aiff),
        (looks_like_flac, walk_flac),
        (looks_like_ogg, walk_ogg),
        (looks_like_mp4, walk_mp4),
    )
    for looks_like, walk in by_start:
        if looks_like(start):
            return walk(source)
    if looks_like_adts(source):
        return walk_adts(source)
    if looks_like_mp3(source):
        return walk_mp3(source)
    raise refuse_foreign(source)
