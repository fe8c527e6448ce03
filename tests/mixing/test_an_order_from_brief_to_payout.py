"""The main path and its turns, each by the product's own verbs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from headroom.accounts.models import ConsentEvent
from headroom.effects.models import Effect
from headroom.files.models import StoredFile
from headroom.ledger.models import PayoutLeg, Refund
from headroom.mailing.models import OutgoingMail
from headroom.mixing import checkout, offers, orders, studio, talk, timers
from headroom.mixing.access import FileRole
from headroom.mixing.checkout import Witness
from headroom.mixing.errors import (
    ConsentMissing,
    NotNow,
    NotOpenForOrders,
    NotYours,
    OfferGone,
    OrderMoved,
    OrderNotFound,
    OwnOrder,
    PlaceInvalid,
)
from headroom.mixing.models import CommentPlace, Delivery, Offer, Order, OrderEvent, RevisionRound
from headroom.mixing.states import Event, State
from tests.mixing.world import (
    ADA,
    AGREED,
    DAY,
    FEE_BP,
    IVO,
    LENA,
    MARA,
    NOON,
    OTTO,
    TERMS,
    Story,
    clipped,
    money_arrives,
    people,
)


@pytest.fixture
def story(session: Session) -> Story:
    people(session)
    return Story(session)


def mails_to(session: Session, person: str) -> list[str]:
    rows = session.scalars(
        select(OutgoingMail).where(OutgoingMail.person_id == person).order_by(OutgoingMail.queued_at)
    )
    return [str((mail.values or {}).get("code")) for mail in rows]


def test_a_draft_is_its_clients_alone(story: Story) -> None:
    story.draft()
    with pytest.raises(OrderNotFound):
        orders.visible_to(story.session, IVO, story.order.id)


@pytest.mark.parametrize("who", [OTTO, LENA])
def test_strangers_find_no_order(story: Story, who: object) -> None:
    story.quoting()
    with pytest.raises(OrderNotFound):
        orders.visible_to(story.session, who, story.order.id)  # type: ignore[arg-type]


def test_nobody_orders_from_themselves(story: Story) -> None:
    with pytest.raises(OwnOrder):
        offers.begin(story.session, "per_ivo", offers.Brief("a", "b", "c"), by=IVO, now=NOON)


def test_a_paused_engineer_gets_no_new_orders(story: Story) -> None:
    studio.pause(story.session, by=IVO, now=NOON)
    with pytest.raises(NotOpenForOrders):
        story.draft()


def test_the_engineer_hears_of_a_request_by_mail(story: Story) -> None:
    story.quoting()
    assert mails_to(story.session, "per_ivo") == ["request_quote"]


def test_a_superseded_offer_cannot_be_accepted(story: Story) -> None:
    story.offered()
    offers.counter(story.session, story.order, wish="A little less?", by=MARA, now=NOON)
    offers.send_offer(story.session, story.order, TERMS, fee_bp=FEE_BP, by=IVO, now=NOON)
    with pytest.raises(OfferGone):
        offers.accept_offer(story.session, story.order, number=1, by=MARA, now=NOON)


def test_accepting_freezes_the_terms_into_the_order(story: Story) -> None:
    story.accepted()
    order = story.order
    assert (order.price_minor, order.turnaround_days, order.revisions) == (20_000, 7, 2)
    assert order.shares == [
        {"party": "per_ivo", "basis_points": 8_800},
        {"party": "platform", "basis_points": 1_200},
    ]


def test_an_offer_that_was_sent_cannot_be_rewritten(story: Story) -> None:
    story.offered()
    offer = story.session.get_one(Offer, (story.order.id, 1))
    offer.price_minor = 1
    with pytest.raises(DBAPIError, match="never changed"):
        story.session.flush()


def test_a_package_sells_the_version_that_was_shown(story: Story) -> None:
    story.draft()
    package = studio.publish_package(story.session, TERMS, title="Two mixes", by=IVO, now=NOON)
    checkout.buy_package(story.session, story.order, package.id, version=1, fee_bp=FEE_BP, by=MARA, now=NOON)
    assert (story.order.state, story.order.package_version) == (State.AWAITING_PAYMENT, 1)


def test_paying_needs_the_consent_to_an_early_start(story: Story) -> None:
    story.accepted()
    with pytest.raises(ConsentMissing):
        checkout.pay(story.session, story.order, witness=Witness(False, "en", None, "tests"), by=MARA, now=NOON)


def test_the_consent_is_recorded_for_this_order_once(story: Story) -> None:
    story.paid()
    rows = story.session.scalars(select(ConsentEvent).where(ConsentEvent.kind == "early_start")).all()
    assert [row.purpose for row in rows] == [story.order.id]


def test_the_same_payment_reported_twice_moves_once(story: Story) -> None:
    story.paid()
    version = story.order.version
    checkout.paid(story.session, story.order.id, fact={}, now=NOON)
    assert (story.order.state, story.order.version) == (State.AWAITING_FILES, version)


def test_a_payment_on_an_expired_order_goes_back(story: Story) -> None:
    story.accepted()
    attempt = checkout.pay(story.session, story.order, witness=AGREED, by=MARA, now=NOON)
    timers.fire(story.session, story.order, Event.CHECKOUT_EXPIRED, now=NOON + DAY)
    money_arrives(story.session, story.order, attempt, now=NOON + DAY)
    checkout.paid(story.session, story.order.id, fact={}, now=NOON + DAY)
    refund = story.session.scalars(select(Refund)).one()
    assert (story.order.state, refund.amount_minor) == (State.REFUND_DUE, 20_000)


def test_an_unreadable_stem_stops_the_submission(story: Story) -> None:
    story.paid()
    story.add_file(FileRole.STEM, "drums.wav")
    story.add_file(FileRole.STEM, "bass.wav", facts=None, state="rejected")
    with pytest.raises(NotNow) as refused:
        orders.submit_files(story.session, story.order, note_to_engineer="", by=MARA, now=NOON)
    assert refused.value.guard == "files_readable"


def test_odd_stems_do_not_stop_the_submission(story: Story) -> None:
    story.paid()
    story.add_file(FileRole.STEM, "drums.wav", facts=clipped())
    orders.submit_files(story.session, story.order, note_to_engineer="", by=MARA, now=NOON)
    assert story.order.state == State.INTAKE


def test_the_turnaround_starts_when_the_files_are_accepted(story: Story) -> None:
    story.submitted().later(2 * DAY)
    orders.accept_files(story.session, story.order, by=IVO, now=story.now)
    assert story.order.due_at == NOON + 9 * DAY


def test_returned_files_carry_their_reasons(story: Story) -> None:
    story.submitted()
    file_id = story.session.scalars(select(StoredFile.id).where(StoredFile.original_name == "bass.wav")).one()
    orders.request_files(story.session, story.order, reasons={file_id: "It starts late."}, words="", by=IVO, now=NOON)
    assert story.order.state == State.AWAITING_FILES
    with pytest.raises(OrderMoved):
        orders.accept_files(story.session, story.order, by=IVO, now=NOON)


def test_sending_files_back_needs_a_reason(story: Story) -> None:
    story.submitted()
    with pytest.raises(NotNow):
        orders.request_files(story.session, story.order, reasons={}, words=" ", by=IVO, now=NOON)


def test_cancelling_before_work_returns_everything(story: Story) -> None:
    story.submitted()
    orders.cancel(story.session, story.order, reason="Changed my mind.", by=MARA, now=NOON)
    refund = story.session.scalars(select(Refund)).one()
    assert (story.order.state, refund.amount_minor, story.order.kept_minor) == (State.REFUND_DUE, 20_000, 0)


def test_at_work_the_client_cancels_alone_only_when_the_engineer_is_late(story: Story) -> None:
    story.working()
    with pytest.raises(NotNow):
        orders.cancel(story.session, story.order, reason="", by=MARA, now=NOON + 7 * DAY)
    orders.cancel(story.session, story.order, reason="", by=MARA, now=NOON + 8 * DAY + timedelta(minutes=1))
    assert story.order.refund_minor == 20_000


def test_a_delivery_without_a_promised_part_is_not_delivered(story: Story) -> None:
    story.working(replace(TERMS, deliverables=("mix", "instrumental")))
    with pytest.raises(NotNow) as refused:
        story.deliver()
    assert refused.value.guard == "delivery_complete"


def test_advice_on_a_delivery_must_be_acknowledged_by_name(story: Story) -> None:
    story.working()
    with pytest.raises(NotNow) as refused:
        story.deliver(clipped())
    assert refused.value.values["codes"] == ["clipped"]
    delivery = orders.deliver(
        story.session,
        story.order,
        words="",
        acknowledged=["clipped", "no_such_remark"],
        arrangement_changed=False,
        by=IVO,
        now=NOON,
    )
    assert delivery.acknowledged == ["clipped"]


def test_a_delivery_cannot_be_changed_afterwards(story: Story) -> None:
    delivery = story.working().deliver()
    delivery.manifest_sha256 = "0" * 64
    with pytest.raises(DBAPIError, match="never changed"):
        story.session.flush()


def test_revisions_are_counted_and_a_third_one_is_refused(story: Story) -> None:
    story.delivered()
    for _ in range(2):
        orders.request_revision(
            story.session, story.order, wishes="Louder.", comment_ids=(), is_defect=False, by=MARA, now=story.now
        )
        story.later(DAY).deliver()
    with pytest.raises(NotNow) as refused:
        orders.request_revision(
            story.session, story.order, wishes="More.", comment_ids=(), is_defect=False, by=MARA, now=story.now
        )
    assert refused.value.guard == "round_available"


def test_a_defect_costs_no_round(story: Story) -> None:
    story.delivered()
    orders.request_revision(
        story.session, story.order, wishes="It stops at 0:40.", comment_ids=(), is_defect=True, by=MARA, now=NOON
    )
    assert (story.order.state, story.order.rounds_used) == (State.REVISING, 0)


def test_a_withdrawn_wish_gives_the_round_back(story: Story) -> None:
    story.delivered()
    orders.request_revision(
        story.session, story.order, wishes="Hm.", comment_ids=(), is_defect=False, by=MARA, now=NOON
    )
    orders.withdraw_revision(story.session, story.order, by=MARA, now=NOON)
    assert (story.order.state, story.order.rounds_used) == (State.DELIVERED, 0)


def test_the_same_bytes_are_no_new_version(story: Story) -> None:
    story.delivered()
    orders.request_revision(
        story.session, story.order, wishes="Louder.", comment_ids=(), is_defect=False, by=MARA, now=NOON
    )
    first = story.session.scalars(select(StoredFile).where(StoredFile.purpose == "delivery")).one()
    again = story.session.get_one(StoredFile, story.add_file(FileRole.DELIVERY, "mix again.wav"))
    again.sha256 = first.sha256
    with pytest.raises(NotNow):
        orders.deliver(
            story.session, story.order, words="", acknowledged=(), arrangement_changed=False, by=IVO, now=NOON
        )


def test_an_open_comment_comes_along_to_the_next_version_and_a_resolved_one_stays(story: Story) -> None:
    story.working()
    first = story.deliver()
    open_one, done = (
        talk.comment(
            story.session, story.order, first.id, body, start_ms=30_000, end_ms=45_000, is_question=False,
            by=MARA, now=NOON,
        )
        for body in ("The snare is shy.", "The intro is lovely.")
    )  # fmt: skip
    talk.resolve(story.session, story.order, done.id, by=MARA, now=NOON)
    orders.request_revision(
        story.session, story.order, wishes="Snare.", comment_ids=[open_one.id], is_defect=False, by=MARA, now=NOON
    )
    second = story.deliver()
    places = story.session.scalars(select(CommentPlace).where(CommentPlace.delivery_id == second.id)).all()
    assert [(p.comment_id, p.start_ms, p.end_ms, p.is_carried) for p in places] == [(open_one.id, 30_000, 45_000, True)]


def test_after_going_back_the_early_start_is_agreed_to_anew(story: Story) -> None:
    story.accepted()
    checkout.pay(story.session, story.order, witness=AGREED, by=MARA, now=NOON)
    assert story.order.start_work_consent is not None
    checkout.go_back(story.session, story.order, by=MARA, now=NOON)
    assert story.order.start_work_consent is None


def test_an_engineer_cannot_close_a_question_and_let_the_review_run_unanswered(story: Story) -> None:
    first = story.working().deliver()
    asked = talk.comment(
        story.session, story.order, first.id, "Is this the right take?", start_ms=0, end_ms=None, is_question=True,
        by=MARA, now=NOON,
    )  # fmt: skip
    with pytest.raises(NotYours):
        talk.resolve(story.session, story.order, asked.id, by=IVO, now=NOON)
    talk.resolve(story.session, story.order, asked.id, by=MARA, now=NOON)
    assert not talk.has_open_question(story.session, story.order)


@pytest.mark.parametrize(("start", "end"), [(-1, None), (120_001, None), (5_000, 5_000), (0, 120_001)])
def test_a_comment_lies_within_the_track(story: Story, start: int, end: int | None) -> None:
    delivery = story.working().deliver()
    with pytest.raises(PlaceInvalid):
        talk.comment(
            story.session, story.order, delivery.id, "?", start_ms=start, end_ms=end, is_question=False,
            by=MARA, now=NOON,
        )  # fmt: skip


def test_approval_after_a_click_by_a_new_payees_client_clears_in_seven_days(story: Story) -> None:
    story.delivered()
    orders.approve(story.session, story.order, by=MARA, now=NOON)
    assert (story.order.state, story.order.deadline_at) == (State.APPROVED, NOON + 7 * DAY)


def test_clearing_releases_every_cent_by_the_frozen_split(story: Story) -> None:
    story.delivered()
    orders.approve(story.session, story.order, by=MARA, now=NOON)
    timers.fire(story.session, story.order, Event.CLEAR, now=NOON + 7 * DAY)
    leg = story.session.scalars(select(PayoutLeg)).one()
    assert (story.order.state, leg.party, leg.state) == (State.RELEASING, "per_ivo", "parked")
    checkout.legs_settled(story.session, story.order.id, fact={}, now=NOON + 8 * DAY)
    assert (story.order.state, story.order.payment_state) == (State.COMPLETED, "released")


def test_the_end_dates_the_sources_and_the_masters(story: Story) -> None:
    story.delivered()
    orders.approve(story.session, story.order, by=MARA, now=NOON)
    timers.fire(story.session, story.order, Event.CLEAR, now=NOON)
    checkout.legs_settled(story.session, story.order.id, fact={}, now=NOON)
    files = story.session.scalars(select(StoredFile)).all()
    assert {(file.purpose, file.purge_at) for file in files} == {
        ("stem", NOON + 30 * DAY),
        ("delivery", NOON + 180 * DAY),
    }


def test_every_move_is_remembered_in_order(story: Story) -> None:
    story.delivered()
    rows = story.session.scalars(
        select(OrderEvent).where(OrderEvent.order_id == story.order.id).order_by(OrderEvent.seq)
    ).all()
    assert [row.event for row in rows] == [
        "begun", "request_quote", "send_offer", "accept_offer", "payment_succeeded", "submit_files",
        "accept_files", "deliver_first",
    ]  # fmt: skip
    assert [row.seq for row in rows] == list(range(1, 9))


def test_what_happened_cannot_be_rewritten(story: Story) -> None:
    story.quoting()
    event = story.session.get_one(OrderEvent, (story.order.id, 2))
    event.event = "approve"
    with pytest.raises(DBAPIError, match="never changed"):
        story.session.flush()


def test_staff_see_an_order_and_approve_nothing(story: Story) -> None:
    story.delivered()
    assert orders.visible_to(story.session, ADA, story.order.id).id == story.order.id
    with pytest.raises(NotYours):
        orders.approve(story.session, story.order, by=ADA, now=NOON)


def test_no_call_leaves_the_process_but_as_an_effect(story: Story) -> None:
    story.delivered()
    orders.approve(story.session, story.order, by=MARA, now=NOON)
    kinds = {effect.kind for effect in story.session.scalars(select(Effect))}
    assert kinds == {"stripe.checkout"}


def test_stale_version_is_refused_with_the_words_kept(story: Story) -> None:
    story.delivered()
    order = story.session.get_one(Order, story.order.id)
    with pytest.raises(OrderMoved) as moved:
        orders.require_version(order, order.version - 1, event="request_revision", typed="The snare, please.")
    assert moved.value.typed == "The snare, please."


def test_a_revision_names_only_comments_of_its_own_order(story: Story, session: Session) -> None:
    story.delivered()
    delivery = session.scalars(select(Delivery)).one()
    own, answer = _commented(story, delivery.id)
    other = Story(session).delivered()
    elsewhere = session.scalars(select(Delivery).where(Delivery.order_id == other.order.id)).one()
    foreign, _ = _commented(other, elsewhere.id)
    orders.request_revision(
        session, story.order, wishes="Louder.", comment_ids=[foreign, own, answer, "<script>"], is_defect=False,
        by=MARA, now=NOON,
    )  # fmt: skip
    assert session.scalars(select(RevisionRound.comment_ids)).one() == [own]


def _commented(story: Story, delivery_id: str) -> tuple[str, str]:
    """A thread and its answer."""
    begun = talk.comment(
        story.session, story.order, delivery_id, "Here.", start_ms=1_000, end_ms=None, is_question=False,
        by=MARA, now=NOON,
    )  # fmt: skip
    return begun.id, talk.reply(story.session, story.order, begun.id, "Yes.", by=IVO, now=NOON).id
