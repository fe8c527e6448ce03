"""Events, kept for thirty days."""

from __future__ import annotations

from fnmatch import fnmatchcase

from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid
from standins.stripe.paging import page
from standins.stripe.store import Document
from standins.stripe.world import DAY_S, World

KEPT_S = 30 * DAY_S


@plays("get", "/v1/events/{id}")
def retrieve_event(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/events/retrieve"""
    return world.get("event", ask.refs["id"])


@plays("get", "/v1/events", "type", "types", "delivery_success")
def list_events(world: World, ask: Ask) -> Document:
    """Going back at most 30 days: https://docs.stripe.com/api/events/list"""
    if "type" in ask.params and "types" in ask.params:
        raise invalid("You may only specify one of these parameters: type, types.")
    wanted = [ask.params["type"]] if "type" in ask.params else ask.params.get("types", ["*"])
    every = [
        event
        for event in world.store.all("event", account=world.account)
        if event["created"] > world.now - KEPT_S and any(fnmatchcase(event["type"], each) for each in wanted)
    ]
    if "delivery_success" in ask.params:
        every = [event for event in every if (event["pending_webhooks"] == 0) == ask.params["delivery_success"]]
    return page(every, ask.params, url="/v1/events")
