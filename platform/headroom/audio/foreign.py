"""What a file is that is no sound, so that its sender reads a reason; and what hides in one that is."""

from __future__ import annotations

import re

from headroom.audio.facts import Refusal, Remark
from headroom.audio.headers import Bytes, NotTaken

_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"Rar!\x1a\x07": "rar",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_OTHERS = {
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"%PDF": "pdf",
    b"MZ": "program",
    b"\x7fELF": "program",
    b"MThd": "midi",
    b"\x1aE\xdf\xa3": "video",
}
_PLAYLISTS = re.compile(
    rb"\A(\xef\xbb\xbf)?\s*(#EXTM3U|\[playlist\]|#EXT-X-|ffconcat version|<asx|https?://|file:)", re.I
)
_PLAYLIST_XML = re.compile(rb"<(playlist|smil|MPD)[\s>]", re.I)
_MARKUP = re.compile(rb"<\s*(html|script|svg|!doctype|iframe|body)[\s>/]", re.I)
_EDGE_BYTES = 64 * 1024
_ZIP_END = b"PK\x05\x06"


def refuse_foreign(source: Bytes) -> NotTaken:
    """The refusal for a file that no walker knows."""
    start = source.at(0, 4096)
    if _PLAYLISTS.match(start) or _PLAYLIST_XML.search(start):
        return NotTaken(Refusal.PLAYLIST)
    for magic, name in _ARCHIVES.items():
        if start.startswith(magic):
            return NotTaken(Refusal.ARCHIVE, looks_like=name)
    for magic, name in _OTHERS.items():
        if start.startswith(magic):
            return NotTaken(Refusal.NOT_AUDIO, looks_like=name)
    if start[4:8] == b"ftyp":
        return NotTaken(Refusal.NOT_AUDIO, looks_like="video")
    if _MARKUP.search(start):
        return NotTaken(Refusal.NOT_AUDIO, looks_like="markup")
    return NotTaken(Refusal.NOT_AUDIO, looks_like="text" if _is_text(start) else "unknown")


def hidden_inside(source: Bytes) -> tuple[Remark, ...]:
    """A second reading of an accepted file: as an archive or a page. It is stored and served as sound alone."""
    remarks = []
    last = source.at(max(0, source.size - _EDGE_BYTES - 22), _EDGE_BYTES + 22)
    if _ends_as_zip(last):
        remarks.append(Remark.HIDDEN_ARCHIVE)
    if _MARKUP.search(source.at(0, _EDGE_BYTES)) or _MARKUP.search(last):
        remarks.append(Remark.HIDDEN_MARKUP)
    return tuple(remarks)


def _ends_as_zip(last: bytes) -> bool:
    """Whether a ZIP's end record closes the file; its four magic bytes alone also occur by chance in sound."""
    at = last.rfind(_ZIP_END)
    if at < 0 or len(last) - at < 22:
        return False
    comment_bytes = int.from_bytes(last[at + 20 : at + 22], "little")
    return at + 22 + comment_bytes == len(last)


def _is_text(start: bytes) -> bool:
    if b"\x00" in start:
        return start[:2] in {b"\xff\xfe", b"\xfe\xff"}
    try:
        start[: len(start) - 4 if len(start) > 8 else len(start)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
