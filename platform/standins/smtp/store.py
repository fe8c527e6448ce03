"""Messages and armed faults in one SQLite file."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received_at REAL NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
  raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fault (id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL);
"""
LINK = re.compile(r"https?://[^\s<>\"')\]]+")
FAULTS = ("refuse", "unavailable", "temporary", "slow", "drop_before_250", "drop_after_250")


@dataclass(frozen=True)
class Message:
    """One message as it was accepted; `received_at` is wall time in seconds, `recipients` are the envelope's."""

    id: int
    received_at: float
    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        """The message with decoded headers and parts."""
        found = message_from_bytes(self.raw, policy=modern)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def subject(self) -> str:
        """The decoded subject line."""
        return str(self.parsed["Subject"] or "")

    def part(self, kind: str) -> str:
        """The text or the html of the message; empty when it has none."""
        body = self.parsed.get_body((kind,))
        return str(body.get_content()) if body is not None else ""

    def to_json(self, *, whole: bool) -> dict[str, Any]:
        """What scripts read; without bodies in lists."""
        parsed = self.parsed
        found: dict[str, Any] = {
            "id": self.id, "received_at": self.received_at, "from": self.sender, "to": self.recipients,
            "subject": self.subject, "message_id": str(parsed["Message-ID"] or ""),
        }  # fmt: skip
        if whole:
            text = self.part("plain")
            found["text"], found["html"] = text, self.part("html")
            found["headers"] = {name: str(value) for name, value in parsed.items()}
            found["links"] = LINK.findall(text)
        return found


class Store:
    """Messages in the order they came, and faults in the order they were armed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "mail.sqlite3", check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(SCHEMA)

    def add(self, sender: str, recipients: list[str], raw: bytes) -> int:
        """Keeps a message; answers its number."""
        with self._lock:
            made = self._db.execute(
                "INSERT INTO message (received_at, sender, recipients, raw) VALUES (?, ?, ?, ?)",
                (time.time(), sender, json.dumps(recipients), raw),
            )
            return int(made.lastrowid or 0)

    def messages(self, *, to: str = "", since: int = 0) -> list[Message]:
        """Messages after number `since`, newest first, for one recipient or all."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM message WHERE id > ? ORDER BY id DESC", (since,)).fetchall()
        every = [Message(row[0], row[1], row[2], json.loads(row[3]), row[4]) for row in rows]
        wanted = to.casefold()
        return [each for each in every if not to or wanted in {name.casefold() for name in each.recipients}]

    def message(self, ref: int) -> Message | None:
        """One message by its number."""
        with self._lock:
            row = self._db.execute("SELECT * FROM message WHERE id = ?", (ref,)).fetchone()
        return Message(row[0], row[1], row[2], json.loads(row[3]), row[4]) if row else None

    def arm(self, rule: dict[str, Any]) -> None:
        """Adds a fault; it strikes the next `count` messages (1 when not named)."""
        with self._lock:
            self._db.execute("INSERT INTO fault (rule) VALUES (?)", (json.dumps(rule),))

    def faults(self) -> list[dict[str, Any]]:
        """Faults that still wait."""
        with self._lock:
            return [json.loads(row[0]) for row in self._db.execute("SELECT rule FROM fault ORDER BY id")]

    def disarm(self) -> None:
        """Forgets every waiting fault."""
        with self._lock:
            self._db.execute("DELETE FROM fault")

    def strike(self) -> dict[str, Any]:
        """The fault of the message that is beginning, used up; empty when there is none."""
        with self._lock:
            row = self._db.execute("SELECT id, rule FROM fault ORDER BY id LIMIT 1").fetchone()
            if row is None:
                return {}
            rule: dict[str, Any] = json.loads(row[1])
            left = int(rule.get("count", 1)) - 1
            if left > 0:
                self._db.execute(
                    "UPDATE fault SET rule = ? WHERE id = ?", (json.dumps({**rule, "count": left}), row[0])
                )
            else:
                self._db.execute("DELETE FROM fault WHERE id = ?", (row[0],))
            return rule
