"""The reader's language, time zone and theme: what they chose, else what their browser asks for."""

from __future__ import annotations

import io
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from blueprints.visit import current_visit

LOCALES = ("en", "ru")
THEMES = ("system", "light", "dark")
LOCALE_COOKIE = "locale"
THEME_COOKIE = "theme"
CHOICE_COOKIE_S = 365 * 24 * 3600
_ROOT = Path(__file__).resolve().parent.parent


def current_locale() -> str:
    """The language code of this request: the cookie, the person's own, the browser's, English."""
    if not has_request_context():
        return LOCALES[0]
    chosen = request.cookies.get(LOCALE_COOKIE)
    if chosen in LOCALES:
        return chosen
    live = current_visit().live
    if live is not None and live.locale in LOCALES:
        return live.locale
    return request.accept_languages.best_match(LOCALES) or LOCALES[0]


def current_time_zone() -> str:
    """The name of the reader's time zone; UTC for a stranger."""
    if not has_request_context():
        return "UTC"
    live = current_visit().live
    return live.time_zone if live is not None else "UTC"


def current_theme() -> str:
    """light, dark or system."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    if chosen in THEMES:
        return chosen
    live = current_visit().live
    return live.theme if live is not None and live.theme in THEMES else "system"


def is_time_zone(name: str) -> bool:
    """Whether the machine's time zone data knows the name."""
    return name in available_timezones()


class _Catalogs(Domain):  # type: ignore[misc]
    """The catalogs of all domains as one."""

    def get_translations(self) -> Translations:
        return _current_catalog()


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Catalogs()


def _current_catalog() -> Translations:
    """The messages in the language in force: of the page's reader, or of a mail's."""
    locale = get_locale()
    return _read_catalogs(LOCALES[0] if locale is None else locale.language)


@cache
def _read_catalogs(locale: str) -> Translations:
    """All messages of a language, once per process. The English text is the message's id, so English needs none."""
    whole = Catalog(locale=locale)
    for path in sorted((_ROOT / "translations").glob(f"**/{locale}/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id and message.string:
                    whole[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


# A page translates over a hundred times, and Jinja's own i18n takes three nested calls for each.
@pass_eval_context
def _gettext(context: EvalContext, message: str, /, **values: Any) -> str:
    """`_` of the templates: the message with its `values`, which are escaped where the template is HTML."""
    words: str = _current_catalog().gettext(message)
    if context.autoescape:
        words = Markup(words)  # noqa: S704 - our own catalogs; only the values come from people
    return words % values if values or "%" in words else words


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, num: int, /, **values: Any) -> str:
    """The form of the message that goes with `num`, which fills its %(num)s."""
    words: str = _current_catalog().ngettext(one, many, num)
    if context.autoescape:
        words = Markup(words)  # noqa: S704 - as above
    return words % {"num": num, **values}


def install(app: Flask) -> None:
    """Give templates and handlers gettext in the reader's language."""
    _Babel(
        app,
        default_locale=LOCALES[0],
        default_timezone="UTC",
        locale_selector=current_locale,
        timezone_selector=current_time_zone,
    )
    app.jinja_env.globals.update({"_": _gettext, "gettext": _gettext, "ngettext": _ngettext})
