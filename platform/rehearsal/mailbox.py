"""The rehearsal's inbox, as the people of the story read their mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from rehearsal.browsing import ask

LONGEST_WAIT_S = 60


@dataclass
class Mailbox:
    """One person's mail; each look continues after the last message that was read."""

    inbox_url: str
    address: str
    read_up_to: int = 0

    def next_with(self, words: str) -> dict[str, Any]:
        """The next message whose subject or text contains these words, in full. Raises TimeoutError."""
        for _ in range(LONGEST_WAIT_S // 5):
            url = f"{self.inbox_url}/messages?to={quote(self.address)}&since={self.read_up_to}&wait=5"
            for listed in reversed(ask(url)["messages"]):
                self.read_up_to = max(self.read_up_to, listed["id"])
                message: dict[str, Any] = ask(f"{self.inbox_url}/messages/{listed['id']}")
                if words.casefold() in (message["subject"] + message["text"]).casefold():
                    return message
        raise TimeoutError(f"no mail to {self.address} with {words!r}")

    def link(self, words: str) -> str:
        """The first address in the next message that contains these words, in its text or address."""
        links: list[str] = self.next_with(words)["links"]
        return next((each for each in links if words in each), links[0])
