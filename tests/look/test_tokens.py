"""Colors are read from the style sheet itself, and their contrast is computed (WCAG 2.2, relative luminance)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parent.parent.parent / "static/css/tokens.css"
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
THEMES = ("light", "dark")
GROUNDS = ("bg", "panel", "raised")
TEXT = 4.5
GRAPHIC = 3.0


def colors(theme: str) -> dict[str, str]:
    return {name: pair[THEMES.index(theme)] for name, *pair in PAIR.findall(TOKENS.read_text("utf-8"))}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["ink", "ink-2", "amber", "teal", "red", "green", "blue"])
def test_words_can_be_read_on_every_ground(theme: str, ground: str, ink: str) -> None:
    table = colors(theme)

    assert contrast(table[ink], table[ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("mark", ["edge", "wave"])
def test_borders_of_controls_and_the_wave_stand_out_on_every_ground(theme: str, ground: str, mark: str) -> None:
    table = colors(theme)

    assert contrast(table[mark], table[ground]) >= GRAPHIC


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), [("on-amber", "amber"), ("on-amber", "amber-hover"), ("on-red", "red")])
def test_words_on_filled_buttons_can_be_read(theme: str, ink: str, ground: str) -> None:
    table = colors(theme)

    assert contrast(table[ink], table[ground]) >= TEXT


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
