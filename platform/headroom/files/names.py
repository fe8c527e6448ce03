"""PURE. The name a person gave a file: kept as text in any script, never used as a key or a path."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 200
UNNAMED = "untitled"


def clean(name: str) -> str:
    """The name as it is kept and shown: NFC, no folder, no control or direction characters, ≤ 200 characters.

    Letters of every script stay. What is cut is cut from the middle, so that the ending survives.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if not _is_hidden(c))
    collapsed = " ".join(kept.split()).strip(". ")
    return _shortened(collapsed) or UNNAMED


def ending(name: str) -> str:
    """The ending in small letters without the dot; empty if there is none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem and len(last) <= 8 else ""


def _is_hidden(character: str) -> bool:
    """Control (Cc), format and direction marks (Cf), surrogates, private use, unassigned, line ends."""
    if character.isspace() and character not in "\n\r\v\f\u2028\u2029\x85":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shortened(name: str) -> str:
    if len(name) <= MAX_CHARACTERS:
        return name
    tail = f".{ending(name)}" if ending(name) else ""
    return name[: MAX_CHARACTERS - len(tail) - 1] + "…" + tail
