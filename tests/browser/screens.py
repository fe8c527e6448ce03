"""Take docs/screens/ anew: every page as it stands, on a desk in the dark in English, on a phone in the light in Russian.

.venv/bin/python -m tests.browser.screens [part of an address …]
"""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

import wsgi
from headroom import db
from tests.browser.conftest import FLAGS, found_browser
from tests.browser.house import House, open_house
from tests.browser.test_pages import PAGES, rehearsed
from tests.browser.visits import DESK, PHONE, Visit
from tests.databases import TestServer

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs/screens"
LOOKS = [("desk", DESK, "en", "dark"), ("phone", PHONE, "ru", "light")]
DRAWN_MS = 400
TALLEST_PX = 3_600


def take(wanted: list[str]) -> None:
    """Write one picture per page and look."""
    server = TestServer()
    url = server.clone()
    settings = rehearsed(url)
    app = wsgi.create_app(settings)
    try:
        with open_house(app, settings) as house, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=found_browser(), args=FLAGS)
            for look, size, locale, theme in LOOKS:
                visit = Visit(browser, size=size)
                for name, address in PAGES:
                    if not wanted or any(part in address for part in wanted):
                        house.enter(visit, name=name, locale=locale, theme=theme)
                        shoot(visit, house, address, size, FOLDER / f"{file_name(name, address)}-{look}.webp")
                visit.close()
            browser.close()
    finally:
        db.current().engine.dispose()
        server.drop(url)
        server.stop()


def shoot(visit: Visit, house: House, address: str, size: dict[str, int], path: Path) -> None:
    """The whole page in a window as tall as it is, so that the bars stand at its foot."""
    visit.page.set_viewport_size(size)  # type: ignore[arg-type]
    house.open(visit, address)
    visit.page.wait_for_timeout(DRAWN_MS)
    height: int = visit.page.evaluate("() => document.documentElement.scrollHeight")
    visit.page.set_viewport_size({"width": size["width"], "height": min(max(height, size["height"]), TALLEST_PX)})
    visit.page.wait_for_timeout(DRAWN_MS)
    path.write_bytes(as_webp(visit, visit.page.screenshot()))


def as_webp(visit: Visit, png: bytes) -> bytes:
    """The same picture in a third of the bytes, made by the browser itself."""
    blank = visit.context.new_page()
    packed: str = blank.evaluate(TO_WEBP, base64.b64encode(png).decode())
    blank.close()
    return base64.b64decode(packed.partition(",")[2])


TO_WEBP = """async (png) => {
  const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob());
  const canvas = Object.assign(document.createElement('canvas'), {width: bitmap.width, height: bitmap.height});
  canvas.getContext('2d').drawImage(bitmap, 0, 0);
  return canvas.toDataURL('image/webp', 0.82);
}"""


def file_name(name: str | None, address: str) -> str:
    words = re.sub(r"[^a-z_]+", "-", address).strip("-") or "start"
    return f"{words}-{name or 'stranger'}"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    take(sys.argv[1:])
