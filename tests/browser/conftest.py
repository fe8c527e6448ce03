"""A real browser over Debian's chromium, and what each visit must not do: report, phone out, keep things."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.browser.visits import Visit

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Tests press play by script; a person's first click would have allowed it.
    "--autoplay-policy=no-user-gesture-required",
]


def found_browser() -> str:
    """Where chromium is. StopIteration without one: such tests were skipped before they came here."""
    return next(path for name in NAMES if (path := shutil.which(name)))


@pytest.fixture(scope="session")
def browser(play: Playwright) -> Iterator[Browser]:
    """One browser for these tests; its profile is a new empty folder that goes with it."""
    opened = play.chromium.launch(executable_path=found_browser(), args=FLAGS)
    yield opened
    opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A fresh visitor: no cookies, 1440 px wide, English, light."""
    visitor = Visit(browser)
    yield visitor
    visitor.close()


@pytest.fixture(scope="session")
def axe_source() -> str:
    return (Path(__file__).parent / "vendor/axe.min.js").read_text("utf-8")
