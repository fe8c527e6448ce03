"""What stands on an HTML page: its forms with every field, its links, its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

UNSEEN = frozenset({"script", "style", "template", "svg"})
TICKS = frozenset({"checkbox", "radio"})
NOT_SENT = frozenset({"submit", "button", "reset", "image", "file"})


class NotOnPage(Exception):
    """The story looked for something that the page does not have."""


@dataclass
class Field:
    """One control: its value now, what it may be set to, and whether it goes along."""

    name: str
    kind: str
    value: str
    options: list[str] = field(default_factory=list)
    is_on: bool = True


@dataclass
class Form:
    """A form as it stands on its page; `action` is a full address."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    data: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """True when a control has this name."""
        return any(each.name == name for each in self.fields)

    def options(self, name: str) -> list[str]:
        """Values that a choice or its boxes offer."""
        return [value for each in self.fields if each.name == name for value in (each.options or [each.value])]

    def filled(self, given: Mapping[str, object], *, press: str = "") -> list[tuple[str, str]]:
        """What the browser sends. Raises NotOnPage for a name, an option or a button that is not there."""
        for name in given:
            if not self.has(name):
                offered = sorted({each.name for each in self.fields})
                raise NotOnPage(f"the form to {self.action} has no field {name}; it has {offered}")
        sent: list[tuple[str, str]] = []
        for each in self.fields:
            sent += _sent(each, given[each.name]) if each.name in given else _as_it_is(each)
        for name, wish in given.items():
            # As nothing is sent for an unoffered option, what was wished has to be found among what is sent.
            missing = [one for one in _texts(wish) if wish is not True and (name, one) not in sent]
            if missing and wish is not False:
                raise NotOnPage(f"{name} at {self.action} does not offer {missing}; it offers {self.options(name)}")
        return sent + self._pressed(press)

    def _pressed(self, press: str) -> list[tuple[str, str]]:
        named = [(name, value) for name, value, _ in self.buttons if name]
        if not press:
            return named[:1] if len(self.buttons) == 1 else []
        found = [pair for pair in named if pair[1] == press]
        if not found:
            raise NotOnPage(f"the form to {self.action} has no button {press}; it has {named}")
        return found[:1]


@dataclass(frozen=True)
class Page:
    """One HTML page as it came."""

    url: str
    status: int
    html: str

    def form(self, part: str, *, has: str = "") -> Form:
        """The first form whose address contains `part` and which has the field `has`. Raises NotOnPage."""
        for form in self._read.forms:
            if part in form.action and (not has or form.has(has)):
                return form
        there = [urlsplit(form.action).path for form in self._read.forms]
        raise NotOnPage(f"{self.url} has no form to …{part}… ; it has {there}: {self.complaint()}")

    def forms(self, part: str) -> list[Form]:
        """Every form whose address contains `part`."""
        return [form for form in self._read.forms if part in form.action]

    def link(self, pattern: str) -> str:
        """The first link whose address matches. Raises NotOnPage."""
        found = self.links(pattern)
        if not found:
            raise NotOnPage(f"{self.url} has no link like {pattern}")
        return found[0]

    def links(self, pattern: str) -> list[str]:
        """Addresses of links that match, in order, each once."""
        return list(dict.fromkeys(url for url, _ in self._read.links if re.search(pattern, url)))

    def says(self, words: str) -> bool:
        """True when the visible text contains these words."""
        return words.casefold() in self.text.casefold()

    @property
    def path(self) -> str:
        """The path of the address where it was found, after redirects."""
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """The visible text, one space between words."""
        return self._read.text

    @property
    def csrf(self) -> str:
        """The token that the page's forms carry; empty without one."""
        for form in self._read.forms:
            for each in form.fields:
                if each.name == "csrf_token":
                    return each.value
        return ""

    def rows(self, words: str = "") -> list[list[str]]:
        """Cells of table rows as text, of those rows that contain these words."""
        found = [
            re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.S) for row in re.findall(r"<tr.*?</tr>", self.html, re.S)
        ]
        texts = [[_text(cell) for cell in cells] for cells in found]
        return [cells for cells in texts if not words or words in " ".join(cells)]

    def term(self, name: str) -> str:
        """What stands beside a name in a list of facts; empty when it is not there."""
        pattern = rf"<dt[^>]*>\s*{re.escape(name)}\s*</dt>\s*<dd[^>]*>(.*?)</dd>"
        hit = re.search(pattern, self.html, re.S)
        return _text(hit.group(1)) if hit else ""

    def complaint(self) -> str:
        """What the page says went wrong, shortened."""
        return self.text[:400]

    def values(self, attribute: str) -> list[str]:
        """Values of an attribute such as data-file-id, in order, each once."""
        return list(dict.fromkeys(re.findall(rf'{re.escape(attribute)}="([^"]*)"', self.html)))

    @cached_property
    def _read(self) -> Reading:
        reading = Reading(self.url)
        reading.feed(self.html)
        reading.close()
        return reading


class Reading(HTMLParser):
    """Collects forms, links and text while a page is parsed."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._url = url
        self._words: list[str] = []
        self._unseen = 0
        self._select: Field | None = None
        self._textarea: Field | None = None
        self._own: dict[str, Form] = {}
        self._open: Form | None = None

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in UNSEEN:
            self._unseen += 1
        if tag == "form":
            self._begin_form(found)
        if tag == "a" and "href" in found:
            self.links.append((urljoin(self._url, found["href"]), found.get("rel", "")))
        form = self._owner(found["form"]) if found.get("form") else self._open
        if form is not None and "disabled" not in found:
            self._control(form, tag, found)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        if tag == "form":
            self._open = None
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.value += data
        elif not self._unseen:
            self._words.append(data)

    def _begin_form(self, found: dict[str, str]) -> None:
        data = {name: value for name, value in found.items() if name.startswith("data-")}
        action = urljoin(self._url, found.get("action") or self._url)
        self._open = self._owner(found["id"]) if "id" in found else Form("", "get")
        self._open.action, self._open.method, self._open.data = action, found.get("method", "get").lower(), data
        self.forms.append(self._open)

    def _owner(self, name: str) -> Form:
        """The form with this id, which may begin only after a control that names it."""
        return self._own.setdefault(name, Form("", "get"))

    def _control(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name, kind = found.get("name", ""), found.get("type", "text").lower()
        if tag == "button" and kind in {"text", "submit"}:
            form.buttons.append((name, found.get("value", ""), found.get("formaction", "")))
        elif tag == "option" and self._select is not None:
            self._select.options.append(found.get("value", ""))
            if "selected" in found or len(self._select.options) == 1:
                self._select.value = found.get("value", "")
        elif name and tag == "select":
            self._select = Field(name, "select", "")
            form.fields.append(self._select)
        elif name and tag == "textarea":
            self._textarea = Field(name, "textarea", "")
            form.fields.append(self._textarea)
        elif name and tag == "input" and kind not in NOT_SENT:
            is_on = kind not in TICKS or "checked" in found
            form.fields.append(Field(name, kind, found.get("value", "on" if kind in TICKS else ""), is_on=is_on))


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _as_it_is(each: Field) -> list[tuple[str, str]]:
    return [(each.name, each.value)] if each.is_on else []


def _sent(each: Field, wish: object) -> list[tuple[str, str]]:
    wishes = _texts(wish)
    if each.kind == "checkbox":
        return [(each.name, each.value)] if wish is True or (wish is not False and each.value in wishes) else []
    if each.kind == "radio":
        return [(each.name, each.value)] if each.value in wishes else []
    if each.kind == "select":
        return [(each.name, one) for one in wishes if one in each.options]
    return [(each.name, wishes[0])]


def _texts(wish: object) -> list[str]:
    return [str(one) for one in wish] if isinstance(wish, list) else [str(wish)]
