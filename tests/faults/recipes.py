"""For every route that creates: one request that really does, and why the others may be repeated without a key."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import clock
from headroom.db import unit
from headroom.files import retention
from headroom.mixing import order_files, orders, studio, talk
from headroom.mixing.access import FileRole
from headroom.mixing.models import Comment, Delivery, ServicePackage
from headroom.mixing.settlement import scope_of
from tests.faults.house import TEST, House, Person, version_of
from tests.mixing.world import IVO, LENA, MARA, TERMS, Story

OFFER: dict[str, Any] = {"price": "200", "turnaround_days": 7, "revisions": 2, "deliverables": "mix"}
PACKAGE: dict[str, Any] = OFFER | {"package_title": "Another mix", "confirmed": "yes"}
BRIEF: dict[str, Any] = {"title": "Night Bus", "artist": "The Lamps", "brief": "Keep the vocal close."}
PROFILE: dict[str, Any] = {"handle": "ivo", "studio_name": "Ivo Mixes", "headline": "Warm and wide"}
CREDIT: dict[str, Any] = {"credit_artist": "The Lamps", "credit_title": "Night Bus", "credit_role": "mix"}
_DOCUMENT = re.compile(r'name="(privacy_document|terms_document)" value="([^"]*)"')


@dataclass(frozen=True)
class Ask:
    """One request: who sends it, where, with which fields."""

    person: Person
    path: str
    values: dict[str, Any] = field(default_factory=dict)


Recipe = Callable[[House], Ask]


def at_order(step: str, name: str, noun: str, *, unseen: bool = False, **values: Any) -> Recipe:
    """A form of the order's page at a step; `unseen` for the forms that carry no version."""

    def prepare(house: House) -> Ask:
        order_id = house.order(step)
        seen = {} if unseen else {"version": version_of(house, order_id)}
        return Ask(house.person(name), f"/orders/{order_id}/{noun}", seen | values)

    return prepare


def after(step: str, more: Callable[[Session, Story], str | None], name: str, noun: str, **values: Any) -> Recipe:
    """As `at_order`, after `more` happened too; what it returns stands for `*` in the address."""

    def prepare(house: House) -> Ask:
        with unit(TEST) as session:
            story = Story(session, now=clock.now())
            getattr(story, step)()
            thing = more(session, story) or ""
            order_id = story.order.id
        seen = {"version": version_of(house, order_id)} if "*" not in noun else {}
        return Ask(house.person(name), f"/orders/{order_id}/{noun.replace('*', thing)}", seen | values)

    return prepare


def in_studio(name: str, noun: str, more: Callable[[Session], str] | None = None, **values: Any) -> Recipe:
    """A form of the engineer's studio."""

    def prepare(house: House) -> Ask:
        thing = ""
        if more is not None:
            with unit(TEST) as session:
                thing = more(session)
        return Ask(house.person(name), f"/studio/{noun.replace('*', thing)}", values)

    return prepare


def stem(_session: Session, story: Story) -> str:
    return story.add_file(FileRole.STEM, "drums.wav")


def mix(_session: Session, story: Story) -> str:
    return story.add_file(FileRole.DELIVERY, "mix.wav")


def first_file(session: Session, story: Story) -> str:
    return order_files.checked(session, story.order, FileRole.STEM)[0].file_id


def wish(session: Session, story: Story) -> None:
    orders.request_revision(
        session, story.order, wishes="More snare.", comment_ids=(), is_defect=False, by=MARA, now=story.now
    )


def heard(session: Session, story: Story) -> None:
    orders.mark_seen(session, story.order, by=MARA, now=story.now)


def remark(session: Session, story: Story) -> str:
    delivery = session.scalars(select(Delivery).where(Delivery.order_id == story.order.id)).one()
    written: Comment = talk.comment(
        session, story.order, delivery.id, "Here.", start_ms=1000, end_ms=None, is_question=False, by=MARA,
        now=story.now,
    )  # fmt: skip
    return written.id


def credit(session: Session) -> str:
    return studio.add_credit(
        session, artist="The Lamps", title="Night Bus", role="mix", year=None, by=IVO, now=clock.now()
    ).id


def package(session: Session) -> str:
    found: ServicePackage = studio.publish_package(session, TERMS, title="Soon gone", by=LENA, now=clock.now())
    return found.id


def comment(house: House) -> Ask:
    order_id = house.order("delivered")
    delivery_id = house.scalar("SELECT id FROM order_delivery WHERE order_id = :id", id=order_id)
    values = {"delivery_id": delivery_id, "comment": "The snare is shy.", "start_s": "1.5"}
    return Ask(house.person("mara"), f"/orders/{order_id}/comments", values)


def purchase(house: House) -> Ask:
    order_id = house.order("draft")
    found = house.scalar("SELECT id FROM service_package WHERE engineer_id = 'per_ivo' AND retired_at IS NULL LIMIT 1")
    version = house.scalar("SELECT current FROM service_package WHERE id = :id", id=found)
    values = {"version": version_of(house, order_id), "package_id": found, "package_version": version}
    return Ask(house.person("mara"), f"/orders/{order_id}/purchase", values)


def sign_up(house: House) -> Ask:
    visitor = house.stranger()
    page = visitor.get("/sign-up").text
    documents = {name: html.unescape(value) for name, value in _DOCUMENT.findall(page)}
    values = {
        "display_name": "Nora", "email": "nora@example.test", "password": "quiet rooms sound best",
        "birth_year": 1990, "accept_privacy": "yes", "accept_terms": "yes",
    }  # fmt: skip
    return Ask(visitor, "/sign-up", values | documents)


def dated(session: Session, story: Story) -> None:
    """The order's stems go in a month."""
    retention.schedule(
        session, scope=scope_of(story.order.id), purposes=["stem"],
        purge_at=story.now + timedelta(days=30), reason="order_ended", now=story.now,
    )  # fmt: skip


def longer(house: House) -> Ask:
    ask = after("delivered", dated, "mara", "longer-keeping")(house)
    return Ask(ask.person, ask.path)


RECIPES: dict[str, Recipe] = {
    "accounts.sign_up_submitted": sign_up,
    "engineers.begin_request": lambda house: Ask(house.person("mara"), "/engineers/ivo/request", BRIEF),
    "engineers.save_profile": in_studio("ivo", "profile", **PROFILE),
    "engineers.add_credit": in_studio("ivo", "credits", **CREDIT),
    "engineers.remove_credit": in_studio("ivo", "credits/*/removal", credit),
    "engineers.publish_package": in_studio("ivo", "packages", **PACKAGE),
    "engineers.retire_package": in_studio("lena", "packages/*/retirement", package),
    "engineers.publish": in_studio("lena", "publication"),
    "engineers.pause": in_studio("lena", "pause"),
    "engineers.resume": in_studio("lena", "resumption"),
    "mixing.request_quote": at_order("draft", "mara", "quote-request"),
    "mixing.withdraw": at_order("quoting", "mara", "quote-withdrawal"),
    "mixing.send_offer": at_order("quoting", "ivo", "offer", **OFFER),
    "mixing.decline": at_order("quoting", "ivo", "refusal", decline_reason="Full until May."),
    "mixing.counter": at_order("offered", "mara", "counter-wish", counter_wish="Two songs?"),
    "mixing.withdraw_offer": at_order("offered", "ivo", "offer-withdrawal"),
    "mixing.accept_offer": at_order("offered", "mara", "offer-acceptance", offer=1),
    "mixing.buy_package": purchase,
    "mixing.pay": at_order("accepted", "mara", "payment", start_work="yes"),
    "mixing.go_back": at_order("accepted", "mara", "payment-withdrawal"),
    "mixing.submit_files": after("paid", stem, "mara", "files-submission"),
    "mixing.remove_file": after("paid", stem, "mara", "files/*/removal"),
    "mixing.explain_file": after("paid", stem, "mara", "files/*/explanation", explanation="Meant so."),
    "mixing.fault_file": after("submitted", first_file, "ivo", "files/*/fault", fault="It crackles."),
    "mixing.accept_files": at_order("submitted", "ivo", "intake-acceptance"),
    "mixing.request_files": at_order("submitted", "ivo", "intake-return", return_note="The bass is missing."),
    "mixing.reject_job": at_order("submitted", "ivo", "job-refusal", cancel_reason="Not my kind of music."),
    "mixing.cancel": at_order("paid", "mara", "cancellation", cancel_reason="We broke up."),
    "mixing.deliver": after("working", mix, "ivo", "delivery", delivery_note="Here it is."),
    "mixing.request_revision": at_order("delivered", "mara", "revision-request", wishes="More snare."),
    "mixing.withdraw_revision": after("delivered", wish, "mara", "revision-withdrawal"),
    "mixing.approve": at_order("delivered", "mara", "approval"),
    "mixing.extend_review": after("delivered", heard, "mara", "review-extension"),
    "mixing.write": at_order("quoting", "mara", "messages", unseen=True, message="Is Friday possible?"),
    "mixing.comment": comment,
    "mixing.keep_longer": longer,
    "mixing.reply": after("delivered", remark, "ivo", "comments/*/replies", reply="It is louder now."),
    "mixing.resolve": after("delivered", remark, "mara", "comments/*/resolution"),
}

# Unsafe routes that take no key, and what makes the second request harmless.
WITHOUT_KEY: dict[str, str] = {
    "accounts.confirm": "the link works once; the second sees that it was used",
    "accounts.sign_in_submitted": "opens a session of its own; the first one's cookie never arrived and lapses unused",
    "accounts.sign_out": "ends a session that is ended",
    "account.changed": "writes the same values again",
    "account.others_ended": "ends sessions that are ended",
    "site.notices_seen": "marks as seen what is marked",
    "site.preferences_chosen": "keeps the same choice",
    "site.csp_reported": "writes a log line",
    "staff.person_looked_up": "each look is recorded, as it should be",
    "staff.order_read": "each look is recorded, as it should be",
    "ledger.platform_webhook": "the event's id is the key",
    "ledger.connect_webhook": "the event's id is the key",
    "ledger.start_onboarding": "the payee is the key: one account each",
    "ledger.open_dashboard": "asks the provider for a single-use link; nothing of ours is written",
    "mixing.begin_upload": "owner, order and the file's fingerprint are the key",
    "files.sign_parts": "a part that was signed is signed again, with the same check sum",
    "files.complete": "an upload is completed once; the repeat finds it so",
    "files.abort": "gives up what is given up",
}
