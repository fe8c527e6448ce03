"""A visitor with open eyes: what the browser complained about while pages were open."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PATIENCE_S = 10.0


def until(page: Page, condition: str, *, within_s: float = PATIENCE_S) -> None:
    """Wait for a script expression to become true. Playwright's own waiting needs `eval`, which our policy forbids."""
    ends_at = time.monotonic() + within_s
    while not page.evaluate(f"() => Boolean({condition})"):
        assert time.monotonic() < ends_at, f"never came true: {condition}"
        page.wait_for_timeout(40)


class Visit:
    """One browser context and one page in it. `requests` and `complaints` grow while it is used."""

    def __init__(self, browser: Browser, *, size: dict[str, int] | None = None) -> None:
        # Playwright's own scripts pass the policy of the page in a world of their own, so it stays in force.
        self.context: BrowserContext = browser.new_context(viewport=size or DESK)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._remember)
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def close(self) -> None:
        self.context.close()

    def _remember(self, request: Request) -> None:
        self.requests.append(request.url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def foreign_requests(self, *origins: str) -> list[str]:
        """Requests to any host that is not one of `origins`."""
        ours = {urlsplit(origin).netloc for origin in origins}
        return [url for url in self.requests if url.startswith("http") and urlsplit(url).netloc not in ours]

    def kept_keys(self) -> int:
        """How many keys the page left in the browser's storages."""
        kept: int = self.page.evaluate("() => localStorage.length + sessionStorage.length")
        return kept

    def overflow_px(self) -> int:
        """By how much the page is wider than the window."""
        over: int = self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        return over

    def violations(self, axe_source: str) -> list[str]:
        """What axe finds on the page as it stands: 'rule: where it is', one line each."""
        self.page.evaluate(axe_source)
        found: list[dict[str, Any]] = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: tags}).then((result) => result.violations)", AXE_TAGS
        )
        return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
