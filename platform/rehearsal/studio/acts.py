"""What one person does with one order: each act of the plan, as clicks and uploads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from rehearsal.browsing import Browser, Given, ask, wait_for
from rehearsal.pages import Page
from rehearsal.people import Person
from rehearsal.scenes.playing import Play
from rehearsal.studio.cast import studio_of
from rehearsal.studio.tales import Act, Day, Tale
from rehearsal.studio.words import Occasion, said

STATE_WITHIN_S = 120
LOOK_EVERY_S = 1.0
POINT_S = 4.2
RANGE_S = (9.0, 14.5)
QUESTION_S = 17
LOUDNESS = "-14"


class Office:
    """The staff page, where every order stands with its state; one look at a time."""

    def __init__(self, ada: Person) -> None:
        self._ada = ada
        self._lock = threading.Lock()

    def state_of(self, order_id: str) -> str:
        """The order's state; empty while it is not among the newest."""
        with self._lock:
            page = self._ada.browser.open("/staff")
            if page.path != "/staff":
                self._ada.come_in()
                page = self._ada.browser.open("/staff")
        # An alarm's row names the order too, in another place.
        return next((row[1] for row in page.rows(order_id) if row[0] == order_id), "")

    def alarms(self) -> list[str]:
        """What the books or the store complain about; nothing, in a true world."""
        with self._lock:
            text = self._ada.browser.open("/staff").html
        table = text.partition("Open alarms")[2].partition("</table>")[0]
        return re.findall(r"badge-bad\">([^<]+)", table)


@dataclass
class Telling:
    """One tale being played."""

    tale: Tale
    play: Play
    office: Office
    until: str = ""

    @property
    def client(self) -> Person:
        return self.play.cast.mara

    @property
    def engineer(self) -> Person:
        return self.play.cast.ivo

    def client_says(self, occasion: Occasion) -> str:
        """What the client writes, in the client's language."""
        return said(occasion, language=self.tale.client.language, title=self.tale.title)

    def engineer_says(self, occasion: Occasion) -> str:
        """What the engineer writes, in the engineer's language."""
        return said(occasion, language=self.tale.engineer.language, title=self.tale.title)

    def client_does(self, part: str, *, has: str = "", **given: Given) -> Page:
        """Waits for a form on the client's page of the order and sends it."""
        return self.play.act(self.client, part, has=has, **given)

    def engineer_does(self, part: str, *, has: str = "", **given: Given) -> Page:
        """Waits for a form on the engineer's page of the order and sends it."""
        return self.play.act(self.engineer, part, has=has, **given)


Deed: TypeAlias = Callable[[Telling], object]


def perform(telling: Telling, day: Day) -> None:
    """Plays one day of a tale. Raises Refused, NotOnPage, TimeoutError where the site answers otherwise."""
    telling.until = day.until
    for act in day.acts:
        DEEDS[act](telling)


def _begin(telling: Telling) -> None:
    tale, browser = telling.tale, telling.client.browser
    page = browser.open(f"/engineers/{studio_of(tale.engineer).handle}/request")
    page = browser.submit(
        page.form("/request"),
        title=tale.title,
        artist=tale.client.artist,
        brief=telling.client_says(Occasion.BRIEF),
        stem_list="\n".join(path.stem for path in telling.play.song.stems) if tale.has_sound else "",
        loudness_lufs=LOUDNESS,
    )
    telling.play.begin(page.path.rsplit("/", 1)[-1])


def _rough(telling: Telling) -> None:
    client, _ = telling.play.couriers()
    client.send(telling.play.song.rough, role="rough")
    client.await_checks()


def _offer(telling: Telling) -> None:
    package = studio_of(telling.tale.engineer).packages[0]
    telling.engineer_does(
        "/offer",
        has="price",
        price=package.price,
        turnaround_days=4,
        revisions=package.revisions,
        max_stems=package.max_stems,
        deliverables=["master"],
        terms_note=telling.engineer_says(Occasion.TERMS),
    )


def _buy(telling: Telling) -> None:
    """The engineer's main package; the page lists all of them in an order of its own."""
    page = telling.play.await_form(telling.client, "/purchase")
    packages = studio_of(telling.tale.engineer).packages
    listed = sorted(packages, key=lambda package: page.text.find(package.title))
    telling.client.browser.submit(page.forms("/purchase")[listed.index(packages[0])])


def _pay(telling: Telling) -> None:
    hosted = _checkout(telling)
    telling.client.browser.submit(hosted.form("/c/pay/"), press="pay", email=telling.client.email)
    telling.play.await_form(telling.client, "/files-submission")


def _pay_by_bank(telling: Telling) -> None:
    hosted = _checkout(telling)
    telling.client.browser.submit(hosted.form("/c/pay/"), press="later", email=telling.client.email)


def _checkout(telling: Telling) -> Page:
    return telling.client_does("/payment", has="start_work", start_work=True)


def _stems(telling: Telling) -> None:
    client, _ = telling.play.couriers()
    for path in telling.play.song.stems:
        client.send(path, role="stem")
    client.await_checks()


def _deliver(telling: Telling, *, version: int, occasion: Occasion) -> None:
    _, engineer = telling.play.couriers()
    engineer.send(telling.play.song.mixes[version], role="delivery", deliverable="master")
    engineer.await_checks()
    form = telling.play.await_form(telling.engineer, "/delivery").form("/delivery", has="delivery_note")
    heard: dict[str, Given] = {"acknowledged": form.options("acknowledged")} if form.has("acknowledged") else {}
    telling.engineer_does("/delivery", has="delivery_note", delivery_note=telling.engineer_says(occasion), **heard)


def _comment(telling: Telling) -> None:
    _wait_for_sound(telling)
    start_s, end_s = (str(second) for second in RANGE_S)
    telling.client_does("/comments", has="start_s", comment=telling.client_says(Occasion.POINT), start_s=str(POINT_S))
    telling.client_does(
        "/comments", has="start_s", comment=telling.client_says(Occasion.RANGE), start_s=start_s, end_s=end_s
    )


def _question(telling: Telling) -> None:
    _wait_for_sound(telling)
    words = telling.client_says(Occasion.QUESTION)
    telling.client_does("/comments", has="start_s", comment=words, start_s=QUESTION_S, is_question=True)


def _wait_for_sound(telling: Telling) -> None:
    """The place for comments opens with the preview."""

    def look() -> bool:
        page = telling.play.look_at(telling.client)
        return any(form.has("start_s") for form in page.forms("/comments"))

    wait_for(look, within_s=STATE_WITHIN_S, every_s=LOOK_EVERY_S, what=f"the preview of {telling.tale.title}")


def _answer(telling: Telling) -> None:
    """The engineer answers the question, which is the last comment."""
    page = telling.play.await_form(telling.engineer, "/replies")
    form = page.forms("/replies")[-1]
    telling.engineer.browser.submit(form, reply=telling.engineer_says(Occasion.ANSWER))


def _cancel(telling: Telling) -> None:
    telling.client_does("/cancellation", has="cancel_reason", cancel_reason=telling.client_says(Occasion.CANCEL))


def _slow_bank(telling: Telling) -> None:
    """The payment stand-in keeps the refund of this very charge on its way."""
    page = telling.play.look_at(telling.client)
    receipt = telling.client.browser.open(page.link(r"/receipts/"))
    found = re.search(r"\bch_\w+", receipt.text)
    if found is None:
        raise TimeoutError(f"{receipt.url} shows no charge")
    ask(f"{telling.play.doors.stripe_url}/_faults", {"fault": "refund_pending", "charge": found.group(0)})


def _refused_refund(telling: Telling) -> None:
    """Somebody at the bank refuses the refund that is on its way."""
    bank = Browser(telling.play.doors.stripe_url)

    def look() -> bool:
        for form in bank.open("/").forms("/faults"):
            if form.has("refund") and any(value == "refund_settled" for _, value, _ in form.buttons):
                refund = form.options("refund")[0]
                ask(f"{telling.play.doors.stripe_url}/_faults", {"fault": "refund_failed", "refund": refund})
                return True
        return False

    wait_for(look, within_s=STATE_WITHIN_S, every_s=LOOK_EVERY_S, what="the refund at the bank")


def _await_state(telling: Telling) -> None:
    def look() -> bool:
        return telling.office.state_of(telling.play.order_id) == telling.until

    what = f"{telling.tale.title} to be {telling.until}"
    wait_for(look, within_s=STATE_WITHIN_S, every_s=LOOK_EVERY_S, what=what)


def _await_purge(telling: Telling) -> None:
    client, _ = telling.play.couriers()

    def look() -> bool:
        page = telling.play.look_at(telling.client, f"{telling.play.path}/deletions")
        return all(f"/files/{file_id}/receipt" in page.html for file_id in client.sent)

    what = f"the deletion receipts of {telling.tale.title}"
    wait_for(look, within_s=STATE_WITHIN_S, every_s=LOOK_EVERY_S, what=what)


def _client_writes(occasion: Occasion) -> Deed:
    return lambda telling: telling.client_does("/messages", has="message", message=telling.client_says(occasion))


def _engineer_writes(occasion: Occasion) -> Deed:
    return lambda telling: telling.engineer_does("/messages", has="message", message=telling.engineer_says(occasion))


DEEDS: Mapping[Act, Deed] = {
    Act.BEGIN: _begin,
    Act.ROUGH: _rough,
    Act.ASK: lambda telling: telling.client_does("/quote-request"),
    Act.OFFER: _offer,
    Act.COUNTER: lambda telling: telling.client_does(
        "/counter-wish", has="counter_wish", counter_wish=telling.client_says(Occasion.COUNTER)
    ),
    Act.DECLINE: lambda telling: telling.engineer_does(
        "/refusal", has="decline_reason", decline_reason=telling.engineer_says(Occasion.DECLINE)
    ),
    Act.ACCEPT: lambda telling: telling.client_does("/offer-acceptance"),
    Act.BUY: _buy,
    Act.PAY: _pay,
    Act.PAY_BY_BANK: _pay_by_bank,
    Act.STEMS: _stems,
    Act.SUBMIT: lambda telling: telling.client_does(
        "/files-submission", has="files_note", files_note=telling.client_says(Occasion.FILES)
    ),
    Act.TAKE: lambda telling: telling.engineer_does("/intake-acceptance"),
    Act.FIRST: lambda telling: _deliver(telling, version=1, occasion=Occasion.FIRST),
    Act.SECOND: lambda telling: _deliver(telling, version=2, occasion=Occasion.SECOND),
    Act.COMMENT: _comment,
    Act.QUESTION: _question,
    Act.ANSWER: _answer,
    Act.REVISE: lambda telling: telling.client_does(
        "/revision-request", has="wishes", wishes=telling.client_says(Occasion.WISHES)
    ),
    Act.APPROVE: lambda telling: telling.client_does("/approval"),
    Act.CANCEL: _cancel,
    Act.SLOW_BANK: _slow_bank,
    Act.REFUSED_REFUND: _refused_refund,
    Act.HELLO: _client_writes(Occasion.HELLO),
    Act.HELLO_BACK: _engineer_writes(Occasion.HELLO_BACK),
    Act.WHERE: _client_writes(Occasion.WHERE),
    Act.LATE: _engineer_writes(Occasion.LATE),
    Act.ANGRY: _client_writes(Occasion.ANGRY),
    Act.HURT: _engineer_writes(Occasion.HURT),
    Act.LAST: _client_writes(Occasion.LAST),
    Act.AWAIT: _await_state,
    Act.AWAIT_PURGE: _await_purge,
}
