"""Legal documents: the version in force at a fixed address, every version at its own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import nh3
from flask import Blueprint, render_template, request
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from blueprints.locales import LOCALES, current_locale
from blueprints.signed_in import public
from headroom import clock
from headroom.accounts import documents
from headroom.accounts.documents import Kind
from headroom.accounts.models import LegalDocument
from headroom.db import reading

bp = Blueprint("legal", __name__)

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "strong", "table", "tbody",
    "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@lru_cache(maxsize=64)  # texts never change once posted
def rendered(markdown: str) -> Markup:
    """Markdown as safe HTML: raw HTML off in the parser, then an allowlist of tags, as two locks."""
    html = nh3.clean(
        _MARKDOWN.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="nofollow noopener",
    )
    return Markup(html)  # noqa: S704 — cleaned above


@bp.get("/legal")
@public
def index() -> Any:
    now = clock.now()
    with reading() as session:
        listed = [documents.in_force(session, kind, current_locale(), now=now) for kind in Kind]
    return render_template("legal/index.html", documents=listed)


@bp.get("/legal/<kind>")
@public
def current(kind: str) -> Any:
    now = clock.now()
    with reading() as session:
        document = documents.in_force(session, _kind(kind), _locale(), now=now)
        versions = documents.versions_of(session, _kind(kind), document.locale)
    return _page(document, versions)


@bp.get("/legal/<kind>/<int:version>")
@public
def version(kind: str, version: int) -> Any:
    with reading() as session:
        document = documents.version_of(session, _kind(kind), version, _locale())
        versions = documents.versions_of(session, _kind(kind), document.locale)
    return _page(document, versions)


def _page(document: LegalDocument, versions: list[LegalDocument]) -> str:
    return render_template(
        "legal/document.html",
        document=document,
        body=rendered(document.body),
        versions=versions,
        sha256=bytes(document.body_sha256).hex(),
        others=[locale for locale in LOCALES if locale != document.locale],
    )


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        raise NotFound from None


def _locale() -> str:
    """The language asked for in the address (to read the authoritative text), else the reader's own."""
    asked = request.args.get("in", "")
    return asked if asked in LOCALES else current_locale()
