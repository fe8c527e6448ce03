"""Markdown of legal texts can show words, links and tables, and nothing that acts."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from blueprints.legal import rendered

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](https://evil.test/pixel.png)",
    "<a href='https://x' style='position:fixed' onclick=x>x</a>",
    "<iframe src=https://evil.test></iframe>",
    "<svg><script>1</script></svg>",
    '<https://evil.test/"onmouseover=alert(1)>',
    "`<script>`\n\n    <script>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<form action=https://evil.test><input name=password></form>",
    "<style>*{display:none}</style>",
    "&lt;script&gt;&#x3C;script&#x3E;",
]
ALLOWED = {
    "a",
    "p",
    "code",
    "pre",
    "em",
    "strong",
    "ul",
    "ol",
    "li",
    "h2",
    "h3",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class Oracle(HTMLParser):
    """Reads HTML as a browser does and notes what it finds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_acts_nowhere(text: str) -> None:
    oracle = Oracle()
    oracle.feed(str(rendered(text)))
    assert oracle.tags <= ALLOWED
    for name, value in oracle.attributes:
        assert name in {"href", "rel", "start"}
        assert name != "href" or (value or "").startswith(("https://", "http://", "mailto:", "/"))


def test_deep_nesting_is_rendered_quickly() -> None:
    assert len(rendered(">" * 60_000)) < 1_000_000


def test_tables_and_links_are_kept() -> None:
    html = rendered("| a | b |\n|---|---|\n| [c](https://x.test) | d |")
    assert "<table>" in html
    assert '<a href="https://x.test" rel="nofollow noopener">' in html
