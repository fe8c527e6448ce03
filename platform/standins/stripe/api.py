"""The HTTP door of the API: key, version, form, schema, idempotency, faults, behavior, answer."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import socket
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from standins.stripe import clock, contract, expanding, forms, ids, schema
from standins.stripe.behavior import BEHAVIORS, Behavior
from standins.stripe.behavior.table import Ask, refuse_unplayed
from standins.stripe.errors import StripeError, invalid, no_behavior
from standins.stripe.schema import Params
from standins.stripe.store import Store
from standins.stripe.world import DAY_S, Setup, World

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

LONGEST_KEY = 255
# Keys may be forgotten after a day: https://docs.stripe.com/api/idempotent_requests
KEY_KEPT_S = DAY_S
TIMEOUT_S = 90.0


@dataclass(frozen=True)
class Call:
    """One request as it came over the wire."""

    method: str
    path: str
    raw: str
    headers: dict[str, str]
    environ: WSGIEnvironment

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def answer(store: Store, setup: Setup, call: Call) -> Answer:
    """What Stripe would answer; faults that were armed for this call strike here."""
    request_id = ids.new("request")
    kept = {"Request-Id": request_id, "Stripe-Version": call.header("Stripe-Version") or contract.api_version()}
    if call.header("Idempotency-Key"):
        kept["Idempotency-Key"] = call.header("Idempotency-Key")
    try:
        found = _answer(store, setup, call, request_id)
    except StripeError as error:
        found = _refusal(error)
    return Answer(found.status, found.body, {**kept, **found.headers})


def _answer(store: Store, setup: Setup, call: Call, request_id: str) -> Answer:
    _require_key(setup, call)
    _require_version(call)
    account = _account(store, setup, call)
    match = contract.match(call.method.lower(), call.path)
    if match is None:
        raise _unrecognized(call)
    behavior = BEHAVIORS.get((match.route.method, match.route.path))
    params: Params = dict(schema.read(match.route.params, forms.decode(call.raw)))
    if behavior is None:
        raise no_behavior(call.method, match.route.path)
    refuse_unplayed(behavior, params)
    key = call.header("Idempotency-Key") if call.method == "POST" else ""
    if len(key) > LONGEST_KEY:
        raise invalid(f"Idempotency keys can be at most {LONGEST_KEY} characters.")
    world = World(store, setup, clock.now(store), account, request_id, key or None)
    asked = hashlib.sha256(f"{call.method} {call.path}\n{_sorted(params)}".encode()).hexdigest()
    strike = _strike(world, call)
    found = _kept(world, key, asked) if key else None
    if found is None:
        found = _perform(world, behavior, match.ids, params, key=key, asked=asked, strike=strike)
    _delay(call, strike)
    return found


def _perform(
    world: World, behavior: Behavior, refs: dict[str, str], params: Params, *, key: str, asked: str, strike: Params
) -> Answer:
    try:
        with world.store.unit():
            found = _act(world, behavior, Ask(refs, params))
            if strike.get("fault") == "error_after_commit":
                found = _refusal(StripeError(500, "api_error", "An error occurred while processing your request."))
            _keep(world, key, asked, found)
    except StripeError as error:
        found = _refusal(error)
        if error.status != 501:
            with world.store.unit():
                _keep(world, key, asked, found)
    return found


def _act(world: World, behavior: Behavior, ask: Ask) -> Answer:
    try:
        document = behavior.act(world, ask)
    except StripeError as error:
        if not error.keeps:
            raise
        return _refusal(error)
    return Answer(200, json.dumps(expanding.expand(world, document, ask.params.get("expand", [])), indent=2))


def _strike(world: World, call: Call) -> Params:
    """The first armed fault that fits this call, used up; raises the ones that strike before anything is done."""
    with world.store.unit():
        for row in world.store.rows("SELECT kind, rule FROM fault ORDER BY id"):
            rule = json.loads(row["rule"])
            if not fnmatchcase(call.path, rule.get("path", "*")):
                continue
            if rule.get("method", call.method).upper() != call.method:
                continue
            if row["kind"] in STRIKES:
                exact = {name: rule[name] for name in ("path", "method") if name in rule}
                world.tip(row["kind"], **exact)
                if row["kind"] in BEFORE:
                    break
                return dict(rule)
        else:
            return {}
    raise BEFORE[row["kind"]]()


def _rate_limited() -> StripeError:
    message = "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits."
    return StripeError(429, "invalid_request_error", message, code="rate_limit")


def _broken() -> StripeError:
    return StripeError(500, "api_error", "An unknown error occurred.")


BEFORE = {"rate_limit": _rate_limited, "error_before": _broken}
STRIKES = frozenset({*BEFORE, "error_after_commit", "timeout_after_commit", "connection_lost_after_commit"})


def _delay(call: Call, strike: Params) -> None:
    if strike.get("fault") == "timeout_after_commit":
        time.sleep(float(strike.get("seconds", TIMEOUT_S)))
    if strike.get("fault") == "connection_lost_after_commit":
        wire = call.environ.get("werkzeug.socket")
        if isinstance(wire, socket.socket):
            wire.shutdown(socket.SHUT_RDWR)


def _kept(world: World, key: str, asked: str) -> Answer | None:
    world.store.run("DELETE FROM answer WHERE created <= ?", world.now - KEY_KEPT_S)
    rows = world.store.rows("SELECT asked, status, body FROM answer WHERE key = ?", f"{world.account}:{key}")
    if not rows:
        return None
    if rows[0]["asked"] != asked:
        raise StripeError(
            400,
            "idempotency_error",
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
        )
    return Answer(rows[0]["status"], rows[0]["body"], {"Idempotent-Replayed": "true"})


def _keep(world: World, key: str, asked: str, found: Answer) -> None:
    if key:
        world.store.run(
            "INSERT INTO answer (key, asked, status, body, created) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            f"{world.account}:{key}", asked, found.status, found.body, world.now,
        )  # fmt: skip


def _require_key(setup: Setup, call: Call) -> None:
    given = _given_key(call.header("Authorization"))
    if not given:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise StripeError(401, "invalid_request_error", message)
    if given != setup.secret_key:
        hidden = given[:8] + "*" * max(len(given) - 12, 0) + given[-4:]
        raise StripeError(401, "invalid_request_error", f"Invalid API Key provided: {hidden}")


def _given_key(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _require_version(call: Call) -> None:
    version = call.header("Stripe-Version")
    if version and not re.fullmatch(r"\d{4}-\d{2}-\d{2}(\.\w+)?", version):
        raise invalid(f"Invalid Stripe API version: {version}")


def _account(store: Store, setup: Setup, call: Call) -> str:
    ref = call.header("Stripe-Account")
    if ref and (store.get(ref) or {}).get("object") != "account":
        raise StripeError(
            403,
            "invalid_request_error",
            f"The provided key '{setup.secret_key[:8]}***' does not have access to account '{ref}' "
            "(or that account does not exist). Application access may have been revoked.",
            code="account_invalid",
        )
    return ref


def _unrecognized(call: Call) -> StripeError:
    message = f"Unrecognized request URL ({call.method}: {call.path}). Please see https://docs.stripe.com."
    return invalid(message, status=404)


def _refusal(error: StripeError) -> Answer:
    headers = {"Stripe-Should-Retry": "false"} if error.status == 501 else {}
    return Answer(error.status, json.dumps(error.body(), indent=2), headers)


def _sorted(params: Params) -> str:
    return json.dumps(params, sort_keys=True)
