"""Notices in words: a code and values to one sentence. A domain adds its codes beside its handlers:

tell("mixing.deliver_first", lambda v: _("%(other)s delivered %(title)s.", **v))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

Sentence = Callable[[Mapping[str, Any]], str]
_SENTENCES: dict[str, Sentence] = {}


def tell(kind: str, sentence: Sentence) -> None:
    """Give a kind of notice its sentence; ValueError if it has one already."""
    if kind in _SENTENCES:
        raise ValueError(f"the notice {kind!r} has a sentence already")
    _SENTENCES[kind] = sentence


def sentence_of(kind: str, values: Mapping[str, Any]) -> str:
    """The notice in the reader's language; a kind without a sentence of its own names what it is about."""
    sentence = _SENTENCES.get(kind)
    if sentence is not None:
        return sentence(values)
    title = values.get("title")
    return str(_("There is news about “%(title)s”.", title=title) if title else _("There is news for you."))
