"""Every page, in both languages and both themes, on a desk and on a phone: tags close, axe finds nothing, nothing is
refused by the content security policy, nobody else is asked, nothing is kept in the browser, nothing is wider than
the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

import wsgi
from headroom import clock, db
from headroom.settings import Settings
from tests.browser.house import House, open_house
from tests.browser.markup import unbalanced
from tests.browser.visits import DESK, PHONE, Visit, until
from tests.conftest import PrivateDatabase, make_settings

pytestmark = pytest.mark.browser

# (who, address); names in braces are what a week leaves: orders by their state, and what came of them.
PAGES: list[tuple[str | None, str]] = [
    (None, "/"),
    (None, "/sign-in"),
    (None, "/sign-up"),
    (None, "/sign-up/sent"),
    (None, "/confirm/{link}"),
    (None, "/rehearsal/sign-in/per_mara.{proof}"),
    (None, "/engineers"),
    (None, "/engineers/ivo"),
    (None, "/legal"),
    (None, "/legal/privacy"),
    (None, "/no-such-page"),
    ("mara", "/"),
    ("mara", "/notices"),
    ("mara", "/account"),
    ("mara", "/orders"),
    ("mara", "/engineers/ivo/request"),
    ("mara", "/orders/{draft}"),
    ("mara", "/orders/{offered}"),
    ("mara", "/orders/{awaiting_payment}"),
    ("mara", "/orders/{awaiting_files}"),
    ("mara", "/orders/{delivered}"),
    ("mara", "/orders/{revising}"),
    ("mara", "/orders/{disputed}"),
    ("mara", "/orders/{approved}"),
    ("mara", "/orders/{completed}"),
    ("mara", "/orders/{closed_refunded}"),
    ("mara", "/orders/{expired}"),
    ("mara", "/orders/{delivered}/history"),
    ("mara", "/orders/{completed}/deletions"),
    ("mara", "/files/{purged}/receipt"),
    ("mara", "/payments/{attempt}/return"),
    ("mara", "/receipts/{payment}"),
    ("ivo", "/studio"),
    ("ivo", "/studio/packages/new"),
    ("ivo", "/payouts"),
    ("ivo", "/orders/{quoting}"),
    ("ivo", "/orders/{intake}"),
    ("ivo", "/orders/{in_progress}"),
    ("ivo", "/orders/{delivered}"),
    ("ivo", "/orders/{revising}"),
    ("ivo", "/orders/{disputed}"),
    ("ada", "/staff"),
    ("ada", "/staff/people"),
]
REFUSALS = {"/no-such-page": 404}
LOOKS = [
    pytest.param("en", "light", DESK, id="english, light, desk"),
    pytest.param("ru", "dark", PHONE, id="russian, dark, phone"),
    pytest.param("ru", "light", DESK, id="russian, light, desk", marks=pytest.mark.slow),
    pytest.param("en", "dark", PHONE, id="english, dark, phone", marks=pytest.mark.slow),
]
SETTLED_MS = 150  # scripts have run, outlines are drawn


def rehearsed(database_url: str) -> Settings:
    """Settings under which the rehearsal's own pages and its banner are there too."""
    return make_settings(database_url=database_url, profile="rehearsal", rehearsal_token="a token for tests")


@pytest.fixture
def house(private_database: PrivateDatabase) -> Iterator[House]:
    settings = rehearsed(private_database.url)
    app = wsgi.create_app(settings)
    try:
        with open_house(app, settings) as opened:
            yield opened
    finally:
        db.current().engine.dispose()
        clock.use_offset_from(None)


@pytest.mark.parametrize(("locale", "theme", "size"), LOOKS)
def test_every_page_is_clean(
    browser: Browser, house: House, axe_source: str, locale: str, theme: str, size: dict[str, int]
) -> None:
    faults: list[str] = []
    visit = Visit(browser, size=size)
    for name, address in PAGES:
        house.enter(visit, name=name, locale=locale, theme=theme)
        faults += [
            f"{name or 'a stranger'} at {address}: {fault}" for fault in faults_of(visit, house, address, axe_source)
        ]
    visit.close()

    assert not faults, "\n".join(faults)


def faults_of(visit: Visit, house: House, address: str, axe_source: str) -> list[str]:
    """What is wrong with one page; empty if nothing is."""
    visit.complaints.clear()
    visit.requests.clear()
    answer = house.open(visit, address)
    expected = REFUSALS.get(address, 200)
    found = [] if answer.status == expected else [f"status {answer.status}"]
    found += unbalanced(answer.text())
    visit.page.wait_for_timeout(SETTLED_MS)
    if expected == 200:
        found += visit.complaints
    found += [f"asked {url}" for url in visit.foreign_requests(house.url)]
    found += [f"{visit.kept_keys()} keys kept"] if visit.kept_keys() else []
    found += [f"{over} px too wide"] if (over := visit.overflow_px()) > 0 else []
    return found + visit.violations(axe_source)


def test_a_page_is_dark_before_any_script_runs(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="light")
    context.add_cookies([{"name": "theme", "value": "dark", "url": house.url}])
    page = context.new_page()
    page.goto(house.url)

    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()
    assert ground == "rgb(18, 20, 22)"


def test_the_theme_is_chosen_by_a_plain_form(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="light")
    page = context.new_page()
    page.goto(f"{house.url}/sign-in")
    page.locator(".foot").get_by_role("button", name="Dark").click()

    theme = page.locator("html").get_attribute("data-theme")
    address = page.url
    context.close()
    assert (theme, address) == ("dark", f"{house.url}/sign-in")


def test_the_language_is_chosen_by_a_plain_form(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{house.url}/sign-in")
    page.locator(".foot").get_by_role("button", name="Русский").click()

    heading = page.locator("h1").inner_text()
    context.close()
    assert heading == "Войти"


def test_the_first_tab_leads_to_the_content(browser: Browser, house: House) -> None:
    visit = Visit(browser)
    visit.page.goto(house.url)
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")

    focused = visit.page.evaluate("document.activeElement.id")
    visit.close()
    assert focused == "main"


def test_a_version_is_heard_compared_and_commented_by_keys_alone(browser: Browser, house: House) -> None:
    visit = Visit(browser)
    house.enter(visit, name="mara", locale="en", theme="dark")
    page = visit.page
    page.goto(f"{house.url}/orders/{house.orders['delivered']}")
    page.locator(".player [data-play]:visible").wait_for()

    tab_to(page, ".player [data-play]")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('[data-t=seek]').value > 0")
    tab_to(page, ".player .wave-seek")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("c")
    page.keyboard.type("A little warmer here")
    tab_to(page, "#comments form[data-soft] button.button:not([data-take-position])")
    page.keyboard.press("Enter")
    page.locator(".comments .message-text", has_text="A little warmer here").wait_for()

    picked = page.locator("[data-pick]").evaluate_all("all => all.map((each) => each.getAttribute('aria-pressed'))")
    complaints = visit.complaints
    visit.close()
    assert complaints == []
    assert picked == ["true", "false"]  # the page came anew, and begins with A


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; never by script."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def test_the_transport_hides_no_focused_control(browser: Browser, house: House) -> None:
    visit = Visit(browser, size=PHONE)
    house.enter(visit, name="mara", locale="en", theme="light")
    visit.page.goto(house.url + f"/orders/{house.orders['delivered']}")
    visit.page.locator(".player [data-play]").click()
    hidden = visit.page.evaluate(HIDDEN_WHEN_FOCUSED)
    visit.close()

    assert hidden == []


# Focuses every control in turn; names those that the bars at the foot then cover (WCAG 2.2, 2.4.11).
HIDDEN_WHEN_FOCUSED = """() => {
  const bars = Math.min(...['.transport', '.rail'].map((bar) => document.querySelector(bar).getBoundingClientRect().top));
  const covered = [];
  for (const control of document.querySelectorAll('main a, main button, main input, main textarea, main summary')) {
    control.focus();
    if (document.activeElement !== control) continue;  // hidden, or in a closed <details>
    if (control.getBoundingClientRect().top >= bars) covered.push(control.outerHTML.slice(0, 80));
  }
  return covered;
}"""
