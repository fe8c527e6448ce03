"""What lies on the disk of the embedded store: the last proof that deleted bytes are gone.

An S3 answer cannot show a segment that lost its object. Swift keeps each stored file's name in an extended
attribute, so the disk itself can be asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_ATTRIBUTE = "user.swift.metadata"


def files_of(data_dir: Path, keys: Iterable[str]) -> int:
    """How many data files of the embedded store in `data_dir` belong to any of `keys`."""
    names = [key.encode() for key in keys]
    return sum(
        1
        for path in (data_dir / "node").glob("*/objects*/*/*/*/*.data")
        if any(name in _metadata(path) for name in names)
    )


def _metadata(path: Path) -> bytes:
    """A stored file's metadata, which holds its name; empty once it has vanished."""
    parts: list[bytes] = []
    try:
        while True:
            parts.append(os.getxattr(path, f"{_ATTRIBUTE}{len(parts) or ''}"))
    except OSError:  # no further attribute, or the file went while we looked
        return b"".join(parts)
