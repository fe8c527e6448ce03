"""Raw request bodies to plain values, refusing what would hurt later.

The stock parsers accept NaN, duplicate keys, lone surrogates, NUL and 100 000 form keys, and fail with an
internal error on deep nesting; PostgreSQL then refuses some of that in the middle of a verb. So every body
goes through here before a handler sees it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from headroom.errors import Invalid

MAX_DEPTH = 32  # nesting of arrays and objects
MAX_KEYS = 2_000  # keys of all objects together
MAX_FORM_FIELDS = 400  # name=value pairs of one form
MAX_INT = 2**63 - 1  # what a bigint holds
_INT_DIGITS = 20  # sign and digits of the widest 64-bit integer; longer text is not even converted

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
FormValues = Mapping[str, list[str]]


class UnreadableBody(Invalid):
    """The body is not what its content type says, or passes a limit; `reason` is a short machine word."""

    code = "unreadable_body"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)


def parse_json(raw: bytes) -> Json:
    """The value of a JSON body. Raises UnreadableBody for what a handler or the database chokes on."""
    text = _utf8(raw)
    _check_depth(raw)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_KeyCounter().object,
            parse_int=_small_int,
            parse_float=_finite,
            parse_constant=_no_constant,
        )
    except (json.JSONDecodeError, RecursionError):
        raise UnreadableBody("not_json") from None
    _check_strings(value)
    return value  # type: ignore[no-any-return]


def parse_form(raw: bytes) -> FormValues:
    """The fields of a urlencoded body, in order, each with all its values; line ends become LF."""
    pairs = raw.split(b"&") if raw else []
    if len(pairs) > MAX_FORM_FIELDS:
        raise UnreadableBody("too_many_fields")
    fields: dict[str, list[str]] = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        fields.setdefault(_form_text(name), []).append(_form_text(value))
    return fields


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def _form_text(raw: bytes) -> str:
    text = _utf8(unquote_to_bytes(raw.replace(b"+", b" ")))
    if not is_storable(text):
        raise UnreadableBody("unstorable_character")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableBody("not_utf8") from None


def _check_depth(raw: bytes) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise UnreadableBody("too_deep")


class _KeyCounter:
    """Builds objects, counting keys over the whole body."""

    def __init__(self) -> None:
        self.keys = 0

    def object(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        self.keys += len(pairs)
        if self.keys > MAX_KEYS:
            raise UnreadableBody("too_many_keys")
        built = dict(pairs)
        if len(built) != len(pairs):
            raise UnreadableBody("duplicate_key")
        return built


def _small_int(text: str) -> int:
    if len(text) > _INT_DIGITS or not -MAX_INT - 1 <= int(text) <= MAX_INT:
        raise UnreadableBody("number_too_large")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise UnreadableBody("number_too_large")
    return value


def _no_constant(_name: str) -> Json:
    raise UnreadableBody("not_a_number")


def _check_strings(value: Json) -> None:
    if isinstance(value, str):
        if not is_storable(value):
            raise UnreadableBody("unstorable_character")
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key)
            _check_strings(item)
