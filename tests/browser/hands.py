"""Two ways to use a page: with a mouse, and with nothing but the keys. The walk is written once for both."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from playwright.sync_api import Locator, Page

PATIENCE_MS = 20_000
MOST_STOPS = 160


class Hand(Protocol):
    """What a person does to a page. `faults` collects what the hand itself noticed."""

    faults: list[str]

    def press(self, page: Page, target: Locator) -> None:
        """A button, a link, the head of a fold."""

    def write(self, page: Page, target: Locator, text: str) -> None:
        """Words into a field, instead of what stands there."""

    def tick(self, page: Page, target: Locator) -> None:
        """A box that is not ticked."""

    def choose(self, page: Page, target: Locator, value: str) -> None:
        """One of a list."""

    def attach(self, page: Page, picker: Locator, *paths: Path) -> None:
        """Files through the browser's own picker."""

    def drop(self, page: Page, zone: Locator, *paths: Path) -> None:
        """Files from the desktop."""

    def mark_range(self, page: Page, *, start_s: float, end_s: float, length_s: float) -> None:
        """A range of the large player's wave, for a comment."""


class Mouse:
    """Points and clicks; writes where it clicked."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def press(self, page: Page, target: Locator) -> None:
        target.click(timeout=PATIENCE_MS)

    def write(self, page: Page, target: Locator, text: str) -> None:
        target.click(timeout=PATIENCE_MS)
        target.fill(text)

    def tick(self, page: Page, target: Locator) -> None:
        target.check(timeout=PATIENCE_MS)

    def choose(self, page: Page, target: Locator, value: str) -> None:
        target.select_option(value, timeout=PATIENCE_MS)

    def attach(self, page: Page, picker: Locator, *paths: Path) -> None:
        label = page.locator(f"label[for='{picker.get_attribute('id')}']")
        with page.expect_file_chooser(timeout=PATIENCE_MS) as opened:
            label.click(timeout=PATIENCE_MS)
        opened.value.set_files([str(path) for path in paths])

    def drop(self, page: Page, zone: Locator, *paths: Path) -> None:
        zone.scroll_into_view_if_needed(timeout=PATIENCE_MS)
        box = zone.bounding_box()
        assert box is not None
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        line = page.context.new_cdp_session(page)
        for kind in ("dragEnter", "dragOver", "drop"):
            line.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
        line.detach()

    def mark_range(self, page: Page, *, start_s: float, end_s: float, length_s: float) -> None:
        wave = page.locator(".player [data-wave]")
        wave.scroll_into_view_if_needed()
        box = wave.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * start_s / length_s, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * end_s / length_s, middle, steps=6)
        page.mouse.up()


class Keys:
    """Reaches everything by Tab, and looks at every stop whether the focus can be seen."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def press(self, page: Page, target: Locator) -> None:
        self._reach(page, target)
        page.keyboard.press("Enter")

    def write(self, page: Page, target: Locator, text: str) -> None:
        self._reach(page, target)
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)

    def tick(self, page: Page, target: Locator) -> None:
        self._reach(page, target)
        if not target.is_checked():
            page.keyboard.press("Space")

    def choose(self, page: Page, target: Locator, value: str) -> None:
        self._reach(page, target)
        for key in ("Home", *["ArrowDown"] * target.locator("option").count()):
            page.keyboard.press(key)
            if target.input_value() == value:
                return
        raise AssertionError(f"no arrow leads to {value}")

    def attach(self, page: Page, picker: Locator, *paths: Path) -> None:
        self._reach(page, picker)
        with page.expect_file_chooser(timeout=PATIENCE_MS) as opened:
            page.keyboard.press("Space")
        opened.value.set_files([str(path) for path in paths])

    def drop(self, page: Page, zone: Locator, *paths: Path) -> None:
        self.attach(page, zone.locator("input[type=file]").first, *paths)

    def mark_range(self, page: Page, *, start_s: float, end_s: float, length_s: float) -> None:
        self.write(page, page.locator("#field-start_s"), f"{start_s:g}")
        self.write(page, page.locator("#field-end_s"), f"{end_s:g}")

    def _reach(self, page: Page, target: Locator) -> None:
        """Tab, in the shorter direction, until the target has the focus."""
        target.wait_for(state="attached", timeout=PATIENCE_MS)
        key = "Shift+Tab" if target.evaluate(LIES_BEFORE_FOCUS) else "Tab"
        for _ in range(MOST_STOPS):
            if target.evaluate("(element) => element === document.activeElement"):
                return
            page.keyboard.press(key)
            unseen = page.evaluate(UNSEEN_FOCUS)
            if unseen and unseen not in self.faults:
                self.faults.append(unseen)
        raise AssertionError(f"{key} never reached {target}")


LIES_BEFORE_FOCUS = """(element) => {
  const focused = document.activeElement;
  return focused !== document.body && Boolean(focused.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING)
    && !focused.contains(element) && !element.contains(focused);
}"""

# Names the focused element when no outline shows it, or when it lies under a bar or outside of the window.
UNSEEN_FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return '';
  const name = `${location.pathname}: ${focused.outerHTML.replace(/\\s+/g, ' ').slice(0, 120)}`;
  const shown = [focused, ...(focused.labels ?? []), focused.closest('[data-wave]')].filter(Boolean);
  const seen = shown.find((each) => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && parseFloat(style.opacity) > 0.5;
  });
  if (!seen) return `no focus to be seen at ${name}`;
  const box = seen.getBoundingClientRect();
  const bars = ['.transport', '.rail'].map((bar) => document.querySelector(bar)?.getBoundingClientRect())
    .filter((bar) => bar && bar.height && bar.width > innerWidth / 2 && !document.querySelector('dialog[open]'));
  const lowest = Math.min(innerHeight, ...bars.filter((bar) => !focused.closest('.transport, .rail')).map((bar) => bar.top));
  if (box.bottom <= 0 || box.top >= lowest) return `the focus is hidden at ${name}`;
  return '';
}"""
