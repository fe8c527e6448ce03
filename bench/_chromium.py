"""Sending a file with the page's own scripts: headless Chromium on a page of the running site."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-features=LocalNetworkAccessChecks")
BEGIN = "/bench/uploads"  # the only address that the site does not answer itself: its upload is begun already
TIMEOUT_MS = 300_000

# Seconds from the choice of the file to the site's yes, as the sender of an order's page would take.
_SEND = """
async ([begin, token, upload]) => {
  const really = window.fetch;
  window.fetch = (url, ...more) => (url === begin ? Promise.resolve(Response.json(upload)) : really(url, ...more));
  const { Sender } = await import("/static/bench/js/upload/sender.js");
  const [file] = document.querySelector("#bench-file").files;
  const started = performance.now();
  const item = await new Promise((done) => {
    const sender = new Sender({ begin, fields: {}, token, onChange: () => {
      const [only] = sender.items;
      if (["done", "failed"].includes(only?.state)) done(only);
    } });
    sender.add([file]);
  });
  if (item.state === "failed") throw new Error(`${item.error} ${JSON.stringify(item.error.problem ?? null)}`);
  return (performance.now() - started) / 1000;
}"""
_INPUT = "document.body.append(Object.assign(document.createElement('input'), {type: 'file', id: 'bench-file'}))"


def sent_by_chromium(path: Path, *, site: str, headers: Mapping[str, str], upload: Mapping[str, Any]) -> float | str:
    """Seconds it took, or a sentence why there is no such figure here. `headers` sign the bench in."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    if binary is None:
        return "chromium is not installed"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed"
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=binary, args=list(FLAGS))
        try:
            return _timed(browser.new_page(), path, site=site, headers=headers, upload=upload)
        finally:
            browser.close()


def _timed(page: Any, path: Path, *, site: str, headers: Mapping[str, str], upload: Mapping[str, Any]) -> float:
    name, _, value = headers["Cookie"].partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": site}])
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(f"{site}{urlsplit(site).path or '/'}")
    page.evaluate(_INPUT)
    page.locator("#bench-file").set_input_files(str(path))
    return float(page.evaluate(_SEND, [BEGIN, headers["X-CSRF-Token"], dict(upload)]))
