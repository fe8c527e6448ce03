"""Plays one Mix & Master order over HTTP as browsers would, tells it in the terminal, and writes a report.

    python -m rehearsal.demo --base-url … --rehearsal-token … --stripe-url … --inbox-url … --store-info FILE

Run again, it adds an order to the same world.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rehearsal.browsing import Refused
from rehearsal.pages import NotOnPage
from rehearsal.people import Doors
from rehearsal.report import Report
from rehearsal.scenes import dealing, ending, meeting, working
from rehearsal.scenes.playing import Cast, Play, Stage, record
from rehearsal.store_proof import StoreInfo
from rehearsal.telling import Teller, seconds, size

TITLES = ("Night Bus", "Paper Lanterns", "North Window", "Slow Tide", "Second Platform", "Glass Garden")
ARTIST = "Mara Vale"
FIRST_NOTES = "Drums and bass glued, guitar left of the voice, pad pulled back."
SECOND_NOTES = "Voice up 3.5 dB from 0:45 on, low shelf down over the whole song."
STORIES = ("whole", "order")


def main(arguments: list[str] | None = None) -> int:
    """Plays; 0 when the story ended as it should, 1 with one sentence when it did not."""
    given = _arguments(arguments)
    doors = Doors(given.base_url, given.stripe_url, given.inbox_url, given.rehearsal_token)
    store = StoreInfo.read(given.store_info)
    teller, report = Teller(), Report(given.first_answer)
    folder = _workshop(given.store_info.parent)
    try:
        _play(given, doors, store, teller, report, folder)
    except KeyboardInterrupt:
        return 130
    except (Refused, NotOnPage, TimeoutError, OSError) as error:
        print(f"\nThe story stopped: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        report.steps = teller.steps
        if given.report:
            report.write(given.report)
        shutil.rmtree(folder, ignore_errors=True)
    for problem in report.problems():
        print(f"Wrong: {problem}", file=sys.stderr, flush=True)
    return 1 if report.problems() else 0


def _play(
    given: argparse.Namespace, doors: Doors, store: StoreInfo, teller: Teller, report: Report, folder: Path
) -> None:
    cast = Cast(
        doors.person("Mara Vale", "mara@example.com"),
        doors.person("Ivo Lindqvist", "ivo@example.com"),
        doors.person("Ada Brandt", "ada@example.com"),
    )
    stage = Stage(cast, doors, store, teller)
    teller.heading(
        "One order, from the first visit to the last deleted byte", f"Played on {given.base_url} as a browser"
    )
    with ProcessPoolExecutor(1) as studio:
        recording = studio.submit(record, given.song or _inside(folder, "song"))
        meeting.meet(stage)
        meeting.open_studio(stage)
        with teller.step(f"{cast.mara.name}'s song is recorded meanwhile"):
            song = recording.result()
            teller.fact("stems", f"{len(song.stems)}, {size(sum(path.stat().st_size for path in song.stems))}")
    titles = _free_titles(cast)
    _whole(Play(stage, song, report, _inside(folder, "whole"), titles[0], ARTIST))
    if given.story == "order":
        return
    quiet = Stage(cast, doors, store, Teller(io.StringIO()))
    with teller.step(f"Another order is played until it waits for {cast.mara.name}'s ears"):
        decision = _until_the_decision(Play(quiet, song, Report(0), _inside(folder, "decision"), titles[1], ARTIST))
    with teller.step("A third one is paid and waits for its stems"):
        empty = _until_the_upload(Play(quiet, song, Report(0), _inside(folder, "upload"), titles[2], ARTIST))
    _closing(given, stage, decision, empty)


def _whole(play: Play) -> None:
    _until_the_upload(play)
    working.upload_stems(play)
    working.fetch_stems(play)
    working.accept_files(play)
    working.deliver(play, version=1, note=FIRST_NOTES)
    working.ask_for_changes(play)
    working.deliver(play, version=2, note=SECOND_NOTES)
    working.approve(play)
    ending.let_it_clear(play)
    ending.take_home(play)
    ending.let_thirty_days_pass(play)


def _until_the_decision(play: Play) -> Play:
    _until_the_upload(play)
    working.upload_stems(play)
    working.accept_files(play)
    working.deliver(play, version=1, note=FIRST_NOTES)
    working.ask_for_changes(play)
    working.deliver(play, version=2, note=SECOND_NOTES)
    return play


def _until_the_upload(play: Play) -> Play:
    dealing.ask_for_an_offer(play)
    dealing.accept_and_pay(play)
    return play


def _closing(given: argparse.Namespace, stage: Stage, decision: Play, empty: Play) -> None:
    """Where to look, and how to come in as each of the three."""
    cast, doors = stage.cast, stage.doors
    stage.teller.closing(
        "Now it is your turn",
        [
            ("Listen, compare, approve", doors.base_url + decision.path),
            ("Drop your own WAV", doors.base_url + empty.path),
            ("Mail, as it arrived", doors.inbox_url),
            ("Payments, as they went", doors.stripe_url),
            ("Played in", seconds(sum(step.seconds for step in stage.teller.steps))),
        ],
    )
    people = (("client", cast.mara), ("engineer", cast.ivo), ("staff", cast.ada))
    stage.teller.closing(
        "Come in with one click, each in a window of its own",
        [(f"{person.name}, {part}", doors.sign_in_link(person.email)) for part, person in people],
    )
    if given.report:
        stage.teller.closing("Report", [("written to", str(given.report))])


def _free_titles(cast: Cast) -> list[str]:
    """Names of songs that the client has no order for yet."""
    known = cast.mara.browser.open("/orders").text
    endless = itertools.chain(TITLES, (f"{title} No. {number}" for number in itertools.count(2) for title in TITLES))
    return list(itertools.islice((title for title in endless if title not in known), 3))


def _workshop(beside: Path) -> Path:
    """A folder for the song and what people download: beside the data, as /tmp may be memory and this is 1 GB.

    What a killed run left is removed.
    """
    for left in beside.glob("play-*"):
        if not Path("/proc", left.name.removeprefix("play-")).exists():
            shutil.rmtree(left, ignore_errors=True)
    own = beside / f"play-{os.getpid()}"
    own.mkdir(mode=0o700)
    return own


def _inside(folder: Path, name: str) -> Path:
    own = folder / name
    own.mkdir()
    return own


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.demo", description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--rehearsal-token", required=True)
    parser.add_argument("--stripe-url", required=True)
    parser.add_argument("--inbox-url", required=True)
    parser.add_argument("--store-info", type=Path, required=True, help="how to ask the store itself (JSON)")
    parser.add_argument("--story", choices=STORIES, default="whole", help="whole: and two orders left open for you")
    parser.add_argument("--song", type=Path, help="folder that keeps the song between runs")
    parser.add_argument("--report", type=Path)
    measured = float(os.environ.get("HEADROOM_FIRST_ANSWER_SECONDS", "0"))
    parser.add_argument("--first-answer", type=float, default=measured, help="seconds until the site answered")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
