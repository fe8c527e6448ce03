"""Every English string of the sources has its Russian one, with all three plural forms."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGS = sorted((ROOT / "translations").glob("*/ru/LC_MESSAGES/*.po"))
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "_l": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
}
RUSSIAN_PLURALS = 3


@cache
def known() -> dict[str, Any]:
    """English text → Russian message, over all catalogs."""
    found: dict[str, Any] = {}
    for path in CATALOGS:
        with path.open("rb") as file:
            for message in read_po(file, locale="ru"):
                if message.id and not message.fuzzy:
                    found[message.id if isinstance(message.id, str) else message.id[0]] = message
    return found


def sources() -> list[Path]:
    templates = [path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".xml"}]
    return sorted([*templates, *(ROOT / "blueprints").rglob("*.py"), *(ROOT / "worker").rglob("*.py")])


def asked_by(path: Path) -> set[str]:
    method = "python" if path.suffix == ".py" else "jinja2"
    options = {"trimmed": "true"}
    found = extract_from_file(method, str(path), keywords=KEYWORDS, options=options if method == "jinja2" else {})
    texts = (message if isinstance(message, str) else message[0] for _, message, _, _ in found)
    return {text for text in texts if text}


def is_whole(message: Any) -> bool:
    if message is None or not message.string:
        return False
    if isinstance(message.id, str):
        return True
    return len(message.string) == RUSSIAN_PLURALS and all(message.string)


def test_every_english_string_has_its_russian_one() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in sources()
        for text in asked_by(path)
        if not is_whole(known().get(text))
    }
    assert sorted(missing) == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: str(path.relative_to(ROOT).parts[1]))
def test_translations_keep_the_values_of_the_original(path: Path) -> None:
    """A dropped `%(count)s` is a sentence without its fact; an invented one is an error at a reader's screen."""
    with path.open("rb") as file:
        wrong = [f"{message.id}: {error}" for message, errors in read_po(file, locale="ru").check() for error in errors]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: str(path.relative_to(ROOT).parts[1]))
def test_russian_calls_an_account_by_one_name_and_greets_calmly(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "аккаунт" not in text.lower()
    assert [line for line in text.splitlines() if "Здравствуйте" in line and "!" in line] == []


@pytest.mark.parametrize(("number", "sentence"), [(1, "хотя бы %(num)s знак."), (2, "знака."), (5, "знаков.")])
def test_a_lower_limit_of_characters_is_said_in_each_plural(number: int, sentence: str) -> None:
    message = known()["Use at least %(num)s character."]
    assert message.string[{1: 0, 2: 1, 5: 2}[number]].endswith(sentence)
