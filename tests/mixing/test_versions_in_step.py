"""Versions that start at different times: a comment stays with its music, whatever the clock says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.audio.alignment import LEAST_CONFIDENCE
from headroom.db import unit
from headroom.files.models import FilePeaks
from headroom.mixing import aligning, orders, talk
from headroom.mixing.access import FileRole
from headroom.mixing.models import Comment, CommentPlace, Delivery
from tests.mixing.conftest import Browser
from tests.mixing.world import IVO, MARA, NOON, Story, people

RATE_HZ = 48_000
BUCKET_FRAMES = 2_400  # 50 ms
BUCKETS = 2_400  # 120 s, the length that the files of the story have


@pytest.fixture
def story(session: Session) -> Story:
    people(session)
    return Story(session)


def levels(*, song: int = 1, starts_at_s: float = 0.0) -> np.ndarray:
    """How loud a song is, bucket by bucket; one that starts before zero has lost its beginning."""
    performance = np.random.default_rng(song).uniform(0, 120, 3 * BUCKETS)
    first = BUCKETS - round(starts_at_s * RATE_HZ / BUCKET_FRAMES)
    return performance[first : first + BUCKETS].astype(np.int8)


def deliver(story: Story, heard: np.ndarray, *, arrangement_changed: bool = False) -> Delivery:
    file_id = story.add_file(FileRole.DELIVERY, f"mix {story.files}.wav")
    pairs = np.stack((-heard, heard), axis=1)
    story.session.add(
        FilePeaks(
            file_id=file_id, buckets=len(heard), channels=1, bucket_frames=BUCKET_FRAMES, sample_rate_hz=RATE_HZ,
            pairs=pairs.tobytes(),
        )
    )  # fmt: skip
    story.session.flush()
    return orders.deliver(
        story.session, story.order, words="", acknowledged=(), arrangement_changed=arrangement_changed,
        by=IVO, now=story.now,
    )  # fmt: skip


def say(story: Story, delivery: Delivery, *, start_ms: int, end_ms: int | None = None) -> Comment:
    return talk.comment(
        story.session, story.order, delivery.id, "The snare is shy.", start_ms=start_ms, end_ms=end_ms,
        is_question=False, by=MARA, now=NOON,
    )  # fmt: skip


def ask_again(story: Story) -> None:
    orders.request_revision(
        story.session, story.order, wishes="Again.", comment_ids=(), is_defect=True, by=MARA, now=story.now
    )
    story.later(timedelta(days=1))


def place(story: Story, comment: Comment, delivery: Delivery) -> tuple[int, int | None, bool]:
    found = story.session.scalars(
        select(CommentPlace).where(CommentPlace.comment_id == comment.id, CommentPlace.delivery_id == delivery.id)
    ).one()
    return found.start_ms, found.end_ms, found.is_outside


def test_a_version_that_starts_later_takes_its_comments_along(story: Story) -> None:
    first = deliver(story.working(), levels())
    said = say(story, first, start_ms=30_000, end_ms=45_000)
    ask_again(story)
    second = deliver(story, levels(starts_at_s=2))

    assert second.offset_ms is not None
    assert second.offset_ms == pytest.approx(2_000, abs=25)
    assert (second.offset_confidence or 0) > 0.9
    start_ms, end_ms, is_outside = place(story, said, second)
    assert (start_ms, end_ms) == (30_000 + second.offset_ms, 45_000 + second.offset_ms)
    assert not is_outside


def test_another_arrangement_is_not_aligned_and_keeps_the_times(story: Story) -> None:
    first = deliver(story.working(), levels())
    said = say(story, first, start_ms=30_000)
    ask_again(story)
    second = deliver(story, levels(song=2))

    assert second.offset_ms is None
    assert second.offset_confidence is not None
    assert second.offset_confidence < LEAST_CONFIDENCE
    assert place(story, said, second) == (30_000, None, False)


def test_an_arrangement_said_to_have_changed_is_not_aligned(story: Story) -> None:
    deliver(story.working(), levels())
    ask_again(story)
    second = deliver(story, levels(starts_at_s=2), arrangement_changed=True)

    assert (second.offset_ms, second.offset_confidence) == (None, None)


def test_a_comment_whose_music_was_cut_waits_at_the_edge_and_returns_with_it(story: Story) -> None:
    first = deliver(story.working(), levels())
    said = say(story, first, start_ms=5_000, end_ms=8_000)
    ask_again(story)
    second = deliver(story, levels(starts_at_s=-10))
    ask_again(story)
    third = deliver(story, levels(starts_at_s=0))

    assert place(story, said, second) == (0, None, True)
    start_ms, end_ms, is_outside = place(story, said, third)
    assert start_ms == pytest.approx(5_000, abs=25)
    assert end_ms == pytest.approx(8_000, abs=25)
    assert not is_outside


def test_versions_without_a_waveform_are_not_aligned(story: Story) -> None:
    story.working().deliver()
    ask_again(story)

    assert story.deliver().offset_ms is None


def test_the_way_between_two_versions_is_the_sum_of_its_steps() -> None:
    offsets = {1: 40, 2: 2_000, 3: -500, 4: None}

    assert aligning.shift_ms(offsets, since=1, to=3) == 1_500
    assert aligning.shift_ms(offsets, since=0, to=2) == 2_040
    assert aligning.shift_ms(offsets, since=2, to=2) == 0
    assert aligning.shift_ms(offsets, since=1, to=4) is None


@given(
    start_ms=st.integers(0, 600_000),
    length_ms=st.integers(1, 60_000),
    shift=st.integers(-30_000, 30_000),
    whole_ms=st.integers(1, 600_000),
)
def test_a_comment_carried_there_and_back_is_where_it_was(
    start_ms: int, length_ms: int, shift: int, whole_ms: int
) -> None:
    there = aligning.carried(start_ms, start_ms + length_ms, shift=shift, length_ms=whole_ms)

    assert 0 <= there.start_ms <= whole_ms
    assert there.end_ms is None or there.start_ms < there.end_ms <= whole_ms
    if start_ms + shift >= 0 and start_ms + length_ms + shift <= whole_ms:
        assert not there.is_outside
        back = aligning.carried(there.start_ms, there.end_ms, shift=-shift, length_ms=10**7)
        assert back == aligning.Carried(start_ms, start_ms + length_ms, False)
    if there.is_outside:
        assert there.start_ms in (0, whole_ms)


WORDS = {
    ("en", 2_000): "v1 starts 2.00 s later",
    ("ru", 2_000): "v1: музыка начинается на 2,00 с позже",
    ("en", -1_250): "Rough mix starts 1.25 s later",
    ("en", None): "Not aligned",
    ("ru", None): "Не совмещено",
}


@pytest.mark.parametrize(("locale", "offset_ms"), WORDS)
def test_the_comparison_says_which_side_starts_later(
    browser_of: Callable[..., Browser], an_order: Callable[[str], Story], locale: str, offset_ms: int | None
) -> None:
    story = an_order("delivered")
    with unit(Actor.system("test")) as session:
        story.session = session
        story.add_file(FileRole.ROUGH, "rough.wav")
        session.execute(update(Delivery).values(offset_ms=offset_ms, offset_confidence=0.9))
    page = browser_of("mara", locale=locale).get(f"/orders/{story.order.id}").text

    assert WORDS[locale, offset_ms] in page
    assert f'data-offset="{(offset_ms or 0) / 1000:.3f}"' in page
    assert page.count('data-gain-db="0.00"') == 2


def test_sides_that_start_together_need_no_word(
    browser_of: Callable[..., Browser], an_order: Callable[[str], Story]
) -> None:
    story = an_order("delivered")
    with unit(Actor.system("test")) as session:
        story.session = session
        story.add_file(FileRole.ROUGH, "rough.wav")
        session.execute(update(Delivery).values(offset_ms=0, offset_confidence=0.9))

    assert "data-ab-step" not in browser_of("mara").get(f"/orders/{story.order.id}").text


def test_a_carried_comment_without_its_music_is_marked(
    browser_of: Callable[..., Browser], an_order: Callable[[str], Story]
) -> None:
    story = an_order("delivered")
    with unit(Actor.system("test")) as session:
        story.session = session
        said = say(story, session.scalars(select(Delivery)).one(), start_ms=0)
        session.execute(
            update(CommentPlace).where(CommentPlace.comment_id == said.id).values(is_carried=True, is_outside=True)
        )

    assert "this place is not in this version" in browser_of("mara").get(f"/orders/{story.order.id}").text
