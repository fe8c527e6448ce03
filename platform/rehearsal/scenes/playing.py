"""What the scenes of one order share."""

from __future__ import annotations

import http
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.browsing import Given, Refused, wait_for
from rehearsal.pages import Page
from rehearsal.people import Doors, Person
from rehearsal.report import FileLine, Report
from rehearsal.sending import Courier
from rehearsal.song import write_rough, write_stems
from rehearsal.store_proof import StoreInfo
from rehearsal.telling import Teller

SETTLED_WITHIN_S = 90
LOOK_EVERY_S = 0.5
TRIES = 3  # of an act on a page that moves under the hand


@dataclass
class Cast:
    """The people, who stay the same from order to order."""

    mara: Person
    ivo: Person
    ada: Person


@dataclass(frozen=True)
class Stage:
    """Where orders are played: the people, the site's doors, the store to ask, and who tells it."""

    cast: Cast
    doors: Doors
    store: StoreInfo
    teller: Teller


@dataclass(frozen=True)
class Song:
    """What the musician brings, and what the engineer made of it so far, by version."""

    stems: list[Path]
    rough: Path
    mixes: dict[int, Path] = field(default_factory=dict)


@dataclass
class Play:
    """One order being played; `folder` takes what its people download."""

    stage: Stage
    song: Song
    report: Report
    folder: Path
    title: str
    artist: str
    order_id: str = ""
    client: Courier | None = None
    engineer: Courier | None = None

    @property
    def cast(self) -> Cast:
        """The people."""
        return self.stage.cast

    @property
    def doors(self) -> Doors:
        """The rehearsal's own doors."""
        return self.stage.doors

    @property
    def store(self) -> StoreInfo:
        """The store to ask for proof."""
        return self.stage.store

    @property
    def teller(self) -> Teller:
        """Who tells the story."""
        return self.stage.teller

    @property
    def desk(self) -> Path:
        """The engineer's own folder."""
        folder = self.folder / "desk"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def path(self) -> str:
        """The order's page."""
        return f"/orders/{self.order_id}"

    def begin(self, order_id: str) -> None:
        """The order exists from now on; both sides can send files into it."""
        self.order_id = order_id
        self.client = Courier(self.cast.mara.browser, order_id, self.store.bucket)
        self.engineer = Courier(self.cast.ivo.browser, order_id, self.store.bucket)

    def couriers(self) -> tuple[Courier, Courier]:
        """The client's and the engineer's."""
        assert self.client is not None
        assert self.engineer is not None
        return self.client, self.engineer

    def await_form(self, person: Person, part: str, *, within_s: float = SETTLED_WITHIN_S) -> Page:
        """The order's page for this person, once it offers a form; what they wait for is the other side or a machine."""

        def look() -> Page | None:
            page = self.look_at(person)
            return page if page.forms(part) else None

        page: Page = wait_for(look, within_s=within_s, every_s=LOOK_EVERY_S, what=f"{part} on {self.path}")
        return page

    def look_at(self, person: Person, path: str = "") -> Page:
        """The order's page, or another one, as this person sees it; who was signed out by time signs in again."""
        page = person.browser.open(path or self.path)
        if page.path != "/sign-in":
            return page
        person.come_in()
        return person.browser.open(path or self.path)

    def act(self, person: Person, part: str, *, has: str = "", **given: Given) -> Page:
        """Waits for a form and sends it; a page that moved meanwhile is looked at again, as a person would."""
        for _ in range(TRIES):
            page = self.await_form(person, part)
            try:
                return person.browser.submit(page.form(part, has=has), press="", **given)
            except Refused as refused:
                if refused.status != http.HTTPStatus.CONFLICT:
                    raise
                moved = refused
        raise moved

    def listen(self, person: Person, file_id: str) -> int:
        """Plays a file's preview to its end, once it is made; the bytes that were heard."""

        def look() -> int:
            try:
                return person.browser.download(f"/files/{file_id}/preview").size_bytes
            except Refused as refused:
                if refused.status != http.HTTPStatus.CONFLICT:
                    raise
                return 0

        heard: int = wait_for(look, within_s=SETTLED_WITHIN_S, every_s=LOOK_EVERY_S, what=f"the preview of {file_id}")
        return heard

    def note_received(self, name: str, role: str, size_bytes: int, sent: str, received: str | None) -> None:
        """One file for the report."""
        self.report.files.append(FileLine(name, role, size_bytes, sent, received))


def record(folder: Path) -> Song:
    """The stems and the rough mix in this folder; made when they are not there yet."""
    kept = sorted(folder.glob("[0-9]*.wav"))
    rough = folder / "Rough mix.wav"
    if kept and rough.exists():
        return Song(kept, rough)
    return Song([each.path for each in write_stems(folder)], write_rough(folder))
