"""PURE. The file region: which state follows which, on what event. One row per move."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    DECLARED = "declared"  # named and measured by the sender, nothing sent yet
    UPLOADING = "uploading"  # at least one part was signed
    ASSEMBLED = "assembled"  # one object in the store
    CHECKING = "checking"  # the worker reads it
    READY = "ready"
    REJECTED = "rejected"  # unreadable, or not what it says; the reason is kept
    QUARANTINED = "quarantined"  # the check itself failed, a person has to look
    EXPIRING = "expiring"  # its time is over; no new download begins
    PURGING = "purging"  # being deleted; no way back
    PURGED = "purged"  # proved gone
    ABANDONED = "abandoned"  # never completed; nothing of it is in the store


class Event(StrEnum):
    SIGN = "sign"
    ASSEMBLE = "assemble"
    ABANDON = "abandon"
    CHECK = "check"
    ACCEPT = "accept"
    REJECT = "reject"
    QUARANTINE = "quarantine"
    EXPIRE = "expire"
    KEEP = "keep"  # a hold came first, or more time was given: back to where it rested
    PURGE = "purge"
    PROVE_GONE = "prove_gone"


# fmt: off
MOVES: Mapping[tuple[State, Event], State] = {
    (State.DECLARED,    Event.SIGN):       State.UPLOADING,
    (State.DECLARED,    Event.ABANDON):    State.ABANDONED,
    (State.UPLOADING,   Event.SIGN):       State.UPLOADING,
    (State.UPLOADING,   Event.ASSEMBLE):   State.ASSEMBLED,
    (State.UPLOADING,   Event.ABANDON):    State.ABANDONED,
    (State.ASSEMBLED,   Event.CHECK):      State.CHECKING,
    (State.ASSEMBLED,   Event.EXPIRE):     State.EXPIRING,
    (State.CHECKING,    Event.CHECK):      State.CHECKING,     # a worker died; the next one starts over
    (State.CHECKING,    Event.ACCEPT):     State.READY,
    (State.CHECKING,    Event.REJECT):     State.REJECTED,
    (State.CHECKING,    Event.QUARANTINE): State.QUARANTINED,
    (State.QUARANTINED, Event.CHECK):      State.CHECKING,
    (State.READY,       Event.EXPIRE):     State.EXPIRING,
    (State.REJECTED,    Event.EXPIRE):     State.EXPIRING,
    (State.QUARANTINED, Event.EXPIRE):     State.EXPIRING,
    (State.EXPIRING,    Event.PURGE):      State.PURGING,
    (State.PURGING,     Event.PROVE_GONE): State.PURGED,
}
# fmt: on

RESTING = frozenset({State.ASSEMBLED, State.READY, State.REJECTED, State.QUARANTINED})
FINAL = frozenset({State.PURGED, State.ABANDONED})
READABLE = frozenset({State.READY})
INCOMING = frozenset({State.DECLARED, State.UPLOADING})


class Forbidden(Exception):
    """The table has no such move."""


def after(state: State, event: Event, *, rested_in: State | None = None) -> State:
    """The state that `event` leads to; Forbidden if the table has no such row.

    `keep` leads back to `rested_in`, the state the file had before it began to expire.
    """
    if event is Event.KEEP and state is State.EXPIRING and rested_in in RESTING:
        return rested_in
    try:
        return MOVES[state, event]
    except KeyError:
        raise Forbidden(f"{state} has no {event}") from None
