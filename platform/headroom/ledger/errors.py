"""What can stop a verb of the ledger.

Each carries ids, amounts in minor units and states; words are put at the door.
"""

from __future__ import annotations

from headroom.errors import Conflict, Invalid, NotFound


class ParentMissing(Conflict):
    """A fact rests on one that is not booked yet: retry after the next re-read."""

    code = "parent_missing"


class Overdrawn(Conflict):
    """A fact would return or withdraw more than there is: nothing is booked, staff is alarmed."""

    code = "overdrawn"


class PaymentNotFound(NotFound):
    code = "payment_not_found"


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"


class AlreadyPaid(Conflict):
    """The subject has been paid; no further attempt is opened."""

    code = "already_paid"


class PaymentClosed(Conflict):
    """The payment was ended (expired or withdrawn)."""

    code = "payment_closed"


class PriceChanged(Conflict):
    """An attempt is open at another price. It must be closed first."""

    code = "price_changed"


class NothingHeld(Conflict):
    """Nothing is held for the subject: it is unpaid, released or refunded already."""

    code = "nothing_held"


class MoneyFrozen(Conflict):
    """A dispute or an early-fraud warning is open: nothing is released until it ends."""

    code = "money_frozen"


class RefundTooLarge(Conflict):
    """The amount exceeds what can still be returned (`refundable_minor`)."""

    code = "refund_too_large"


class CountryNotServed(Invalid):
    """The payee's country cannot receive transfers from this platform."""

    code = "country_not_served"


class PayeeNotReady(Conflict):
    """The payee has no account at the provider yet."""

    code = "payee_not_ready"
