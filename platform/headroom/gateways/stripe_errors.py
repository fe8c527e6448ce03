"""What the payment provider's answers mean to a caller.

ProviderSilent       no usable answer: whether it acted is unknown; try again with the same key, or look up
ProviderBusy         it answered "not now" (rate, balance): nothing happened, try again later
ProviderRefused      it answered "never": nothing happened, somebody must decide
WebhookRefused       a delivery that is not the provider's, or not of now
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import stripe

from headroom.errors import Conflict, Invalid, OutsideDown

SYSTEM = "stripe"
RETRY_AFTER_S = 30
KEY_IN_USE = 409  # an earlier request with this idempotency key is still running
NOT_NOW_CODES = frozenset({"balance_insufficient", "lock_timeout", "rate_limit"})


class ProviderSilent(OutsideDown):
    code = "provider_silent"


class ProviderBusy(OutsideDown):
    code = "provider_busy"


class ProviderRefused(Conflict):
    """Carries the provider's own `provider_code` and `param`; never its prose."""

    code = "provider_refused"


class WebhookRefused(Invalid):
    """`reason`: no_signature, bad_signature, too_old, from_the_future, malformed or wrong_mode."""

    code = "webhook_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason=reason)


@contextmanager
def answered() -> Iterator[None]:
    """Turn what the SDK raises into one of the errors above."""
    try:
        yield
    except stripe.APIConnectionError as error:
        raise ProviderSilent(system=SYSTEM, retry_after_s=RETRY_AFTER_S, answered=False) from error
    except stripe.StripeError as error:
        raise _meaning(error) from error


def _meaning(error: stripe.StripeError) -> OutsideDown | ProviderRefused:
    status = error.http_status or 0
    if isinstance(error, stripe.RateLimitError) or error.code in NOT_NOW_CODES:
        code = error.code or "rate_limit"
        return ProviderBusy(system=SYSTEM, retry_after_s=RETRY_AFTER_S, answered=True, provider_code=code)
    if status >= 500 or status in (0, KEY_IN_USE):
        return ProviderSilent(system=SYSTEM, retry_after_s=RETRY_AFTER_S, answered=False, status=status)
    param = getattr(error, "param", None)
    return ProviderRefused(provider_code=error.code or type(error).__name__, param=param, status=status)
