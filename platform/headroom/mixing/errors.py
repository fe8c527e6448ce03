"""What can stop a verb of mixing. Each carries typed facts; words are put at the door."""

from __future__ import annotations

from datetime import datetime

from headroom.errors import Conflict, Gone, Invalid, NotAllowed, NotFound


class OrderNotFound(NotFound):
    """No such order, or not one of this person's."""

    code = "order_not_found"


class OrderMoved(Conflict):
    """Somebody else moved the order first. `typed` is what this person had written, so that no word is lost."""

    code = "order_moved"

    def __init__(self, *, order_id: str, state: str, event: str, typed: str | None = None) -> None:
        self.order_id = order_id
        self.typed = typed
        super().__init__(order_id=order_id, state=state, event=event)


class NotNow(Conflict):
    """The state and side are right, but a condition of the move does not hold; `guard` names it."""

    code = "order_guard"

    def __init__(self, *, order_id: str, guard: str, typed: str | None = None, **values: object) -> None:
        self.order_id = order_id
        self.guard = guard
        self.typed = typed
        super().__init__(order_id=order_id, guard=guard, **values)


class NotYours(NotAllowed):
    """Visible, but this side cannot do that."""

    code = "order_not_yours"


class OfferGone(Gone):
    """The offer lapsed, or a newer one took its place."""

    code = "offer_gone"

    def __init__(self, *, expires_at: datetime) -> None:
        super().__init__(expires_at=expires_at.isoformat())


class EngineerNotFound(NotFound):
    code = "engineer_not_found"


class PackageNotFound(NotFound):
    code = "package_not_found"


class HandleTaken(Invalid):
    code = "handle_taken"

    def __init__(self) -> None:
        super().__init__({"handle": "handle_taken"})


class NotOpenForOrders(Conflict):
    """The engineer is not taking orders: paused, full, or not published."""

    code = "not_open_for_orders"


class OwnOrder(Invalid):
    """Nobody orders from themselves."""

    code = "own_order"


class ConsentMissing(Invalid):
    """Paying needs the consent to start work before the withdrawal period ends."""

    code = "consent_missing"

    def __init__(self) -> None:
        super().__init__({"start_work": "consent_missing"})


class CommentNotFound(NotFound):
    code = "comment_not_found"


class PlaceInvalid(Invalid):
    """A point or range outside the version's length; `length_ms` says how long it is."""

    code = "comment_place"
