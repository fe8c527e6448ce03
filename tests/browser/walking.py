"""One whole order as two people walk it, scene by scene: told once, whoever's hands and language they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tests.browser.visits import until
from tests.browser.walkers import OTHERS_WITHIN_S, PASSWORD, Line, Walker

RATE_HZ = 48_000
SONG_S = 20.0
LONG_S = 120.2  # 48 kHz, 24 bit, two channels: 34.6 MB, three parts of 16 MiB
SONG = "Night Bus"
CLEARING_S = 7 * 24 * 3600 + 3600
ONE_PART_IS_HELD = "document.querySelector('[data-upload]').uploadPlace.sender.items[0]?.held > 0"


@dataclass(frozen=True)
class Sounds:
    """What goes from hand to hand."""

    rough: Path
    stems: tuple[Path, Path]
    room: Path
    mixes: tuple[Path, Path]


def record(folder: Path) -> Sounds:
    """Real files: one stem is clipped, the other has silence before it, the room is long."""
    time_s = np.arange(round(SONG_S * RATE_HZ)) / RATE_HZ
    beat = np.sin(2 * np.pi * 60 * time_s) * np.exp(-8 * (time_s % 0.5))
    voice = np.sin(2 * np.pi * 220 * time_s) * (0.6 + 0.4 * np.sin(2 * np.pi * 0.2 * time_s))
    return Sounds(
        rough=_write(folder / "Rough mix.wav", 0.3 * beat + 0.1 * voice),
        stems=(
            _write(folder / "01 Kick.wav", np.clip(3 * beat, -1, 1)),
            _write(folder / "02 Голос.wav", np.where(time_s < 4, 0, 0.4 * voice)),
        ),
        room=_write(folder / "03 Room.wav", np.random.default_rng(1).normal(0, 0.02, round(LONG_S * RATE_HZ))),
        mixes=(
            _write(folder / "Night Bus v1.wav", 0.35 * beat + 0.2 * voice),
            _write(folder / "Night Bus v2.wav", 0.35 * beat + 0.3 * voice),
        ),
    )


def _write(path: Path, mono: np.ndarray) -> Path:
    soundfile.write(path, np.stack((mono, 0.9 * mono), axis=1), RATE_HZ, format="WAV", subtype="PCM_24")
    return path


def arrive(one: Walker) -> None:
    """Language and theme by the switches at the foot; an account with both consents; the mailed link."""
    one.open("/")
    if one.look.locale != "en":
        one.go(f".foot button[name=locale][value={one.look.locale}]")
    one.go(f".foot button[name=theme][value={one.look.theme}]")
    one.see("the door")
    one.go("main a[href='/sign-up']")
    one.see("signing up")
    one.write(display_name=one.name, email=one.email, password=PASSWORD, birth_year="1990")
    one.tick("#field-accept_privacy", "#field-accept_terms")
    one.send("/sign-up")
    one.see("link sent")
    one.page.goto(one.site.mailed_link(one.email, "/confirm/"))
    one.see("confirming the address")
    one.go("main form button.button")
    one.see("first page")


def open_studio(ivo: Walker, handle: str) -> None:
    """Profile and agreement, a package with its net pay, payouts at the provider, publication."""
    ivo.open("/studio")
    ivo.see("before the studio")
    ivo.write(studio_name="Ivo Lindqvist", handle=handle, headline="Mixes that leave room for the voice")
    ivo.tick("#field-accept_agreement")
    ivo.send("/studio/profile")
    ivo.see("empty studio")
    ivo.go("main a[href^='/studio/packages/new']")
    ivo.see("new package")
    ivo.write(package_title="Mix, up to 24 tracks", price="200", turnaround_days="5", max_stems="24")
    ivo.send("/studio/packages")
    ivo.wait_for("#ahead .total")
    ivo.see("net pay")
    ivo.go("button[name=confirmed]")
    ivo.go("main a[href='/payouts']")
    ivo.see("before payouts")
    ivo.hand.choose(ivo.page, ivo.at("#field-country"), "US")
    ivo.send("/payouts/onboarding")
    ivo.see("onboarding")
    ivo.go("button[value=complete]")
    ivo.wait_for("form[action$='/payouts/dashboard']")
    ivo.see("ready for payouts")
    ivo.go("a.rail-link[href='/studio']")
    ivo.send("/studio/publication")
    ivo.see("open studio")


def ask_for_an_offer(mara: Walker, handle: str, sounds: Sounds) -> str:
    """The address of the new order."""
    mara.go("a.rail-link[href='/orders']")
    mara.see("no orders")
    mara.go("main a[href='/engineers']")
    mara.see("engineers")
    mara.go(f"main a[href='/engineers/{handle}']")
    mara.see("engineer")
    mara.go("main a[href$='/request']")
    mara.see("request")
    mara.write(title=SONG, artist="Mara Vale", brief="The voice tells the story.", stem_list="Kick\nГолос\nRoom")
    mara.send("/request")
    mara.see("empty draft")
    order = mara.page.url.removeprefix(mara.site.url)
    mara.hand.attach(mara.page, mara.at("#upload-rough--files"), sounds.rough)
    mara.wait_for("#files [data-play]:visible")
    mara.see("draft with a rough mix")
    mara.send("/quote-request")
    mara.see("asked")
    return order


def make_an_offer(ivo: Walker, order: str) -> None:
    """Hear the rough mix, name the terms."""
    ivo.go("a.rail-link[href='/studio']")
    ivo.come_back_until(f"main a[href='{order}']")
    ivo.see("studio with a request")
    ivo.go(f"main a[href='{order}']")
    _hear(ivo, ".player [data-play]")
    ivo.see("hearing the rough mix")
    ivo.write(price="200", turnaround_days="5", terms_note="Send the stems dry.")
    ivo.send("/offer")
    ivo.see("offer sent")


def pay(mara: Walker) -> None:
    """Accept, agree that work begins, pay at the provider."""
    mara.come_back_until("form[action$='/offer-acceptance']")
    mara.see("offered")
    mara.send("/offer-acceptance")
    mara.see("to pay")
    mara.tick("#field-start_work")
    mara.send("/payment")
    mara.see("checkout")
    mara.go("button[value=pay]")
    mara.see("back from checkout")
    mara.wait_for("form[action$='/files-submission']")
    mara.see("paid")


def send_stems(mara: Walker, sounds: Sounds) -> None:
    """Two short ones dropped; a long one paused, taken up, cut by a reload and taken up again."""
    mara.hand.drop(mara.page, mara.at("[data-upload]"), *sounds.stems)
    mara.wait_for("#files li", text=sounds.stems[1].name)
    line = Line(mara, let_through=1)
    mara.hand.attach(mara.page, mara.at("#upload-stem--files"), sounds.room)
    until(mara.page, ONE_PART_IS_HELD, within_s=OTHERS_WITHIN_S)
    mara.see("sending")
    mara.press("[data-u=pause]")
    mara.see("paused")
    mara.press("[data-u=pause]")
    mara.page.once("dialog", lambda dialog: dialog.accept())
    mara.page.reload()
    line.open()
    mara.wait_for("[data-u=unfinished-names]", text=sounds.room.name)
    mara.see("reloaded")
    mara.hand.attach(mara.page, mara.at("#upload-stem--files"), sounds.room)
    mara.wait_for("#files li", text=sounds.room.name)
    mara.page.locator("#files[data-poll]").wait_for(state="detached", timeout=30_000)
    mara.wait_for("#files .badge-todo")
    mara.see("checked")
    mara.write(files_note="The kick is meant to be dirty.")
    mara.send("/files-submission")
    mara.see("submitted")
    mara.write(message="All stems start at zero.")
    mara.send("/messages")
    mara.see("message sent")


def accept_the_files(ivo: Walker) -> None:
    """Answer the message, take the files as they are."""
    ivo.come_back_until("form[action$='/intake-acceptance']")
    ivo.see("intake")
    ivo.write(message="Thank you, all there.")
    ivo.send("/messages")
    ivo.send("/intake-acceptance")
    ivo.see("at work")


def deliver(ivo: Walker, mix: Path, note: str) -> None:
    """Lay out a mix, say what was heard on purpose, deliver."""
    ivo.come_back_until("#deliver-form")
    ivo.hand.attach(ivo.page, ivo.at("#upload-delivery-mix-files"), mix)
    ivo.wait_for("#laid-out li", text=mix.name)
    ivo.page.locator("#laid-out[data-poll]").wait_for(state="detached", timeout=30_000)
    ivo.see("laid out")
    for box in ivo.page.locator("input[name=acknowledged]").all():
        ivo.hand.tick(ivo.page, box)
    ivo.tick("#field-arrangement_changed")
    ivo.write(delivery_note=note)
    ivo.send("/delivery")
    ivo.see("delivered")


def ask_for_changes(mara: Walker) -> None:
    """Play, comment at a point and at a range, compare, send one list."""
    mara.come_back_until(".player [data-play]:visible")
    mara.see("version 1")
    _hear(mara, ".player [data-play]")
    mara.page.keyboard.press("c")
    mara.page.keyboard.insert_text("The kick is a little loud here.")
    mara.send("/comments")
    mara.wait_for(".comments .message-text", text="a little loud")
    mara.hand.mark_range(mara.page, start_s=5, end_s=9, length_s=SONG_S)
    mara.write(comment="Keep this breath.")
    mara.send("/comments")
    mara.wait_for(".comments .message-text", text="Keep this breath")
    mara.see("commented")
    _compare(mara)
    mara.see("compared")
    mara.press("#step details summary")
    mara.write(wishes="A quieter kick; the rest is right.")
    mara.send("/revision-request")
    mara.see("changes asked")


def approve(mara: Walker) -> None:
    """Hear the second version with the comments carried to it, approve, look at money, receipt and notices."""
    mara.come_back_until("form[action$='/approval']")
    mara.wait_for(".comments .badge-quiet")
    mara.see("version 2")
    _compare(mara)
    mara.press("form[action$='/approval'] button")
    mara.wait_for("dialog[open]")
    mara.see("sure")
    mara.go("dialog[open] button[value=yes]")
    mara.wait_for("a[href^='/receipts/']")
    mara.see("approved")
    mara.go("a[href^='/receipts/']")
    mara.see("receipt")
    look_at_notices(mara)


def see_the_money_leave(mara: Walker, ivo: Walker, order: str) -> None:
    """The clearing days pass; whom time has signed out comes in again; the share is sent."""
    mara.site.doors.pass_time(CLEARING_S)
    _come_in(ivo, "/payouts")
    ivo.come_back_until("main table .hash, main table [data-copy]")
    ivo.see("paid out")
    _come_in(mara, order)
    mara.come_back_until("main a[href$='/download']")
    mara.see("completed")
    mara.go("a[href$='/deletions']")
    mara.see("deletion dates")


def _come_in(one: Walker, path: str) -> None:
    one.open(path)
    if one.page.locator("form[action$='/sign-in']").count():
        one.see("signing in")
        one.write(email=one.email, password=PASSWORD)
        one.send("/sign-in")


def look_at_notices(one: Walker) -> None:
    one.go("a.bell")
    one.wait_for("main li, main article")
    one.see("notices")


def _hear(one: Walker, button: str) -> None:
    one.press(f"{button}:visible")
    until(one.page, "document.querySelector('[data-t=seek]').value > 0.2")


def _compare(one: Walker) -> None:
    """A/B by X: exactly one side sounds, and it changes."""
    one.press("[data-ab-play]")
    until(one.page, "document.querySelector('[data-ab]').dataset.state === 'exact'")
    before = _picked(one)
    one.page.keyboard.press("x")
    assert _picked(one) == before[::-1] != before
    one.press("[data-ab-play]")


def _picked(one: Walker) -> list[str | None]:
    sides = one.page.locator("[data-pick]")
    return [side.get_attribute("aria-pressed") for side in sides.all()]
