"""Errors in the words and the shape of Stripe's API (https://docs.stripe.com/api/errors)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class StripeError(Exception):
    """One refusal: HTTP status and the fields of the `error` object."""

    status: int
    type: str
    message: str
    param: str | None = None
    code: str | None = None
    extra: dict[str, object] = field(default_factory=dict)
    keeps: bool = False
    """True when what was done before the refusal stays, as a declined card's failed charge does."""

    def body(self) -> dict[str, object]:
        """The response body, with only the fields that are set."""
        error: dict[str, object] = {"message": self.message, "type": self.type, **self.extra}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://docs.stripe.com/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, status: int = 400) -> StripeError:
    """A request that Stripe refuses as it stands."""
    return StripeError(status, "invalid_request_error", message, param, code)


def missing(kind: str, ref: str, *, param: str = "id") -> StripeError:
    """An id that leads nowhere: 404 in the path, 400 in a parameter."""
    status = 404 if param == "id" else 400
    return invalid(f"No such {kind}: '{ref}'", param=param, code="resource_missing", status=status)


def no_behavior(method: str, path: str) -> StripeError:
    """A call Stripe has and this stand-in does not play: said plainly, never answered with a made-up success."""
    message = f"The rehearsal stand-in has no behavior for {method.upper()} {path}."
    return StripeError(501, "api_error", message, code="standin_no_behavior")
