"""Stems up, checked and accepted; a mix, a comment, a second version, an approval."""

from __future__ import annotations

import re
import time
from pathlib import Path

from rehearsal.browsing import Given
from rehearsal.pages import Page
from rehearsal.scenes.dealing import told_rate
from rehearsal.scenes.playing import Play
from rehearsal.sending import Courier
from rehearsal.song import mix
from rehearsal.telling import size

FILE_LINK = r"/files/(fil_\w+)/download"
WISH_AT_S = 45
WISH_UNTIL_S = 60
WISH = "The voice drowns in the chorus, please louder from here on."
MORE = "And over the whole song a little less low end."


def upload_stems(play: Play) -> None:
    """Every stem in parts, each part proved by its hash; one line is cut on purpose and taken up again."""
    mara = play.cast.mara
    client, _ = play.couriers()
    with play.teller.step(f"{mara.name} uploads {len(play.song.stems)} stems, and the line breaks once"):
        started = time.monotonic()
        biggest = max(play.song.stems, key=lambda path: path.stat().st_size)
        resumed, again = client.send_with_a_cut(biggest, role="stem")
        if again is not None:
            play.teller.fact("cut", f"{biggest.name}: after the first part; {again.parts_kept} kept, the rest sent on")
        sent = [resumed, *(client.send(path, role="stem") for path in play.song.stems if path != biggest)]
        total = sum(each.size_bytes for each in sent)
        play.teller.fact("sent", told_rate(total, time.monotonic() - started))
    with play.teller.step("The machine listens to every file"):
        states = client.await_checks()
        play.teller.fact(
            "checked", f"{len(states)} files: " + ", ".join(f"{states.count(s)} {s}" for s in sorted({*states}))
        )
        page = mara.browser.open(play.path)
        for line in _findings(page):
            play.teller.fact("found", line)
        play.act(mara, "/files-submission", files_note="The kick is meant to be dirty.")


def fetch_stems(play: Play) -> None:
    """The engineer downloads what the client sent; hashes are compared."""
    ivo = play.cast.ivo
    client, _ = play.couriers()
    with play.teller.step(f"{ivo.name} downloads the stems"):
        play.await_form(ivo, "/intake-acceptance")
        started, total = time.monotonic(), 0
        for file_id, sent in client.sent.items():
            role = "rough" if sent.name == play.song.rough.name else "stem"
            got = ivo.browser.download(f"/files/{file_id}/download", into=play.desk / sent.name)
            play.note_received(sent.name, role, sent.size_bytes, sent.sha256, got.sha256)
            total += got.size_bytes
        play.teller.fact("received", f"{told_rate(total, time.monotonic() - started)}; every hash is the sender's")


def accept_files(play: Play) -> None:
    """The engineer takes the files as they are; from here the turnaround counts."""
    ivo = play.cast.ivo
    with play.teller.step(f"{ivo.name} accepts the files"):
        page = play.act(ivo, "/intake-acceptance")
        due = re.search(r"\bDue (.+?UTC)", page.text)
        play.teller.fact("due", due.group(1) if due else "in five days")


def deliver(play: Play, *, version: int, note: str) -> None:
    """The engineer really mixes what was downloaded, uploads the result and delivers it after the check."""
    ivo = play.cast.ivo
    _, engineer = play.couriers()
    with play.teller.step(f"{ivo.name} mixes and delivers version {version}"):
        path = play.song.mixes.get(version) or _mixed(play, version)
        sent = engineer.send(path, role="delivery", deliverable="master")
        play.teller.fact("sent", told_rate(sent.size_bytes, sent.seconds))
        engineer.await_checks()
        page = play.await_form(ivo, "/delivery")
        form = page.form("/delivery", has="version")
        codes = form.options("acknowledged") if form.has("acknowledged") else []
        heard: dict[str, Given] = {"acknowledged": codes} if codes else {}
        play.act(ivo, "/delivery", has="version", delivery_note=note, **heard)


def _mixed(play: Play, version: int) -> Path:
    started = time.monotonic()
    path = mix(play.desk, version)
    play.song.mixes[version] = path
    play.teller.fact("mixed", f"{len(play.song.stems)} stems, {time.monotonic() - started:.1f} s at the desk")
    return path


def ask_for_changes(play: Play) -> None:
    """The client listens and comments at a place; one list of changes goes to the engineer."""
    mara = play.cast.mara
    with play.teller.step(f"{mara.name} listens and asks for one change"):
        play.await_form(mara, "/revision-request")
        file_id = _versions(play)[-1]
        play.teller.fact("heard", f"the whole song from our own origin, {size(play.listen(mara, file_id))}")
        play.act(mara, "/comments", has="start_s", comment=WISH, start_s=WISH_AT_S, end_s=WISH_UNTIL_S)
        play.teller.fact("comment", f"0:{WISH_AT_S} to 1:{WISH_UNTIL_S - 60:02d}: {WISH}")
        play.act(mara, "/revision-request", wishes=f"{WISH} {MORE}")


def approve(play: Play) -> None:
    """The client compares both versions at the same loudness and approves."""
    mara = play.cast.mara
    with play.teller.step(f"{mara.name} compares both versions and approves"):
        play.await_form(mara, "/approval")
        play.listen(mara, _versions(play)[-1])
        page = play.await_form(mara, "/approval")
        for name, lufs, dbtp in dict.fromkeys(re.findall(r"\b(v\d) LUFS (\S+) dBTP (\S+)", page.text)):
            play.teller.fact(name, f"{lufs} LUFS, true peak {dbtp} dBTP")
        play.teller.fact("compared", "sample by sample, both at the same loudness")
        play.teller.fact("comment", "carried to the new version" if page.says(WISH) else "answered in the new version")
        play.act(mara, "/approval")


def _versions(play: Play) -> list[str]:
    _, engineer = play.couriers()
    return list(engineer.sent)


def _findings(page: Page) -> list[str]:
    """What the check said to look at, each sentence once."""
    found = re.findall(r'<span class="badge badge-(?:todo|bad)">[^<]*</span>\s*([^<]+)</p>', page.html)
    return list(dict.fromkeys(" ".join(each.split()) for each in found))[:6]


def fetch_versions(play: Play, courier: Courier, into: Path) -> list[str]:
    """Downloads every delivered file as the client, now that it is open; names of those that came back changed."""
    changed = []
    for file_id, sent in courier.sent.items():
        got = play.cast.mara.browser.download(f"/files/{file_id}/download", into=into / sent.name)
        play.note_received(sent.name, "delivery", sent.size_bytes, sent.sha256, got.sha256)
        if got.sha256 != sent.sha256:
            changed.append(sent.name)
    return changed
