"""The plan of the studio: every state that people and timers reach, people apart, words in both languages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from headroom.mixing.deadlines import DELAYS
from headroom.mixing.states import STATES
from rehearsal.song.score import BARS
from rehearsal.song.stems import STEMS
from rehearsal.studio import cast, plan, words
from rehearsal.studio.acts import DEEDS
from rehearsal.studio.plan import TALES
from rehearsal.studio.tales import Act, Tale
from rehearsal.studio.words import Occasion, said

PAGE = Path(__file__).parents[2] / "docs" / "demo-world.md"


def test_every_state_with_a_door_is_shown() -> None:
    assert {tale.state for tale in TALES} == {state.value for state in STATES} - plan.NOT_SHOWN


def test_a_state_that_is_not_shown_exists() -> None:
    assert {state.value for state in STATES} >= plan.NOT_SHOWN


def test_no_two_people_share_an_address() -> None:
    assert max(Counter(who.email for who in cast.PEOPLE).values()) == 1


def test_no_two_orders_share_a_title() -> None:
    assert max(Counter(tale.title for tale in TALES).values()) == 1


def test_no_title_is_part_of_another() -> None:
    titles = [tale.title for tale in TALES]
    assert not [(one, other) for one in titles for other in titles if one != other and one in other]


def test_only_one_engineer_cannot_be_paid_yet() -> None:
    assert [studio.key for studio in cast.STUDIOS if not studio.can_be_paid] == [cast.GLEB.key]


@pytest.mark.parametrize("engineer", cast.ENGINEERS, ids=lambda who: who.key)
def test_an_engineer_has_a_package_that_takes_every_song(engineer: cast.Who) -> None:
    room = cast.studio_of(engineer).packages[0].max_stems
    assert all(len(tale.stems) <= room for tale in TALES if tale.engineer is engineer)


def test_every_client_has_an_order() -> None:
    assert {tale.client for tale in TALES} == set(cast.CLIENTS)


def test_the_stranger_has_none() -> None:
    assert not [tale for tale in TALES if cast.STRANGER in (tale.client, tale.engineer)]


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_words_in_both_languages(occasion: Occasion) -> None:
    english, russian = (said(occasion, language=language, title="Song") for language in ("en", "ru"))
    assert english != russian


def test_russian_words_are_russian() -> None:
    lines = [line for lines in words.SENTENCES["ru"].values() for line in lines]
    assert all(any("а" <= letter <= "я" for letter in line.lower()) for line in lines)


def test_both_languages_are_heard_from_both_sides() -> None:
    assert {tale.client.language for tale in TALES} == {"en", "ru"}
    assert {tale.engineer.language for tale in TALES} == {"en", "ru"}


def test_the_same_words_come_on_every_run() -> None:
    assert said(Occasion.BRIEF, language="en", title="Paper Boats") == said(
        Occasion.BRIEF, language="en", title="Paper Boats"
    )


def test_every_act_can_be_played() -> None:
    assert set(DEEDS) == set(Act)


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: tale.title)
def test_days_of_a_tale_go_forward(tale: Tale) -> None:
    numbers = [day.number for day in tale.days]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("tale", TALES, ids=lambda tale: tale.title)
def test_a_song_is_cut_from_inside_the_recording(tale: Tale) -> None:
    assert tale.from_bar + tale.bars <= BARS
    assert set(tale.stems) <= set(STEMS)


def test_no_two_orders_bring_the_same_song() -> None:
    cuts = [(tale.from_bar, tale.bars) for tale in TALES if tale.has_sound]
    assert len(set(cuts)) == len(cuts)


def test_one_order_loses_its_sources_tomorrow() -> None:
    completed = [day.number for tale in TALES for day in tale.days if day.until == "completed"]
    assert plan.LAST_DAY - 30 + 1 in completed


def test_a_checkout_that_waits_is_of_today() -> None:
    waiting = next(tale for tale in TALES if tale.state == "awaiting_payment")
    assert plan.LAST_DAY - waiting.days[-1].number < DELAYS["checkout_expired"].days


def test_days_are_told_in_order() -> None:
    assert plan.days_of()[0] == 0
    assert plan.days_of()[-1] == plan.LAST_DAY


def test_the_page_about_the_demo_world_names_every_order_where_it_stands() -> None:
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {(row[2].strip(), row[1].strip(" `"), row[3].strip(), row[4].strip()) for row in rows}
    assert told == {(tale.title, tale.state, tale.client.name, tale.engineer.name) for tale in TALES}


def test_the_page_about_the_demo_world_names_everybody() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not [who for who in cast.PEOPLE if f"| {who.name} |" not in text or who.email not in text]
