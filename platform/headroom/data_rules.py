"""The rule that every column carries: why it is held, on what ground, for how long, and what becomes of it.

One object, four readers: the data map (what we hold about you), the export (`export`), the eraser (`erase`)
and the sweeper (`retain`). A column without a complete rule fails `./headroom check` (see `lint`).

A table says two more things, as class attributes of its model:

    __subject__   = "person_id"             column (or dotted path of foreign keys) that leads to the person;
                    None when no person is concerned
    __row_life__  = RowLife(...)            when whole rows go (None: rows live until a verb removes them)

Reading a model then looks like this:

    class Person(Base):
        __tablename__ = "person"
        __subject__ = "id"
        email: Mapped[str] = mapped_column(Text, info=ruled(CONTACT_OF_ACCOUNT))
        last_ip: Mapped[str | None] = mapped_column(Text, info=ruled(SECURITY_FACT, retain=days("last_seen_at", 30)))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

RULE_KEY = "data_rule"  # the key in Column.info


class Purpose(StrEnum):
    """Why a datum is held. The closed list of the privacy policy."""

    SERVICE = "service"
    PAYMENTS = "payments"
    COMMUNICATION = "communication"
    SECURITY = "security"
    ASSISTANT = "assistant"
    SUPPORT = "support"
    IMPROVEMENT = "improvement"
    LEGAL = "legal"


class Basis(StrEnum):
    """The legal ground (GDPR article 6)."""

    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    CONSENT = "consent"
    LEGAL_DUTY = "legal_duty"


class DataClass(StrEnum):
    """What kind of datum it is; everything but TECHNICAL is personal."""

    IDENTITY = "identity"
    CONTACT = "contact"
    PROFILE = "profile"
    CONTENT = "content"
    FINANCIAL = "financial"
    SECURITY = "security"
    SECRET = "secret"
    LINK = "link"  # a reference to a person or to a row of theirs
    RECORD = "record"  # states, times and counts of the person's doings
    TECHNICAL = "technical"  # concerns no person


class Source(StrEnum):
    """Where it comes from."""

    PERSON = "person"
    AUTOMATIC = "automatic"
    PAYMENT_PROVIDER = "payment_provider"
    MAIL_PROVIDER = "mail_provider"
    IDENTITY_PROVIDER = "identity_provider"
    STAFF = "staff"
    OTHER_PERSON = "other_person"


class AtEnd(StrEnum):
    """What the sweeper does with a value at the end of its time."""

    CLEAR = "clear"  # set NULL
    CUT_ADDRESS = "cut_address"  # keep the network only: /24 or /48


class Erase(StrEnum):
    """What the eraser does with a value when its person leaves."""

    ROW = "row"  # the row goes
    CLEAR = "clear"  # set NULL, or the column's empty value
    PSEUDONYM = "pseudonym"  # replaced by a random stand-in that joins to nothing
    KEEP = "keep"  # kept for the law's time; needs basis legal_duty and an end
    NONE = "none"  # nothing of a person in it


@dataclass(frozen=True, slots=True)
class Retain:
    """How long a value is held.

    `with_row`: as long as its row (see `__row_life__`). Otherwise `days` after the instant in column `anchor`
    of the same row, and then `at_end` happens.
    """

    with_row: bool = True
    anchor: str | None = None
    days: int | None = None
    at_end: AtEnd = AtEnd.CLEAR


WITH_ROW = Retain()


def days(anchor: str, count: int, *, at_end: AtEnd = AtEnd.CLEAR) -> Retain:
    """Hold a value for `count` days after the instant in column `anchor`."""
    return Retain(with_row=False, anchor=anchor, days=count, at_end=at_end)


@dataclass(frozen=True, slots=True)
class RowLife:
    """When whole rows go: `days` after the instant in `anchor` (NULL there: not yet).

    `only_where` is a constant SQL condition, for tables where only some rows age.
    """

    anchor: str
    days: int
    only_where: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The complete rule of one column. Immutable; derive variants with `ruled(base, …)`."""

    purpose: Purpose
    basis: Basis
    data_class: DataClass
    source: Source
    recipients: tuple[str, ...]  # outside parties, as named in the register of recipients
    retain: Retain
    export: bool  # given to the person in their copy
    erase: Erase
    why: str = ""  # one sentence for the data map where the name does not say it


def ruled(rule: Rule, **changes: Any) -> dict[str, Rule]:
    """The `info` of a column: `rule`, with the named fields replaced."""
    return {RULE_KEY: replace(rule, **changes) if changes else rule}


def _rule(purpose: Purpose, basis: Basis, data_class: DataClass, source: Source, *, export: bool, erase: Erase) -> Rule:
    return Rule(purpose, basis, data_class, source, (), WITH_ROW, export, erase)


# The usual kinds of columns. Domains derive from these; a rule that fits nowhere is written out in full.
TECHNICAL = _rule(
    Purpose.SERVICE,
    Basis.LEGITIMATE_INTEREST,
    DataClass.TECHNICAL,
    Source.AUTOMATIC,
    export=False,
    erase=Erase.NONE,
)
KEY = TECHNICAL  # random ids of rows
LINK = _rule(Purpose.SERVICE, Basis.CONTRACT, DataClass.LINK, Source.AUTOMATIC, export=True, erase=Erase.PSEUDONYM)
RECORD = _rule(  # states, counts and times of what a person did here
    Purpose.SERVICE, Basis.CONTRACT, DataClass.RECORD, Source.AUTOMATIC, export=True, erase=Erase.NONE
)
IDENTITY = _rule(Purpose.SERVICE, Basis.CONTRACT, DataClass.IDENTITY, Source.PERSON, export=True, erase=Erase.CLEAR)
CONTACT = _rule(Purpose.COMMUNICATION, Basis.CONTRACT, DataClass.CONTACT, Source.PERSON, export=True, erase=Erase.CLEAR)
PROFILE = _rule(Purpose.SERVICE, Basis.CONTRACT, DataClass.PROFILE, Source.PERSON, export=True, erase=Erase.CLEAR)
CONTENT = _rule(Purpose.SERVICE, Basis.CONTRACT, DataClass.CONTENT, Source.PERSON, export=True, erase=Erase.CLEAR)
SECURITY_FACT = _rule(
    Purpose.SECURITY,
    Basis.LEGITIMATE_INTEREST,
    DataClass.SECURITY,
    Source.AUTOMATIC,
    export=True,
    erase=Erase.CLEAR,
)
SECRET = _rule(Purpose.SECURITY, Basis.CONTRACT, DataClass.SECRET, Source.AUTOMATIC, export=False, erase=Erase.ROW)
FINANCIAL = _rule(  # journals, payments, receipts: tax law outlives the account
    Purpose.PAYMENTS, Basis.LEGAL_DUTY, DataClass.FINANCIAL, Source.AUTOMATIC, export=True, erase=Erase.KEEP
)
ACCEPTANCE = _rule(  # records of consent: life of the account and six years
    Purpose.LEGAL, Basis.LEGAL_DUTY, DataClass.RECORD, Source.PERSON, export=True, erase=Erase.KEEP
)

DAYS_OF_SECURITY_RECORDS = 365  # the policies promise at most twelve months
DAYS_OF_FULL_ADDRESS = 30  # then /24 or /48
DAYS_OF_FINANCIAL_RECORDS = 3653  # ten years, the longest tax period among the supported regions
DAYS_OF_ACCEPTANCE = 2192  # six years after the account's end, to settle disputes
DAYS_OF_ACCEPTANCE_ADDRESS = 1096  # three years whole, then cut


def rule_of(column: Any) -> Rule | None:
    """The rule a column carries, or None."""
    rule = column.info.get(RULE_KEY)
    return rule if isinstance(rule, Rule) else None


def lint(metadata: MetaData, models: Mapping[str, type], *, exempt: Iterable[str] = ()) -> list[str]:
    """Every way in which the schema breaks the rules, one sentence each; empty when complete.

    `models` maps table names to their mapped classes; tables in `exempt` belong to libraries.
    """
    skipped = set(exempt)
    findings: list[str] = []
    for table in metadata.tables.values():
        if table.name in skipped:
            continue
        findings += _lint_table(table, models.get(table.name))
    return findings


def _lint_table(table: Table, model: type | None) -> list[str]:
    if model is None:
        return [f"{table.name}: no model declares this table"]
    findings = []
    life = getattr(model, "__row_life__", None)
    personal = False
    for column in table.columns:
        rule = rule_of(column)
        if rule is None:
            findings.append(f"{table.name}.{column.name}: no data rule")
            continue
        personal = personal or rule.data_class is not DataClass.TECHNICAL
        findings += _lint_rule(table, column, rule, life)
    if not hasattr(model, "__subject__"):
        findings.append(f"{table.name}: __subject__ is not declared")
    elif personal and model.__subject__ is None and not getattr(model, "__subject_why__", ""):
        findings.append(f"{table.name}: holds personal columns but names no subject (or __subject_why__)")
    if life is not None and life.anchor not in table.columns:
        findings.append(f"{table.name}: __row_life__ names no column {life.anchor!r}")
    return findings


def _lint_rule(table: Table, column: Any, rule: Rule, life: RowLife | None) -> list[str]:
    where = f"{table.name}.{column.name}"
    findings = []
    for part in fields(rule):
        if getattr(rule, part.name) is None:
            findings.append(f"{where}: rule lacks {part.name}")
    if rule.erase is Erase.KEEP and rule.basis is not Basis.LEGAL_DUTY:
        findings.append(f"{where}: erase=keep needs basis=legal_duty")
    if rule.erase is Erase.KEEP and rule.retain.with_row and life is None:
        findings.append(f"{where}: erase=keep needs an end (retain or __row_life__)")
    if not rule.retain.with_row and (rule.retain.anchor or "") not in table.columns:
        findings.append(f"{where}: retain names no column {rule.retain.anchor!r}")
    if not rule.retain.with_row and rule.retain.at_end is AtEnd.CLEAR and not column.nullable:
        findings.append(f"{where}: cleared at the end of its time, so it must be nullable")
    if isinstance(column.type, JSONB) and rule.data_class is DataClass.TECHNICAL and not rule.why:
        findings.append(f"{where}: free-form JSON is personal unless `why` says otherwise")
    if type(column.type) is Text and rule.data_class is DataClass.TECHNICAL and not rule.why:
        findings.append(f"{where}: free text is personal unless `why` says otherwise")
    if rule.data_class is DataClass.SECRET and not isinstance(column.type, LargeBinary) and not rule.why:
        findings.append(f"{where}: a secret is stored as bytes (hash or ciphertext), or `why` says why not")
    if column.foreign_keys and rule.data_class is DataClass.TECHNICAL and _points_to_person(column.foreign_keys):
        findings.append(f"{where}: a link to a person is personal")
    return findings


def _points_to_person(keys: Iterable[ForeignKey]) -> bool:
    return any(key.target_fullname == "person.id" for key in keys)
