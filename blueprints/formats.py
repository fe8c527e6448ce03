"""Money, instants and sizes in the reader's notation. Plain strings; components put the markup around them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from flask_babel import get_locale

from blueprints.locales import LOCALES, current_time_zone
from headroom.money import minor_digits

_SIZES = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_SIZES_RU = {"TB": "ТБ", "GB": "ГБ", "MB": "МБ", "kB": "кБ", "B": "Б"}
_MINUS = "\u2212"


_FALLBACK = Locale(LOCALES[0])


def _locale() -> Locale:
    """The language in force here: of the page's reader, or of a mail's (which has no request of its own)."""
    return get_locale() or _FALLBACK


def fmt_money(amount_minor: int, currency: str) -> str:
    """An amount as the reader's language writes it: $1,200.00 or 1 200,00 $."""
    code = currency.upper()
    amount = Decimal(amount_minor).scaleb(-minor_digits(code))
    return str(format_currency(amount, code, locale=_locale())).replace("-", _MINUS)


def fmt_time(instant: datetime, time_zone: str | None = None) -> str:
    """An instant to the minute in the reader's zone (or the one given); says UTC where that is the zone."""
    zone = time_zone or current_time_zone()
    words = str(format_datetime(instant, "d MMM y, HH:mm", tzinfo=ZoneInfo(zone), locale=_locale()))
    return f"{words} UTC" if zone == "UTC" else words


def fmt_date(instant: datetime) -> str:
    """The day of an instant in the reader's zone."""
    zone = ZoneInfo(current_time_zone())
    return str(format_datetime(instant, "d MMMM y", tzinfo=zone, locale=_locale()))


def fmt_seconds(length_s: float) -> str:
    """Seconds to the hundredth: 2.00, or 2,00 in Russian."""
    return str(format_decimal(Decimal(str(length_s)), format="#,##0.00", locale=_locale()))


def fmt_bytes(size_bytes: int) -> str:
    """A size in decimal units with three significant digits: 152 MB, 1.05 GB, 812 B."""
    locale = _locale()
    unit, divisor = next(((u, d) for u, d in _SIZES if size_bytes >= d), ("B", 1))
    value = Decimal(size_bytes) / divisor
    pattern = "#,##0" if value >= 100 or divisor == 1 else "#,##0.#" if value >= 10 else "#,##0.##"
    number = format_decimal(value, format=pattern, locale=locale)
    return f"{number}\u00a0{_SIZES_RU[unit] if locale.language == 'ru' else unit}"
