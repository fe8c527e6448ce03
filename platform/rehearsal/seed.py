"""Fills an installation with a believable studio, over HTTP as people and browsers do.

    python -m rehearsal.seed --base-url … --rehearsal-token … --stripe-url … --inbox-url … --store-info FILE --song DIR

The same studio every time: who is in it stands in studio/cast.py, what happens in studio/plan.py. Where it stands
already, nothing is added. Time passes in it: the clock of the installation is 39 days ahead afterwards.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from rehearsal import uploading
from rehearsal.browsing import Refused
from rehearsal.pages import NotOnPage
from rehearsal.people import Doors
from rehearsal.report import Report
from rehearsal.scenes.playing import Cast, Play, Stage
from rehearsal.store_proof import StoreInfo
from rehearsal.studio import cast, plan, songs
from rehearsal.studio.acts import Office, Telling, perform
from rehearsal.studio.opening import Resident, known_link, open_studio, resident
from rehearsal.studio.plan import TALES
from rehearsal.studio.tales import Tale
from rehearsal.telling import Teller, seconds

DAY_S = 24 * 3600
HANDS = 4  # orders that are played at once
CLOCK_SEEN_WITHIN_S = 1.0  # every process of the site reads its clock's offset anew twice a second
DOORS_AT_ONCE = 2  # people who sign up at once: hashing takes one processor each
ADDED, ALREADY_THERE, HALF_DONE = "added", "already there", "half done"

Residents: TypeAlias = Mapping[str, Resident]


def main(arguments: list[str] | None = None) -> int:
    """Fills; 0 when the studio stands as planned, 1 with one sentence when it does not."""
    given = _arguments(arguments)
    doors = Doors(given.base_url, given.stripe_url, given.inbox_url, given.rehearsal_token)
    teller = Teller()
    people = {who.key: resident(doors, who) for who in cast.PEOPLE}
    try:
        standing = _standing(doors, people)
        if standing == HALF_DONE:
            print("A studio was begun here and not finished: ./headroom reset main, then seed again.", file=sys.stderr)
            return 1
        if standing == ALREADY_THERE:
            print("The studio stands already; nothing was added.", flush=True)
        else:
            _fill(given, doors, people, teller)
        _closing(doors, people, teller)
    except KeyboardInterrupt:
        return 130
    except (Refused, uploading.Refused, uploading.GaveUp, NotOnPage, TimeoutError, OSError) as error:
        print(f"\nThe seeding stopped: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _standing(doors: Doors, people: Residents) -> str:
    """Whether the studio is there: every person, and every order of every client."""
    known = [bool(known_link(doors, person.email)) for person in people.values()]
    if not any(known):
        return ADDED
    return ALREADY_THERE if all(known) and not _missing(people) else HALF_DONE


def _missing(people: Residents) -> list[str]:
    """Titles that their client does not find among the orders."""
    shown = {}
    for who in cast.CLIENTS:
        people[who.key].come_in()
        shown[who.key] = people[who.key].browser.open("/orders").text
    return [tale.title for tale in TALES if tale.title not in shown[tale.client.key]]


def _fill(given: argparse.Namespace, doors: Doors, people: Residents, teller: Teller) -> None:
    teller.heading("A studio as it stands after some weeks", f"Played on {given.base_url} as browsers do")
    folder = Path(tempfile.mkdtemp(prefix="headroom-seed-"))
    try:
        with ProcessPoolExecutor(1) as studio:
            recording = studio.submit(songs.record_all, given.song)
            with teller.step("People come in, engineers open their studios"):
                _open(doors, people)
                teller.fact("people", ", ".join(who.name for who in cast.PEOPLE))
            with teller.step("Their songs are recorded meanwhile"):
                recording.result()
        tellings = _tellings(given, doors, people, folder)
        office = next(iter(tellings.values())).office
        _play_days(doors, people, tellings, teller)
        with teller.step("Staff looks whether all stands as planned"):
            teller.fact("orders", f"{_proved(tellings, office)}, each in its state")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    # They are in the store now; kept only where a run was cut short.
    shutil.rmtree(given.song, ignore_errors=True)


def _open(doors: Doors, people: Residents) -> None:
    with ThreadPoolExecutor(DOORS_AT_ONCE) as hands:
        list(hands.map(lambda person: person.come_in(), people.values()))
        doors.grant(people[cast.STAFF.key].email, "staff")
        list(hands.map(lambda studio: open_studio(people[studio.key], studio), cast.STUDIOS))


def _tellings(given: argparse.Namespace, doors: Doors, people: Residents, folder: Path) -> dict[str, Telling]:
    office = Office(people[cast.STAFF.key])
    store, silent = StoreInfo.read(given.store_info), Teller(io.StringIO())

    def telling(tale: Tale) -> Telling:
        players = Cast(people[tale.client.key], people[tale.engineer.key], people[cast.STAFF.key])
        song = songs.song_of(given.song, tale)
        stage = Stage(players, doors, store, silent)
        return Telling(tale, Play(stage, song, Report(0), folder, tale.title, tale.client.artist), office)

    return {tale.title: telling(tale) for tale in TALES}


def _play_days(doors: Doors, people: Residents, tellings: Mapping[str, Telling], teller: Teller) -> None:
    """Day after day; on each, everybody's orders move at once."""
    today = 0
    for number in plan.days_of():
        today_s, today = (number - today) * DAY_S, number
        clock = doors.pass_time(today_s) if today_s else ""
        time.sleep(CLOCK_SEEN_WITHIN_S)  # else a session that has just ended looks alive once more
        for person in people.values():
            person.come_in()
        busy = [telling for telling in tellings.values() if any(d.number == number for d in telling.tale.days)]
        with teller.step(f"Day {number}: {len(busy)} orders move"):
            if clock:
                teller.fact("clock", clock)
            with ThreadPoolExecutor(HANDS) as hands:
                list(hands.map(lambda telling, of=number: _play_day(telling, of), busy))


def _play_day(telling: Telling, number: int) -> None:
    for day in telling.tale.days:
        if day.number == number:
            perform(telling, day)


def _proved(tellings: Mapping[str, Telling], office: Office) -> int:
    """How many orders stand where the plan says. Raises NotOnPage for one that does not, or an alarm nobody made."""
    for telling in tellings.values():
        state = office.state_of(telling.play.order_id)
        if state != telling.tale.state:
            raise NotOnPage(f"{telling.tale.title} is {state or 'unknown'}, not {telling.tale.state}")
    if unexpected := set(office.alarms()) - plan.ALARMS:
        raise NotOnPage(f"alarms are open that nobody made: {', '.join(sorted(unexpected))}")
    return len(tellings)


def _closing(doors: Doors, people: Residents, teller: Teller) -> None:
    """Who is who, what each can see, and how to come in."""
    for who in cast.PEOPLE:
        lines = [(tale.title, tale.to_see) for tale in TALES if who in tale.seen_by]
        lines = lines or [("sees", PART[who.key])]
        teller.closing(who.name, [*lines, ("come in", doors.sign_in_link(people[who.key].email))])
    done = sum(step.seconds for step in teller.steps)
    if done:
        teller.closing("Done", [("filled in", seconds(done))])


PART = {
    cast.ADA.key: "the staff page: every order by number, and one alarm: a refund that the bank sent back",
    cast.OTTO.key: "no order of his own, and none of the others'",
}


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.seed", description=__doc__)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--rehearsal-token", required=True)
    parser.add_argument("--stripe-url", required=True)
    parser.add_argument("--inbox-url", required=True)
    parser.add_argument("--store-info", type=Path, required=True, help="how to ask the store itself (JSON)")
    parser.add_argument("--song", type=Path, required=True, help="folder that keeps the songs until all is played")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
