"""Lists with cursors and filters on creation time (https://docs.stripe.com/api/pagination)."""

from __future__ import annotations

from standins.stripe.errors import invalid, missing
from standins.stripe.schema import Params
from standins.stripe.store import Document

DEFAULT_LIMIT = 10
MOST = 100


def page(items: list[Document], params: Params, *, url: str) -> Document:
    """One page of `items` (newest first) as a list object."""
    limit = int(params.get("limit", DEFAULT_LIMIT))
    if not 1 <= limit <= MOST:
        raise invalid("Limit must be between 1 and 100.", param="limit", code="parameter_invalid_integer")
    rest, more = _after_cursor(_created(items, params.get("created")), params, limit)
    return {"object": "list", "data": rest, "has_more": more, "url": url}


def _after_cursor(items: list[Document], params: Params, limit: int) -> tuple[list[Document], bool]:
    refs = [item["id"] for item in items]
    if (after := params.get("starting_after")) is not None:
        rest = items[_place(refs, after, "starting_after") + 1 :]
        return rest[:limit], len(rest) > limit
    if (before := params.get("ending_before")) is not None:
        rest = items[: _place(refs, before, "ending_before")]
        return rest[-limit:], len(rest) > limit
    return items[:limit], len(items) > limit


def _place(refs: list[str], ref: str, param: str) -> int:
    if ref not in refs:
        raise missing("object", ref, param=param)
    return refs.index(ref)


def _created(items: list[Document], rule: int | dict[str, int] | None) -> list[Document]:
    if rule is None:
        return items
    if isinstance(rule, int):
        return [item for item in items if item["created"] == rule]
    low = max(rule.get("gt", -1) + 1, rule.get("gte", 0))
    high = min(rule.get("lt", 1 << 60) - 1, rule.get("lte", 1 << 60))
    return [item for item in items if low <= item["created"] <= high]
