"""Plain values to typed forms: explicit fields only, anything else in the body is refused.

    class NewOffer(Form):
        price_minor: int = Field(ge=100)

    form = read_form(NewOffer)          # urlencoded; raises FormInvalid with a code per field
    body = read_json(NewPart)           # application/json

`@once` makes a handler that creates repeatable: it gives `once: RequestKey`, from the field that `once_field()`
put into the form or from the header Idempotency-Key.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_origin

from flask import g, request
from pydantic import BaseModel, ConfigDict, ValidationError

from blueprints.bodies import FormValues, Json, UnreadableBody, parse_form, parse_json
from blueprints.visit import current_actor, current_visit
from headroom.errors import Invalid
from headroom.idempotency.keys import RequestKey

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPE = "application/json"
CSRF_FIELD = "csrf_token"
ONCE_FIELD = "request_key"
ONCE_HEADER = "Idempotency-Key"
_FRAME_FIELDS = frozenset({CSRF_FIELD, ONCE_FIELD})
_KEY_SHAPE = re.compile(r"[\x21-\x7e]{8,80}")
BODY_CAP = 256 * 1024  # bytes; a route says otherwise with @body_cap
_CAP_ATTRIBUTE = "__headroom_body_cap__"

Model = TypeVar("Model", bound=BaseModel)
View = TypeVar("View", bound=Callable[..., Any])


class Form(BaseModel):
    """The base of forms: unknown fields are refused, outer spaces dropped, values frozen."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class FormInvalid(Invalid):
    """Some fields cannot be taken. `facts` holds per field the limits that its message may show."""

    code = "form_invalid"

    def __init__(self, fields: Mapping[str, str], facts: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(fields)
        self.facts = facts


class UnsupportedBody(UnreadableBody):
    """The body is of a kind that this route does not read."""

    code = "unsupported_body"


class KeyMissing(Invalid):
    """A request that creates came without its key."""

    code = "request_key_missing"


def read_form(model: type[Model]) -> Model:
    """The submitted form as `model`. An empty value counts as left out where the field has a default."""
    _require_closed(model)
    if request.mimetype != FORM_TYPE:
        raise UnsupportedBody("form_expected")
    values: dict[str, Any] = {}
    for name, given in form_values().items():
        if name not in _FRAME_FIELDS:
            _take(model, name, given, values)
    return _validated(model, values)


def read_json(model: type[Model]) -> Model:
    """The JSON object of the body as `model`."""
    _require_closed(model)
    if request.mimetype != JSON_TYPE:
        raise UnsupportedBody("json_expected")
    value = json_value()
    if not isinstance(value, dict):
        raise UnreadableBody("object_expected")
    return _validated(model, value)


def form_values() -> FormValues:
    """All fields of the urlencoded body, parsed once per request."""
    if "form_values" not in g:
        g.form_values = parse_form(request.get_data(cache=True))
    values: FormValues = g.form_values
    return values


def json_value() -> Json:
    """The value of the JSON body, parsed once per request."""
    if "json_value" not in g:
        g.json_value = parse_json(request.get_data(cache=True))
    value: Json = g.json_value
    return value


def body_cap(size_bytes: int) -> Callable[[View], View]:
    """Let a route take bodies of up to `size_bytes`; goes under the access declaration."""

    def declare(view: View) -> View:
        setattr(view, _CAP_ATTRIBUTE, size_bytes)
        return view

    return declare


def cap_of(view: object) -> int:
    """How many bytes of body a view takes."""
    return int(getattr(view, _CAP_ATTRIBUTE, BODY_CAP))


def once(view: View) -> View:
    """Give the handler `once`, the key to claim in its unit. Raises KeyMissing for a request without one."""

    @functools.wraps(view)
    def keyed(*people: Any, **arguments: Any) -> Any:
        return view(*people, **arguments, once=_request_key())

    return keyed  # type: ignore[return-value]


def _request_key() -> RequestKey:
    key = request.headers.get(ONCE_HEADER, "")
    if not key and request.mimetype == FORM_TYPE:
        key = next(iter(form_values().get(ONCE_FIELD, [])), "")
    if _KEY_SHAPE.fullmatch(key) is None:
        raise KeyMissing({"": "request_key_missing"})
    return RequestKey(owner=_owner(), route=_route(), key=key, body_hash=_body_hash())


def _owner() -> str:
    actor = current_actor()
    if actor is not None and actor.person_id is not None:
        return actor.person_id
    token = current_visit().ensure_token().encode("ascii")
    return "visit:" + hashlib.sha256(token).hexdigest()[:32]


def _route() -> str:
    digest = hashlib.sha256(request.path.encode("utf-8")).hexdigest()[:16]
    return f"{request.endpoint}:{digest}"[-120:]


def _body_hash() -> bytes:
    """SHA-256 of what was asked, without the frame's fields, which differ between two tries."""
    if request.mimetype == FORM_TYPE:
        asked = {name: given for name, given in form_values().items() if name not in _FRAME_FIELDS}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("utf-8")).digest()
    return hashlib.sha256(request.get_data(cache=True)).digest()


def _take(model: type[BaseModel], name: str, given: list[str], values: dict[str, Any]) -> None:
    """Put one field's values into `values`, as a list where the model wants several."""
    field = model.model_fields.get(name)
    if field is not None and get_origin(field.annotation) in (list, tuple, set, frozenset):
        values[name] = [value for value in given if value != ""]
    elif len(given) > 1:
        raise FormInvalid({name: "given_twice"}, {})
    elif field is None or field.is_required() or given[0].strip() != "":
        values[name] = given[0]


def _validated(model: type[Model], values: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as problem:
        fields: dict[str, str] = {}
        facts: dict[str, Mapping[str, Any]] = {}
        for error in problem.errors(include_url=False, include_input=False):
            name = str(error["loc"][0]) if error["loc"] else ""
            fields.setdefault(name, error["type"])
            facts.setdefault(name, {k: v for k, v in error.get("ctx", {}).items() if k != "error"})
        raise FormInvalid(fields, facts) from None


def _require_closed(model: type[BaseModel]) -> None:
    if model.model_config.get("extra") != "forbid":
        raise TypeError(f"{model.__name__} must forbid extra fields")
