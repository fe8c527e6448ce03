"""Legal documents as published: texts of legal/ with the figures of this installation filled in, then immutable.

A text lies in `legal/<kind>/<version>.<locale>.md`: a line `title: …`, a line `authoritative: yes|no`, an empty
line, then Markdown in which `{name}` stands for a figure or for the operator's name. Each kind's version 1
applies at once; a later one fourteen days after it was posted.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.accounts.errors import DocumentMoved, NoDocument
from headroom.accounts.models import LegalDocument

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parents[3] / "legal"
LOCALES = ("en", "ru")
NOTICE = timedelta(days=14)  # between posting a change and its effect
_PLACE = re.compile(r"\{([a-z_]+)\}")
_FILE = re.compile(r"(?P<version>[1-9]\d*)\.(?P<locale>[a-z]{2})\.md")


class Kind(StrEnum):
    """The documents there are; the values are their addresses under /legal/."""

    PRIVACY = "privacy"
    TERMS = "terms"
    ENGINEER = "engineer"
    REFUNDS = "refunds"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Text:
    """One text as it lies in legal/, figures filled in."""

    kind: Kind
    version: int
    locale: str
    title: str
    authoritative: bool
    body: str

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(f"{self.title}\n\n{self.body}".encode()).digest()


def read_texts(values: Mapping[str, str], folder: Path = FOLDER) -> list[Text]:
    """All texts, in order. ValueError for an unknown figure, a missing translation, or no single authority."""
    texts = [_read(path, kind, values) for kind in Kind for path in sorted((folder / kind.value).glob("*.md"))]
    for kind in Kind:
        versions = {t.version for t in texts if t.kind is kind}
        if not versions:
            raise ValueError(f"legal/{kind.value} has no text")
        for version in versions:
            _check_set(kind, version, [t for t in texts if t.kind is kind and t.version == version])
    return texts


def publish_all(session: Session, *, figures: Mapping[str, str], now: datetime, folder: Path = FOLDER) -> int:
    """Post every text that is not yet posted; returns how many. Posted ones stay as they are.

    A posted text whose file or figures changed since is reported, never replaced: it needs a new version.
    """
    posted = {(d.kind, d.version, d.locale): bytes(d.body_sha256) for d in session.scalars(select(LegalDocument))}
    new = 0
    for text in read_texts(figures, folder):
        earlier = posted.get((text.kind.value, text.version, text.locale))
        if earlier is None:
            session.add(_document(text, now=now))
            new += 1
        elif earlier != text.sha256:
            log.error(
                "legal/%s/%s.%s differs from what is posted; give the change a new version",
                text.kind.value,
                text.version,
                text.locale,
            )
    session.flush()
    return new


def in_force(session: Session, kind: Kind, locale: str, *, now: datetime) -> LegalDocument:
    """The newest version in effect, in `locale` if there is such a text; NoDocument before any is."""
    found = session.scalars(
        select(LegalDocument)
        .where(LegalDocument.kind == kind.value, LegalDocument.effective_at <= now)
        .order_by(LegalDocument.version.desc())
    ).all()
    return _in_language(found, locale)


def version_of(session: Session, kind: Kind, version: int, locale: str) -> LegalDocument:
    """One version, in force or not; NoDocument if it was never posted."""
    found = session.scalars(
        select(LegalDocument).where(LegalDocument.kind == kind.value, LegalDocument.version == version)
    ).all()
    return _in_language(found, locale)


def versions_of(session: Session, kind: Kind, locale: str) -> list[LegalDocument]:
    """All versions in one language, newest first."""
    found = session.scalars(
        select(LegalDocument)
        .where(LegalDocument.kind == kind.value, LegalDocument.locale == locale)
        .order_by(LegalDocument.version.desc())
    )
    return list(found)


def accepted(session: Session, document_id: str, kind: Kind, *, now: datetime) -> LegalDocument:
    """The document that a form says was accepted, if its version is the one in force; DocumentMoved if not."""
    document = session.get(LegalDocument, document_id)
    if document is None or document.kind != kind.value:
        raise DocumentMoved(kind=kind.value)
    if document.version != in_force(session, kind, document.locale, now=now).version:
        raise DocumentMoved(kind=kind.value)
    return document


def _in_language(found: object, locale: str) -> LegalDocument:
    documents = list(found)  # type: ignore[call-overload]
    if not documents:
        raise NoDocument
    newest = [d for d in documents if d.version == documents[0].version]
    chosen: LegalDocument = next((d for d in newest if d.locale == locale), newest[0])
    return chosen


def _document(text: Text, *, now: datetime) -> LegalDocument:
    return LegalDocument(
        kind=text.kind.value,
        version=text.version,
        locale=text.locale,
        authoritative=text.authoritative,
        title=text.title,
        body=text.body,
        body_sha256=text.sha256,
        posted_at=now,
        effective_at=now if text.version == 1 else now + NOTICE,
    )


def _read(path: Path, kind: Kind, values: Mapping[str, str]) -> Text:
    name = _FILE.fullmatch(path.name)
    if name is None:
        raise ValueError(f"{path}: a text is named <version>.<locale>.md")
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())

    def fill(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ValueError(f"{path}: unknown figure {match[0]}")
        return values[match[1]]

    return Text(
        kind=kind,
        version=int(name["version"]),
        locale=name["locale"],
        title=facts["title"],
        authoritative=facts["authoritative"] == "yes",
        body=_PLACE.sub(fill, body),
    )


def _check_set(kind: Kind, version: int, texts: list[Text]) -> None:
    if {t.locale for t in texts} != set(LOCALES):
        raise ValueError(f"legal/{kind.value}: version {version} lacks a translation")
    if sum(t.authoritative for t in texts) != 1:
        raise ValueError(f"legal/{kind.value}: version {version} needs exactly one authoritative language")
