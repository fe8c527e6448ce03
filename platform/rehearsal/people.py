"""The people of the rehearsal and how they come in: an account with recorded consent, or a sign-in the next time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from rehearsal.browsing import Browser, Refused, ask
from rehearsal.mailbox import Mailbox

# Play data of this machine: production has no such people, and refuses the rehearsal's doors.
PASSPHRASE = "four quiet horses under a bridge"
BIRTH_YEAR = 1990


@dataclass
class Person:
    """One player: who they are, their browser and their mail."""

    name: str
    email: str
    browser: Browser
    mailbox: Mailbox

    def come_in(self) -> bool:
        """Signs in, or opens an account and confirms it by the mailed link. True when the account is new."""
        if self.is_in() or self._sign_in():
            return False
        self._open_account()
        return True

    def is_in(self) -> bool:
        """True when the browser holds a session."""
        return self.browser.open("/orders").path == "/orders"

    def accepted(self) -> list[str]:
        """What the account page says was accepted, one entry per document and version."""
        html = self.browser.open("/account").html
        found = re.findall(r'<a href="/legal/[^"]+">([^<]+)</a>,\s*version (\w+)', html)
        return list(dict.fromkeys(f"{title} {version}" for title, version in found))

    def _sign_in(self) -> bool:
        page = self.browser.open("/sign-in")
        try:
            after = self.browser.submit(page.form("/sign-in"), email=self.email, password=PASSPHRASE)
        except Refused as refused:
            if refused.status != 422:
                raise
            return False
        return after.path != "/sign-up/sent"

    def _open_account(self) -> None:
        page = self.browser.open("/sign-up")
        self.browser.submit(
            page.form("/sign-up"),
            display_name=self.name,
            email=self.email,
            password=PASSPHRASE,
            birth_year=BIRTH_YEAR,
            accept_privacy=True,
            accept_terms=True,
        )
        page = self.browser.open(self.mailbox.link("/confirm/"))
        self.browser.submit(page.form("/confirm/"))


@dataclass(frozen=True)
class Doors:
    """The rehearsal's own doors of the site, and the stand-ins' clocks."""

    base_url: str
    stripe_url: str
    inbox_url: str
    token: str

    def person(self, name: str, email: str) -> Person:
        """A player with a fresh browser."""
        return Person(name, email, Browser(self.base_url), Mailbox(self.inbox_url, email))

    def grant(self, email: str, capability: str) -> None:
        """Makes somebody an engineer or staff."""
        ask(f"{self.base_url}/rehearsal/capabilities", {"email": email, "capability": capability}, token=self.token)

    def sign_in_link(self, email: str) -> str:
        """An address that signs in with one click."""
        link: str = ask(f"{self.base_url}/rehearsal/links", {"email": email}, token=self.token)["url"]
        return link

    def pass_time(self, seconds: int) -> str:
        """Moves the clocks of the site and of the payment stand-in together; the site's new time."""
        moved = ask(f"{self.base_url}/rehearsal/clock", {"advance_seconds": seconds}, token=self.token)
        ask(f"{self.stripe_url}/_clock", {"offset_seconds": moved["seconds"]})
        return f"{datetime.fromisoformat(moved['now']):%d %b %Y, %H:%M} UTC"

    def trial_balance(self) -> list[dict[str, object]]:
        """Every account of the books that holds something."""
        lines: list[dict[str, object]] = ask(f"{self.base_url}/rehearsal/ledger", token=self.token)["lines"]
        return lines
