"""Whether a page's tags close in the order they were opened: browsers repair what does not, each in its own way."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


def unbalanced(html: str) -> list[str]:
    """One line per tag that is closed out of order or never; ids that stand twice count too."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.faults + [f"<{tag}> of line {line} is never closed" for tag, line in reader.open]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.faults: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append((tag, self.getpos()[0]))
        self._note_id(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note_id(attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.faults.append(
                f"</{tag}> in line {self.getpos()[0]} closes {self.open[-1] if self.open else 'nothing'}"
            )

    def _note_id(self, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("id")
        if name is not None and name in self.ids:
            self.faults.append(f'id="{name}" stands twice')
        self.ids.add(name or "")
