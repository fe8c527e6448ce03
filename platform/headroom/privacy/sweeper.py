"""The retention sweeper: reads the data rules of every column and makes them true.

`plan` turns the rules into a list of sweeps (no database needed, so it can be shown before it runs);
`sweep_all` performs them in batches, each in its own transaction, so that a kill loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CursorResult, MetaData, text
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.data_rules import AtEnd, RowLife, rule_of
from headroom.db import Base, unit

log = logging.getLogger(__name__)

BATCH = 500
SWEEPER = Actor.system("sweeper")


class Act(StrEnum):
    """What a sweep does."""

    DELETE_ROW = "delete_row"
    CLEAR = "clear"
    CUT_ADDRESS = "cut_address"


@dataclass(frozen=True, slots=True)
class Sweep:
    """One rule to be made true: rows of `table` whose `anchor` is more than `days` old."""

    table: str
    key: tuple[str, ...]
    column: str | None  # None: the whole row
    anchor: str
    days: int
    act: Act
    only_where: str | None = None

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column or '*'}"


def plan(metadata: MetaData, lives: dict[str, RowLife]) -> list[Sweep]:
    """Every sweep that the rules ask for: columns first, then rows, children before their parents."""
    columns: list[Sweep] = []
    rows: list[Sweep] = []
    for table in reversed(metadata.sorted_tables):
        key = tuple(column.name for column in table.primary_key.columns)
        for column in table.columns:
            rule = rule_of(column)
            if rule is None or rule.retain.with_row:
                continue
            act = Act.CLEAR if rule.retain.at_end is AtEnd.CLEAR else Act.CUT_ADDRESS
            assert rule.retain.anchor is not None
            assert rule.retain.days is not None
            columns.append(Sweep(table.name, key, column.name, rule.retain.anchor, rule.retain.days, act))
        life = lives.get(table.name)
        if life is not None:
            rows.append(Sweep(table.name, key, None, life.anchor, life.days, Act.DELETE_ROW, life.only_where))
    return columns + rows


def row_lives(models: Iterable[type]) -> dict[str, RowLife]:
    """Table name → RowLife, for the models that declare one."""
    return {m.__tablename__: m.__row_life__ for m in models if getattr(m, "__row_life__", None)}  # type: ignore[attr-defined]


def sweep_all(*, now: datetime) -> dict[str, int]:
    """Perform every sweep; returns how many values or rows each one ended."""
    lives = row_lives(mapper.class_ for mapper in Base.registry.mappers)
    done: dict[str, int] = {}
    for sweep in plan(Base.metadata, lives):
        count = _perform(sweep, now=now)
        if count:
            done[sweep.name] = count
            log.info("swept %s: %d", sweep.name, count)
    return done


def _perform(sweep: Sweep, *, now: datetime) -> int:
    total = 0
    while True:
        with unit(SWEEPER) as session:
            count = sweep_batch(session, sweep, now=now)
        total += count
        if count < BATCH:
            return total


def sweep_batch(session: Session, sweep: Sweep, *, now: datetime) -> int:
    """One batch of one sweep; a value that somebody is writing is left for the next hour."""
    keys = ", ".join(sweep.key)
    conditions = [f"{sweep.anchor} < :before"]
    if sweep.only_where:
        conditions.append(f"({sweep.only_where})")
    conditions += _still_to_do(sweep)
    # Locking rows needs the right to update, which nobody has on append-only tables; those are only ever deleted.
    lock = "" if sweep.act is Act.DELETE_ROW else " FOR UPDATE SKIP LOCKED"
    chosen = f"SELECT {keys} FROM {sweep.table} WHERE {' AND '.join(conditions)} LIMIT {BATCH}{lock}"  # noqa: S608 — names come from the models
    result = session.execute(
        text(f"{_change(sweep)} WHERE ({keys}) IN ({chosen})"), {"before": now - timedelta(days=sweep.days)}
    )
    assert isinstance(result, CursorResult)
    return result.rowcount


def _still_to_do(sweep: Sweep) -> list[str]:
    if sweep.act is Act.CLEAR:
        return [f"{sweep.column} IS NOT NULL"]
    if sweep.act is Act.CUT_ADDRESS:  # an address that was cut carries its prefix length
        return [f"{sweep.column} IS NOT NULL", f"position('/' in {sweep.column}) = 0"]
    return []


def _change(sweep: Sweep) -> str:
    if sweep.act is Act.DELETE_ROW:
        return f"DELETE FROM {sweep.table}"  # noqa: S608
    if sweep.act is Act.CLEAR:
        return f"UPDATE {sweep.table} SET {sweep.column} = NULL"  # noqa: S608
    address = f"{sweep.column}::inet"
    network = f"network(set_masklen({address}, CASE family({address}) WHEN 4 THEN 24 ELSE 48 END))::text"
    return f"UPDATE {sweep.table} SET {sweep.column} = {network}"  # noqa: S608
