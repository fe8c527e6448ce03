"""What holds for every template: nothing inline, icons that exist, words in both languages, licenses kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "mail" not in path.parts)
KEYWORDS = {"_": None, "gettext": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2)}
INLINE = re.compile(
    r"""<style|<script(?![^>]*\bsrc=)|\sstyle=|\son(?:click|load|change|input|submit|error)=|["']javascript:""", re.I
)
ICON_CALL = re.compile(r"""\bicon\("([\w-]+)"|icon_name="([\w-]+)"|rail_link\([^,]+, _\([^)]+\), "([\w-]+)"\)""")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_has_no_inline_script_or_style(page: Path) -> None:
    found = INLINE.search(page.read_text("utf-8"))

    assert found is None, f"the content security policy refuses it: {found and found.group()}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_every_icon_a_template_names_is_in_the_sprite(page: Path) -> None:
    sprite = set(re.findall(r'id="([\w-]+)"', (ROOT / "static/icons/sprite.svg").read_text("utf-8")))
    named = {name for groups in ICON_CALL.findall(page.read_text("utf-8")) for name in groups if name}

    assert named <= sprite


def test_the_frame_and_the_components_speak_russian() -> None:
    with (ROOT / "translations/shell/ru/LC_MESSAGES/messages.po").open("rb") as file:
        catalog = read_po(file, locale="ru")
    asked = {message for page in frame() for message in messages(page)}
    silent = {message for message in asked if not translated(catalog.get(key_of(message)))}

    assert len(asked) > 50
    assert silent == set()


@pytest.mark.parametrize(
    "license_file", ["fonts/onest-OFL.txt", "fonts/ibm-plex-mono-OFL.txt", "icons/lucide-LICENSE.txt"]
)
def test_what_we_carry_from_others_keeps_its_license(license_file: str) -> None:
    assert "Copyright" in (ROOT / "static" / license_file).read_text("utf-8")


def frame() -> list[Path]:
    return [ROOT / "templates/layout.html", *sorted((ROOT / "templates/components").glob("*.html"))]


def messages(page: Path) -> list[str | tuple[str, ...]]:
    return [message for _, message, _, _ in extract_from_file("jinja2", str(page), keywords=KEYWORDS)]


def key_of(message: str | tuple[str, ...]) -> str:
    return message if isinstance(message, str) else message[0]


def translated(message: object) -> bool:
    words = getattr(message, "string", None)
    return all(words) and len(words) == 3 if isinstance(words, tuple) else bool(words)
