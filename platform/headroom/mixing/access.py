"""PURE. Who may see and do what on an order: side × action, narrowed by the order's state.

What an order's moves allow is not repeated here: it stands in states.MOVES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from headroom.actors import Actor
from headroom.mixing.states import STATES, TERMINAL, Event, Role, State, events_open_to

STAFF = "staff"  # the capability's name


class Side(StrEnum):
    """How a person stands to an order."""

    CLIENT = "client"
    ENGINEER = "engineer"
    STAFF = "staff"
    STRANGER = "stranger"


class Action(StrEnum):
    VIEW = "view"
    SEE_MONEY = "see_money"
    WRITE_MESSAGE = "write_message"
    COMMENT = "comment"
    ADD_SOURCE = "add_source"  # rough mix, references
    ADD_STEM = "add_stem"
    ADD_DELIVERY = "add_delivery"
    HEAR_SOURCE = "hear_source"  # rough mix and references, as a preview or a file
    READ_STEM = "read_stem"
    HEAR_DELIVERY = "hear_delivery"  # the full-length preview
    READ_DELIVERY = "read_delivery"  # the bit-exact file


@dataclass(frozen=True, slots=True)
class Parties:
    """The facts about an order that access depends on."""

    client_id: str
    engineer_id: str
    state: State


ALL = frozenset(STATES)
SHARED = ALL - {State.DRAFT}  # a draft is its client's alone
LIVE = SHARED - TERMINAL
BEFORE_PAYMENT = frozenset({State.DRAFT, State.QUOTING, State.OFFERED})
WITH_STEMS = LIVE - BEFORE_PAYMENT - {State.AWAITING_PAYMENT, State.PAYMENT_PENDING}
AT_WORK = frozenset({State.IN_PROGRESS, State.DELIVERED, State.REVISING, State.SETTLING_TERMS, State.DISPUTED})
# The master is locked until the client approves, never mutilated: until then a full-length preview plays.
BOUGHT = frozenset({State.APPROVED, State.RELEASING, State.COMPLETED})
NOWHERE: frozenset[State] = frozenset()
DELIVERED_ONCE = AT_WORK | BOUGHT | {State.REFUND_DUE, State.REFUND_STUCK}

# fmt: off
MATRIX: Mapping[Action, Mapping[Side, frozenset[State]]] = {
    #                      client                                 engineer              staff
    Action.VIEW:          {Side.CLIENT: ALL,                      Side.ENGINEER: SHARED,                        Side.STAFF: SHARED},
    Action.SEE_MONEY:     {Side.CLIENT: ALL,                      Side.ENGINEER: SHARED,                        Side.STAFF: SHARED},
    Action.WRITE_MESSAGE: {Side.CLIENT: SHARED,                   Side.ENGINEER: SHARED,                        Side.STAFF: NOWHERE},
    Action.COMMENT:       {Side.CLIENT: AT_WORK | BOUGHT,         Side.ENGINEER: AT_WORK | BOUGHT,              Side.STAFF: NOWHERE},
    Action.ADD_SOURCE:    {Side.CLIENT: BEFORE_PAYMENT | {State.AWAITING_FILES}, Side.ENGINEER: NOWHERE,        Side.STAFF: NOWHERE},
    Action.ADD_STEM:      {Side.CLIENT: frozenset({State.AWAITING_FILES}), Side.ENGINEER: NOWHERE,              Side.STAFF: NOWHERE},
    Action.ADD_DELIVERY:  {Side.CLIENT: NOWHERE, Side.ENGINEER: frozenset({State.IN_PROGRESS, State.REVISING}), Side.STAFF: NOWHERE},
    Action.HEAR_SOURCE:   {Side.CLIENT: ALL,                      Side.ENGINEER: LIVE,                          Side.STAFF: frozenset({State.DISPUTED})},
    Action.READ_STEM:     {Side.CLIENT: ALL,                      Side.ENGINEER: WITH_STEMS,                    Side.STAFF: frozenset({State.DISPUTED})},
    Action.HEAR_DELIVERY: {Side.CLIENT: DELIVERED_ONCE,           Side.ENGINEER: SHARED,                        Side.STAFF: frozenset({State.DISPUTED})},
    Action.READ_DELIVERY: {Side.CLIENT: BOUGHT,                   Side.ENGINEER: SHARED,                        Side.STAFF: frozenset({State.DISPUTED})},
}
# fmt: on

_ROLE_OF: Mapping[Side, Role] = {Side.CLIENT: Role.CLIENT, Side.ENGINEER: Role.ENGINEER, Side.STAFF: Role.STAFF}


def side_of(parties: Parties, actor: Actor) -> Side:
    """How the actor stands to the order; being a party comes before being staff."""
    if actor.person_id is None:
        return Side.STRANGER
    if actor.person_id == parties.client_id:
        return Side.CLIENT
    if actor.person_id == parties.engineer_id:
        return Side.ENGINEER
    return Side.STAFF if actor.has(STAFF) else Side.STRANGER


def may(parties: Parties, actor: Actor, action: Action) -> bool:
    """Whether the matrix allows the action now."""
    return parties.state in MATRIX[action].get(side_of(parties, actor), NOWHERE)


def can_view(parties: Parties, actor: Actor) -> bool:
    return may(parties, actor, Action.VIEW)


def can_move(parties: Parties, actor: Actor, event: Event) -> bool:
    """Whether the table has a row for this event and this side; guards are not asked."""
    return event in open_events(parties, actor)


def open_events(parties: Parties, actor: Actor) -> frozenset[Event]:
    """Every event the actor may try now."""
    role = _ROLE_OF.get(side_of(parties, actor))
    if role is None or not can_view(parties, actor):
        return frozenset()
    return events_open_to(parties.state, role)


class FileRole(StrEnum):
    """What a stored file is to its order."""

    ROUGH = "rough"
    REFERENCE = "reference"
    STEM = "stem"
    DELIVERY = "delivery"


class Want(StrEnum):
    """What is asked of a file: to hear it in the page, or its bytes."""

    HEAR = "hear"
    BYTES = "bytes"


def reading(role: FileRole, want: Want) -> Action:
    """The action that a wish on a file amounts to."""
    if role in (FileRole.ROUGH, FileRole.REFERENCE):
        return Action.HEAR_SOURCE
    if role is FileRole.STEM:
        return Action.READ_STEM
    return Action.HEAR_DELIVERY if want is Want.HEAR else Action.READ_DELIVERY


def adding(role: FileRole) -> Action:
    """The action that adding a file of this role amounts to."""
    if role is FileRole.STEM:
        return Action.ADD_STEM
    return Action.ADD_DELIVERY if role is FileRole.DELIVERY else Action.ADD_SOURCE
