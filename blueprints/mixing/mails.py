"""What the mail templates need: the same sentences as the page, and instants in the reader's own zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask_babel import get_locale

from blueprints.mixing import bp
from blueprints.mixing.news import news_todo, news_words, with_money


@bp.app_template_global("news")
def news(code: str, values: Mapping[str, Any]) -> dict[str, str]:
    """`headline` and `todo` of one piece of news, for this reader."""
    shown = with_money(values)
    return {"headline": news_words(code, shown), "todo": news_todo(code, shown)}


@bp.app_template_global("mail_time")
def mail_time(iso: str, time_zone: str) -> str:
    """An instant in the reader's language and zone, the zone named."""
    words = format_datetime(
        datetime.fromisoformat(iso), "d MMMM y, HH:mm", tzinfo=ZoneInfo(time_zone), locale=get_locale()
    )
    return f"{words} ({time_zone})"
