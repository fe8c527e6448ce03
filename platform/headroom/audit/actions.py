"""The closed list of what the audit records. Names are `domain.thing_happened`; add rows, never rename."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What happened."""

    # accounts
    SIGNED_UP = "accounts.signed_up"
    EMAIL_VERIFIED = "accounts.email_verified"
    SIGNED_IN = "accounts.signed_in"
    SIGN_IN_FAILED = "accounts.sign_in_failed"
    SIGNED_OUT = "accounts.signed_out"
    CAPABILITY_GRANTED = "accounts.capability_granted"
    CAPABILITY_REVOKED = "accounts.capability_revoked"
    # staff
    STAFF_READ = "staff.read_personal_data"
    STAFF_ACTED = "staff.acted"
    # files
    FILE_DOWNLOADED = "files.downloaded"
    FILE_PURGED = "files.purged"
    HOLD_PLACED = "files.hold_placed"
    HOLD_LIFTED = "files.hold_lifted"
    # mixing
    ORDER_MOVED = "mixing.order_moved"
    # ledger
    PAYMENT_HELD = "ledger.payment_held"
    REFUND_PLANNED = "ledger.refund_planned"
    RELEASED = "ledger.released"
    TRANSFERRED = "ledger.transferred"
    ALARM_RAISED = "ledger.alarm_raised"
    WEBHOOK_REFUSED = "ledger.webhook_refused"
    # operating
    CLOCK_MOVED = "operating.clock_moved"
    STORE_PROBED = "operating.store_probed"
    SWEPT = "operating.swept"
