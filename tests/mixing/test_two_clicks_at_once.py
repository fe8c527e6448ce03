"""Real transactions from real threads: one winner, one who is told, nothing done twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from headroom.actors import Actor
from headroom.db import unit
from headroom.ledger.models import Refund
from headroom.mixing import checkout, offers, orders, timers
from headroom.mixing.errors import NotOpenForOrders, OrderMoved
from headroom.mixing.models import EngineerProfile, Order, OrderEvent, ServicePackage
from headroom.mixing.offers import Brief
from headroom.mixing.states import Event, State
from tests.conftest import PrivateDatabase
from tests.mixing.world import FEE_BP, IVO, MARA, NOON, OTTO, Story, people


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run all acts together; what each returned or raised."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def prepared(step: str) -> str:
    with unit(Actor.system("test")) as session:
        people(session)
        story = Story(session)
        getattr(story, step)()
        return story.order.id


def click(by: Actor, order_id: str, verb: Callable[[Session, Order], object]) -> Callable[[], object]:
    def act() -> object:
        with unit(by) as session:
            return verb(session, orders.visible_to(session, by, order_id))

    return act


def test_approving_and_asking_for_a_revision_at_once_have_one_winner(private_database: PrivateDatabase) -> None:
    order_id = prepared("delivered")
    outcomes = at_once(
        click(MARA, order_id, lambda s, o: orders.approve(s, o, by=MARA, now=NOON)),
        click(
            MARA,
            order_id,
            lambda s, o: orders.request_revision(
                s, o, wishes="The snare is shy.", comment_ids=(), is_defect=False, by=MARA, now=NOON
            ),
        ),
    )
    losers = [outcome for outcome in outcomes if isinstance(outcome, OrderMoved)]
    with private_database.session() as session:
        order = session.get_one(Order, order_id)
        assert len(losers) == 1
        assert order.state in (State.APPROVED, State.REVISING)
        if order.state == State.APPROVED:
            assert losers[0].typed == "The snare is shy."


def test_a_cancel_and_an_accept_at_once_settle_once(private_database: PrivateDatabase) -> None:
    order_id = prepared("submitted")
    outcomes = at_once(
        click(MARA, order_id, lambda s, o: orders.cancel(s, o, reason="", by=MARA, now=NOON)),
        click(IVO, order_id, lambda s, o: orders.accept_files(s, o, by=IVO, now=NOON)),
        click(IVO, order_id, lambda s, o: orders.reject_job(s, o, reason="", by=IVO, now=NOON)),
    )
    with private_database.session() as session:
        refunds = session.scalar(select(func.count()).select_from(Refund))
        state = session.get_one(Order, order_id).state
    assert sum(isinstance(outcome, OrderMoved) for outcome in outcomes) == 2
    assert refunds == (1 if state == State.REFUND_DUE else 0)


def test_a_dozen_clicks_on_approve_are_one_approval(private_database: PrivateDatabase) -> None:
    order_id = prepared("delivered")
    act = click(MARA, order_id, lambda s, o: orders.approve(s, o, by=MARA, now=NOON))
    outcomes = at_once(*[act] * 12)
    assert sum(isinstance(outcome, OrderMoved) for outcome in outcomes) == 11
    with private_database.session() as session:
        events = session.scalars(select(OrderEvent.event).where(OrderEvent.order_id == order_id)).all()
    assert events.count("approve") == 1


def test_a_timer_beside_a_click_moves_the_order_once(private_database: PrivateDatabase) -> None:
    order_id = prepared("submitted")
    with private_database.session() as session:
        look_at = session.get_one(Order, order_id).deadline_at
    assert look_at is not None

    def timer() -> None:
        with unit(timers.TIMER) as session:
            timers.fire(session, orders.locked(session, order_id), Event.INTAKE_UNANSWERED, now=look_at)

    at_once(timer, click(IVO, order_id, lambda s, o: orders.accept_files(s, o, by=IVO, now=look_at)))
    with private_database.session() as session:
        order = session.get_one(Order, order_id)
        seqs = session.scalars(select(OrderEvent.seq).where(OrderEvent.order_id == order_id)).all()
    assert order.state in (State.REFUND_DUE, State.IN_PROGRESS)
    assert sorted(seqs) == list(range(1, order.version + 1))


def drafts_for_the_last_place(*clients: Actor) -> tuple[str, list[str]]:
    """Ivo with one place left: the package he sells, and a draft of each client."""
    with unit(Actor.system("test")) as session:
        people(session)
        session.execute(update(EngineerProfile).values(capacity=1))
        package = session.scalars(select(ServicePackage.id).where(ServicePackage.engineer_id == IVO.person_id)).one()
        brief = Brief("Night Bus", "The Lamps", "Keep the vocal close.")
        return package, [offers.begin(session, "per_ivo", brief, by=client, now=NOON).id for client in clients]


def buying(client: Actor, order_id: str, package: str) -> Callable[[], object]:
    def buy(session: Session, order: Order) -> None:
        checkout.buy_package(session, order, package, version=1, fee_bp=FEE_BP, by=client, now=NOON)
        time.sleep(0.2)  # the other one has looked by now

    return click(client, order_id, buy)


def test_two_clients_at_the_last_place_at_once_have_one_winner(private_database: PrivateDatabase) -> None:
    package, (of_mara, of_otto) = drafts_for_the_last_place(MARA, OTTO)
    outcomes = at_once(buying(MARA, of_mara, package), buying(OTTO, of_otto, package))
    assert sum(isinstance(outcome, NotOpenForOrders) for outcome in outcomes) == 1
    with private_database.session() as session:
        bought = session.scalars(select(Order.client_id).where(Order.state == State.AWAITING_PAYMENT)).all()
    assert len(bought) == 1


def test_one_client_who_never_pays_fills_one_place_at_most(private_database: PrivateDatabase) -> None:
    package, order_ids = drafts_for_the_last_place(MARA, MARA, MARA)
    with unit(Actor.system("test")) as session:
        session.execute(update(EngineerProfile).values(capacity=2))
    outcomes = [buying(MARA, order_id, package)() for order_id in order_ids]
    assert outcomes == [None, None, None]
