"""What a page may weigh, measured as it travels (gzip), so that a slow phone still gets it in a second and a half."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"
KB = 1000
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+\.js)["']""")


def test_scripts_of_a_text_page_weigh_at_most_32_kb() -> None:
    shell = modules_from(STATIC / "js/shell/shell.js", follow_dynamic=False)

    assert packed(shell) <= 32 * KB


def test_scripts_of_a_page_with_sound_and_uploads_weigh_at_most_48_kb() -> None:
    room = modules_from(STATIC / "js/shell/shell.js", follow_dynamic=True)
    room |= modules_from(STATIC / "js/upload/upload.js", follow_dynamic=True)

    assert STATIC / "js/room/ab.js" in room
    assert packed(room) <= 48 * KB


def test_all_style_sheets_together_weigh_at_most_16_kb() -> None:
    assert packed(set((STATIC / "css").glob("*.css"))) <= 16 * KB


@pytest.mark.parametrize(("locale", "limit_kb"), [("latin", 50), ("", 75)])
def test_fonts_weigh_what_the_reader_of_a_language_can_bear(locale: str, limit_kb: int) -> None:
    faces = [path for path in (STATIC / "fonts").glob("*.woff2") if locale in path.name]

    assert len(faces) == (2 if locale else 4)
    assert sum(path.stat().st_size for path in faces) <= limit_kb * KB


def modules_from(entry: Path, *, follow_dynamic: bool) -> set[Path]:
    """The module and all that it imports; those behind `import()` only if asked."""
    found: set[Path] = set()
    waiting = [entry]
    while waiting:
        module = waiting.pop().resolve()
        if module in found:
            continue
        found.add(module)
        source = module.read_text("utf-8")
        if not follow_dynamic:
            source = re.sub(r"import\([^)]*\)", "", source)
        waiting += [module.parent / name for name in IMPORT.findall(source)]
    return found


def packed(paths: set[Path]) -> int:
    """Bytes of all files, each compressed on its own, as a server sends them."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)
