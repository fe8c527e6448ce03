"""What happens by itself as time passes: money becomes available, sessions expire, payouts arrive."""

from __future__ import annotations

import threading

from standins.stripe import clock, money
from standins.stripe.behavior import checkout, payouts
from standins.stripe.store import Store
from standins.stripe.world import Setup, World

EVERY_S = 1.0


def tick(store: Store, setup: Setup) -> None:
    """Everything that is due at the stand-in's present time."""
    with store.unit():
        world = World(store, setup, clock.now(store))
        money.mature(world)
        checkout.expire_due(world)
        payouts.arrive_due(world)
        payouts.pay_out_due(world)


def start(store: Store, setup: Setup, stopped: threading.Event) -> None:
    """Ticks from a thread of its own until stopped."""

    def run() -> None:
        while not stopped.wait(EVERY_S):
            tick(store, setup)

    threading.Thread(target=run, name="clock", daemon=True).start()
