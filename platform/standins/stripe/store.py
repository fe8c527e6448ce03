"""Everything the stand-in knows, in one SQLite file: objects, kept answers, deliveries, armed faults."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
"""One API object as JSON; its shape is held against the SDK's resource class in the tests."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  account TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL, inner TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS object_kind ON object (kind, account, seq);
CREATE TABLE IF NOT EXISTS answer (
  key TEXT PRIMARY KEY, asked TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, due REAL NOT NULL, note TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due);
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, rule TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One file, one lock: a request sees and changes the whole world alone, so its rules need no care for races."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(folder / "stripe.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One transaction: kept when the block ends, undone when it raises."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        """Rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> int:
        """Number of rows a statement changed."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def get(self, ref: str) -> Document | None:
        """The object with this id."""
        rows = self.rows("SELECT body FROM object WHERE id = ?", ref)
        return json.loads(rows[0]["body"]) if rows else None

    def inner(self, ref: str) -> Document:
        """What the stand-in remembers about an object and never shows in the API."""
        rows = self.rows("SELECT inner FROM object WHERE id = ?", ref)
        return json.loads(rows[0]["inner"]) if rows else {}

    def account_of(self, ref: str) -> str:
        """The account an object lives in; empty for the platform itself."""
        rows = self.rows("SELECT account FROM object WHERE id = ?", ref)
        return str(rows[0]["account"]) if rows else ""

    def put(self, document: Document, *, kind: str, account: str, created: int, inner: Document) -> None:
        """A new object."""
        self.run(
            "INSERT INTO object (id, kind, account, created, body, inner) VALUES (?, ?, ?, ?, ?, ?)",
            document["id"], kind, account, created, json.dumps(document), json.dumps(inner),
        )  # fmt: skip

    def save(self, document: Document) -> None:
        """The changed form of an object that exists."""
        self.run("UPDATE object SET body = ? WHERE id = ?", json.dumps(document), document["id"])

    def remember(self, ref: str, inner: Document) -> None:
        """What the stand-in keeps about an object, replaced."""
        self.run("UPDATE object SET inner = ? WHERE id = ?", json.dumps(inner), ref)

    def all(self, kind: str, *, account: str | None = "", **equal: object) -> list[Document]:
        """Objects of a kind, newest first, whose fields have these values; account None means every account."""
        sql, values = "SELECT body FROM object WHERE kind = ?", [kind]
        if account is not None:
            sql, values = sql + " AND account = ?", [*values, account]
        for name, value in equal.items():
            sql += f" AND json_extract(body, '$.{name}') IS ?"
            values.append(value)  # type: ignore[arg-type]
        return [json.loads(row["body"]) for row in self.rows(sql + " ORDER BY seq DESC", *values)]

    def fact(self, name: str, default: str) -> str:
        """One remembered setting of the stand-in itself, such as the clock's offset."""
        rows = self.rows("SELECT value FROM fact WHERE name = ?", name)
        return str(rows[0]["value"]) if rows else default

    def set_fact(self, name: str, value: str) -> None:
        """Remember a setting of the stand-in itself."""
        self.run(
            "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name, value,
        )  # fmt: skip
