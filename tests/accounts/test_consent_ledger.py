"""The ledger of consent and the documents: append-only, chained, versioned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from headroom.accounts import consent, documents
from headroom.accounts.documents import Kind
from headroom.accounts.errors import DocumentMoved
from headroom.accounts.models import ConsentEvent, ConsentEvidence, LegalDocument
from headroom.operating.legal_figures import figures
from headroom.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def accept(session: Session, person_id: str, kind: str = "early_start") -> int:
    return consent.record(
        session,
        person_id=person_id,
        kind=kind,
        document=None,
        action="accept",
        method="checkout_box",
        locale="ru",
        ip="192.0.2.7",
        user_agent="Listening/1.0",
        now=NOW,
        purpose="ord_1",
    )


def test_a_whole_chain_verifies(session: Session) -> None:
    for person in ("per_a", "per_b", "per_a"):
        accept(session, person)
    assert consent.verify(session) is None


@pytest.mark.parametrize("change", ["kind = 'terms'", "at = at + interval '1 second'", "subject_ref = 'per_z'"])
def test_a_changed_row_is_named(session: Session, change: str) -> None:
    for _ in range(3):
        accept(session, "per_a")
    session.execute(text("ALTER TABLE consent_event DISABLE TRIGGER ALL"))
    session.execute(text(f"UPDATE consent_event SET {change} WHERE seq = 2"))
    session.expire_all()
    broken = consent.verify(session)
    assert broken is not None
    assert broken.seq == 2


def test_a_row_taken_out_of_the_middle_is_noticed(session: Session) -> None:
    for _ in range(3):
        accept(session, "per_a")
    session.execute(text("ALTER TABLE consent_event DISABLE TRIGGER ALL"))
    session.execute(text("ALTER TABLE consent_evidence DISABLE TRIGGER ALL"))
    session.execute(text("DELETE FROM consent_event WHERE seq = 2"))
    session.expire_all()
    broken = consent.verify(session)
    assert broken is not None
    assert broken.seq == 3


def test_evidence_that_was_edited_is_noticed_and_evidence_that_was_cut_is_not(session: Session) -> None:
    accept(session, "per_a")
    session.execute(update(ConsentEvidence).values(ip="198.51.100.1"))
    session.expire_all()
    assert consent.verify(session) == consent.BrokenChain(1)
    session.execute(text("DELETE FROM consent_evidence"))
    session.expire_all()
    assert consent.verify(session) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_event SET action = 'withdraw'",
        "DELETE FROM consent_event",
        "TRUNCATE consent_event CASCADE",
        "UPDATE legal_document SET body = 'other words'",
        "DELETE FROM legal_document",
    ],
)
def test_the_database_refuses_changes(session: Session, settings: Settings, statement: str) -> None:
    documents.publish_all(session, figures=figures(settings), now=NOW)
    accept(session, "per_a")
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_withdrawing_is_a_new_row(session: Session) -> None:
    accept(session, "per_a", "newsletter")
    consent.record(
        session, person_id="per_a", kind="newsletter", document=None, action="withdraw", method="settings",
        locale="en", ip=None, user_agent="", now=NOW + timedelta(days=1),
    )  # fmt: skip
    newest = consent.current(session, "per_a", "newsletter")
    assert newest is not None
    assert (newest.action, newest.seq) == ("withdraw", 2)


def test_a_presented_address_matches_its_keyed_hash_only_with_the_key() -> None:
    stored = consent.address_hash(b"k" * 32, "Mara@Studio.test")
    assert stored == consent.address_hash(b"k" * 32, "mara@studio.test")
    assert stored != consent.address_hash(b"x" * 32, "mara@studio.test")


def test_the_texts_are_complete_and_their_figures_are_known(settings: Settings) -> None:
    texts = documents.read_texts(figures(settings))
    assert {(t.kind, t.locale) for t in texts} == {(kind, locale) for kind in Kind for locale in ("en", "ru")}
    for told in texts:
        assert "{" not in told.body
        assert "escrow" not in told.body.lower()


def test_figures_follow_the_settings(settings: Settings) -> None:
    terms = next(
        t
        for t in documents.read_texts(figures(settings.model_copy(update={"platform_fee_bp": 950})))
        if (t.kind, t.locale) == (Kind.TERMS, "en")
    )
    assert "9.5 percent" in terms.body


def test_publishing_twice_posts_once_and_keeps_what_is_posted(session: Session, settings: Settings) -> None:
    first = documents.publish_all(session, figures=figures(settings), now=NOW)
    changed = {**figures(settings), "platform_fee_percent": "99"}
    assert (first, documents.publish_all(session, figures=changed, now=NOW)) == (10, 0)
    assert "99 percent" not in documents.in_force(session, Kind.TERMS, "en", now=NOW).body


def second_version(folder: Path) -> Path:
    for kind in Kind:
        (folder / kind.value).mkdir()
        for locale in ("en", "ru"):
            head = f"title: T\nauthoritative: {'yes' if locale == 'en' else 'no'}\n\n"
            (folder / kind.value / f"1.{locale}.md").write_text(head + "first")
    for locale in ("en", "ru"):
        head = f"title: T\nauthoritative: {'yes' if locale == 'en' else 'no'}\n\n"
        (folder / "terms" / f"2.{locale}.md").write_text(head + "second")
    return folder


def test_a_new_version_applies_fourteen_days_after_it_is_posted(session: Session, tmp_path: Path) -> None:
    documents.publish_all(session, figures={}, now=NOW, folder=second_version(tmp_path))
    before = documents.in_force(session, Kind.TERMS, "en", now=NOW + timedelta(days=13, hours=23))
    after = documents.in_force(session, Kind.TERMS, "en", now=NOW + timedelta(days=14))
    assert (before.version, after.version) == (1, 2)


def test_the_database_refuses_a_shorter_notice(session: Session) -> None:
    session.add(
        LegalDocument(
            kind="terms", version=2, locale="en", authoritative=True, title="T", body="b", body_sha256=b"h",
            posted_at=NOW, effective_at=NOW + timedelta(days=13),
        )
    )  # fmt: skip
    with pytest.raises(DBAPIError, match="notice_of_change"):
        session.flush()


def test_a_text_without_its_translation_is_not_published(tmp_path: Path) -> None:
    folder = second_version(tmp_path)
    (folder / "rules" / "1.ru.md").unlink()
    with pytest.raises(ValueError, match="lacks a translation"):
        documents.read_texts({}, folder)


def test_accepting_a_version_that_is_no_longer_in_force_is_refused(session: Session, tmp_path: Path) -> None:
    documents.publish_all(session, figures={}, now=NOW, folder=second_version(tmp_path))
    old = session.scalars(
        select(LegalDocument).where(
            LegalDocument.kind == "terms", LegalDocument.version == 1, LegalDocument.locale == "en"
        )
    ).one()
    with pytest.raises(DocumentMoved):
        documents.accepted(session, old.id, Kind.TERMS, now=NOW + timedelta(days=15))


def test_two_writers_make_one_chain(private_database: object) -> None:
    import threading

    from headroom.actors import Actor
    from headroom.db import reading, unit

    def write(person: str) -> None:
        for _ in range(5):
            with unit(Actor.system("test")) as own:
                accept(own, person)

    threads = [threading.Thread(target=write, args=(f"per_{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading() as own:
        assert consent.verify(own) is None
        assert own.scalars(select(ConsentEvent.seq).order_by(ConsentEvent.seq)).all() == list(range(1, 21))
