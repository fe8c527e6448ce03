"""`settings`: every setting with its unit, default and meaning; secrets are never printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pydantic import SecretStr

from headroom.settings import Settings, read_settings, refusals


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as documented."""

    variable: str
    kind: str
    default: str
    unit: str
    doc: str
    is_secret: bool


def main(arguments: list[str]) -> int:
    """Print the table; with `--values`, what this environment sets; then what production would refuse."""
    settings = read_settings()
    for row in rows():
        unit = f" [{row.unit}]" if row.unit else ""
        print(f"{row.variable:<34} {row.kind:<8} {row.default or '–':<36} {row.doc}{unit}")
    if "--values" in arguments:
        print()
        for row, value in zip(rows(), _values(settings), strict=True):
            print(f"{row.variable}={'(secret)' if row.is_secret and value else value}")
    for sentence in refusals(settings):
        print(f"refused: {sentence}")
    return 0


def rows() -> Iterator[Row]:
    """The documentation of every setting, in the order of the class."""
    for field in Settings.model_fields.values():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield Row(
            variable=str(field.validation_alias),
            kind=getattr(field.annotation, "__name__", str(field.annotation)).replace("SecretStr", "secret"),
            default=_shown(field.default),
            unit=str(extra.get("unit", "")),
            doc=field.description or "",
            is_secret=bool(extra.get("secret")),
        )


def _values(settings: Settings) -> Iterator[str]:
    for name in Settings.model_fields:
        yield _shown(getattr(settings, name))


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    return str(value.value) if isinstance(value, Enum) else str(value)
