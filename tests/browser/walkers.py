"""A person in a browser of their own: how they come to a page, act there, and what each page must be like."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Error, Locator, Page, Route

from tests.browser.hands import PATIENCE_MS, Hand
from tests.browser.running_site import RunningSite
from tests.browser.visits import Visit

PASSWORD = "four quiet horses under a bridge"
SETTLED_MS = 150  # scripts have run, outlines are drawn
OTHERS_WITHIN_S = 30.0
# Named so that a person may look at every page of a walk; nothing is written otherwise.
PICTURES = os.environ.get("WALK_PICTURES", "")


@dataclass(frozen=True)
class Look:
    """How a person reads the site."""

    locale: str
    theme: str
    size: dict[str, int]

    @property
    def name(self) -> str:
        return f"{self.locale}-{self.theme}-{self.size['width']}"


@dataclass
class Walker:
    """One person; `faults` grows while they walk."""

    name: str
    email: str
    site: RunningSite
    look: Look
    hand: Hand
    axe: str
    visit: Visit
    faults: list[str] = field(default_factory=list)
    seen: int = 0

    @property
    def page(self) -> Page:
        return self.visit.page

    def at(self, selector: str) -> Locator:
        """The first element on the page that the selector finds."""
        return self.page.locator(selector).first

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.site.url + path)

    def press(self, selector: str) -> None:
        self.hand.press(self.page, self.at(selector))

    def go(self, selector: str) -> None:
        """Press what leads to another page, and wait for it."""
        with self.page.expect_navigation(timeout=PATIENCE_MS):
            self.press(selector)

    def send(self, action: str) -> None:
        """Send the form that leads to an address with this end by its first button."""
        self.go(f"form[action$='{action}'] button.button:not([type=button])")

    def write(self, **given: str) -> None:
        """Fill the fields with these names."""
        for name, text in given.items():
            self.hand.write(self.page, self.at(f"#field-{name}"), text)

    def tick(self, *selectors: str) -> None:
        for selector in selectors:
            self.hand.tick(self.page, self.at(selector))

    def wait_for(self, selector: str, *, text: str | None = None) -> None:
        """Until an element can be seen without touching the page."""
        self.page.locator(selector, has_text=text).first.wait_for(timeout=PATIENCE_MS)

    def come_back_until(self, selector: str) -> None:
        """Load the page again, as one does who waits for somebody, until the element is there."""
        ends_at = time.monotonic() + OTHERS_WITHIN_S
        while self.page.locator(selector).count() == 0:
            assert time.monotonic() < ends_at, f"{self.name} never saw {selector} at {self.page.url}"
            self.page.wait_for_timeout(300)
            self.page.reload()

    def see(self, what: str) -> None:
        """Look the page over: everything that no page may do is noted as a fault."""
        self.page.wait_for_timeout(SETTLED_MS)
        self.seen += 1
        self.photograph(what)
        found = [*self.visit.complaints, *(f"asked {url}" for url in self.visit.foreign_requests(*self.site.origins))]
        self.visit.complaints.clear()
        self.visit.requests.clear()
        found += [f"{kept} keys kept"] if (kept := self.visit.kept_keys()) else []
        found += [f"{over} px too wide"] if (over := self.visit.overflow_px()) > 0 else []
        found += self.visit.violations(self.axe)
        found += self.hand.faults
        self.hand.faults.clear()
        self.faults += [f"{self.name}, {what}: {fault}" for fault in found]

    def photograph(self, what: str) -> None:
        """Keep the page as it stands, if WALK_PICTURES names a folder."""
        if not PICTURES:
            return
        folder = Path(PICTURES) / self.look.name
        folder.mkdir(parents=True, exist_ok=True)
        count = len(list(folder.glob("*.png")))
        self.page.screenshot(
            path=folder / f"{count:02}-{self.name.split()[0]}-{what.replace(' ', '-')}.png", full_page=True
        )


class Line:
    """The line between a browser and the store: lets parts through, or holds them until it is told."""

    def __init__(self, walker: Walker, *, let_through: int) -> None:
        self._page = walker.page
        self._pattern = f"{walker.site.store.endpoint}/**"
        self._left = let_through
        self._held: list[Route] = []
        self._page.route(self._pattern, self._meet)

    def _meet(self, route: Route) -> None:
        if route.request.method == "PUT" and self._left <= 0:
            self._held.append(route)
            return
        self._left -= route.request.method == "PUT"
        route.continue_()

    def open(self) -> None:
        """Let everything through again; what was held and is still wanted goes first."""
        self._page.unroute(self._pattern)
        for route in self._held:
            try:
                route.continue_()
            except Error:  # the page gave it up meanwhile
                continue
        self._held.clear()


def walker(browser: Browser, site: RunningSite, name: str, look: Look, hand: Hand, axe: str) -> Walker:
    """A new person with an address of their own."""
    email = f"{name.split()[0].lower()}-{look.name}@example.com"
    visit = Visit(browser, size=look.size)
    # The first listener tells the browser to hand pickers over, which takes a moment: it must be long done by then.
    visit.page.on("filechooser", lambda _: None)
    return Walker(name, email, site, look, hand, axe, visit)
