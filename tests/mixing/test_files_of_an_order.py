"""Who may add and read which file, how many there may be, and what is told when bytes are refused or go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.files.errors import LimitReached
from headroom.files.models import FilePurge, StoredFile
from headroom.mixing import order_files, orders
from headroom.mixing.access import FileRole, Want
from headroom.mixing.errors import NotYours
from headroom.notices.models import Notice
from tests.mixing.conftest import Browser
from tests.mixing.world import ADA, IVO, MARA, NOON, OTTO, Story, people


@pytest.fixture
def story(session: Session) -> Story:
    people(session)
    return Story(session)


def begin(story: Story, role: FileRole, by: Actor, *, name: str = "a.wav", deliverable: str | None = None) -> str:
    return order_files.begin_upload(
        story.session, story.order, role, by=by, name=name, size_bytes=1_000, modified_at=None,
        fingerprint=f"fingerprint of {name}", now=NOON, deliverable=deliverable,
    ).file_id  # fmt: skip


@pytest.mark.parametrize(
    ("step", "role", "by"),
    [
        ("quoting", FileRole.STEM, MARA),
        ("paid", FileRole.STEM, IVO),
        ("working", FileRole.STEM, MARA),
        ("paid", FileRole.DELIVERY, IVO),
        ("working", FileRole.DELIVERY, MARA),
        ("paid", FileRole.STEM, OTTO),
        ("quoting", FileRole.ROUGH, IVO),
        ("paid", FileRole.STEM, ADA),
    ],
)
def test_files_come_in_at_their_time_and_from_their_side_only(
    story: Story, step: str, role: FileRole, by: Actor
) -> None:
    getattr(story, step)()
    with pytest.raises(NotYours):
        begin(story, role, by, deliverable="mix" if role is FileRole.DELIVERY else None)


def test_a_delivery_says_which_part_it_is(story: Story) -> None:
    story.working()
    with pytest.raises(NotYours):
        begin(story, FileRole.DELIVERY, IVO)


def test_a_request_takes_one_rough_mix_and_three_references(story: Story) -> None:
    story.draft()
    begin(story, FileRole.ROUGH, MARA)
    with pytest.raises(LimitReached):
        begin(story, FileRole.ROUGH, MARA, name="b.wav")


def test_the_same_file_announced_again_is_the_same_upload(story: Story) -> None:
    story.draft()
    assert begin(story, FileRole.ROUGH, MARA) == begin(story, FileRole.ROUGH, MARA)


@pytest.mark.parametrize(
    ("step", "role", "who", "want", "allowed"),
    [
        ("quoting", FileRole.ROUGH, IVO, Want.HEAR, True),
        ("quoting", FileRole.ROUGH, OTTO, Want.HEAR, False),
        ("paid", FileRole.STEM, IVO, Want.BYTES, True),
        ("paid", FileRole.STEM, ADA, Want.HEAR, False),
        ("paid", FileRole.STEM, OTTO, Want.BYTES, False),
    ],
)
def test_who_reads_what(story: Story, step: str, role: FileRole, who: Actor, want: Want, allowed: bool) -> None:
    getattr(story, step)()
    file_id = story.add_file(role, "a.wav")
    assert order_files.can_read(story.session, who, file_id, want=want) is allowed


def test_what_is_laid_out_is_nobody_elses_before_it_is_delivered(story: Story) -> None:
    story.delivered()
    orders.request_revision(story.session, story.order, wishes="x", comment_ids=(), is_defect=False, by=MARA, now=NOON)
    laid_out = story.add_file(FileRole.DELIVERY, "v2.wav")
    seen = {who.person_id: order_files.can_read(story.session, who, laid_out, want=Want.HEAR) for who in (MARA, IVO)}
    assert seen == {"per_mara": False, "per_ivo": True}


def test_the_sender_hears_of_a_refused_file_at_once(story: Story) -> None:
    story.paid()
    file_id = story.add_file(FileRole.STEM, "bass.wav", facts=None, state="rejected")
    order_files.file_checked(story.session, story.session.get_one(StoredFile, file_id), now=NOON)
    told = story.session.scalars(select(Notice).where(Notice.kind == "mixing.file_rejected")).one()
    assert (told.person_id, told.values["file"], told.values["why"]) == ("per_mara", "bass.wav", "truncated")


def test_both_sides_get_the_receipt_when_the_last_source_went(story: Story) -> None:
    story.paid()
    files = [story.session.get_one(StoredFile, story.add_file(FileRole.STEM, name)) for name in ("a.wav", "b.wav")]
    for file in files:
        file.state = "purged"
        story.session.add(
            FilePurge(
                file_id=file.id, scope_kind="order", scope_id=story.order.id, purpose="stem", sha256=file.sha256,
                byte_size=9, reason="order_ended", policy_version="1", actor="system:worker", at=NOON,
                objects_deleted=1, versions_deleted=0, objects_left=0, disk_files_left=None,
            )
        )  # fmt: skip
        story.session.flush()
        order_files.file_purged(story.session, file, now=NOON)
    told = story.session.scalars(select(Notice).where(Notice.kind == "mixing.sources_purged")).all()
    assert sorted((one.person_id, one.values["files"]) for one in told) == [("per_ivo", 2), ("per_mara", 2)]


def test_an_upload_begins_over_the_site(browser_of: Callable[..., Browser], an_order: Callable[[str], Story]) -> None:
    order_id = an_order("paid").order.id
    asked = {
        "role": "stem", "name": "Бас 01.wav", "size": 40_000_000, "fingerprint": "0123456789abcdef",
        "modified_at": "2026-03-02T12:00:00.000Z",
    }  # fmt: skip
    answer = browser_of("mara").post_json(f"/orders/{order_id}/uploads", asked)
    assert (answer.status_code, answer.json["name"], answer.json["parts"]) == (201, "Бас 01.wav", 3)  # type: ignore[index]


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": 5 << 30}, {"role": "delivery"}, {"modified_at": "yesterday"}])
def test_a_wrong_announcement_is_refused_as_a_problem(
    browser_of: Callable[..., Browser], an_order: Callable[[str], Story], wrong: dict[str, object]
) -> None:
    order_id = an_order("paid").order.id
    asked = {"role": "stem", "name": "a.wav", "size": 10, "fingerprint": "0123456789abcdef"} | wrong
    answer = browser_of("mara").post_json(f"/orders/{order_id}/uploads", asked)
    assert answer.status_code in (403, 422)
    assert answer.mimetype == "application/problem+json"
