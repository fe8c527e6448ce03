"""Where a person may be sent: paths of this site only."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Browsers drop tabs and line ends inside addresses and read a backslash as a slash, so `/\t/host` and
# `/\host` would leave the site.
_HOSTILE = re.compile(r"[\x00-\x20\x7f-\x9f\\\u2028\u2029]")
MAX_LENGTH = 1_000


def is_safe_path(target: str) -> bool:
    """Whether `target` is a plain path (with query) of this site, whatever a browser makes of it."""
    if not target.startswith("/") or target.startswith("//") or len(target) > MAX_LENGTH:
        return False
    if _HOSTILE.search(target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def safe_path(target: str | None, *, otherwise: str) -> str:
    """`target` if it stays on this site, else `otherwise`."""
    return target if target is not None and is_safe_path(target) else otherwise
