"""POST routes of talking: messages, comments at a point or range, replies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from blueprints.forms import once, read_form
from blueprints.mixing import bp
from blueprints.mixing.acting import acting, to_order
from blueprints.mixing.forms import CommentForm, MessageForm, Nothing, ReplyForm
from blueprints.signed_in import signed_in
from headroom.actors import Actor
from headroom.idempotency.keys import RequestKey
from headroom.mixing import talk


@bp.post("/orders/<order_id>/messages")
@signed_in
@once
def write(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(MessageForm)
    with acting(actor, order_id, once) as act:
        talk.write(act.session, act.order, form.message, by=actor, now=act.now)
    return to_order(order_id, "messages")


@bp.post("/orders/<order_id>/comments")
@signed_in
@once
def comment(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(CommentForm)
    with acting(actor, order_id, once) as act:
        written = talk.comment(
            act.session,
            act.order,
            form.delivery_id,
            form.comment,
            start_ms=_milliseconds(form.start_s),
            end_ms=_milliseconds(form.end_s) if form.end_s is not None else None,
            is_question=form.is_question,
            by=actor,
            now=act.now,
        )
    return to_order(order_id, f"c-{written.id}")


def _milliseconds(seconds: Decimal) -> int:
    return int((seconds * 1000).to_integral_value())


@bp.post("/orders/<order_id>/comments/<comment_id>/replies")
@signed_in
@once
def reply(actor: Actor, order_id: str, comment_id: str, once: RequestKey) -> Any:
    form = read_form(ReplyForm)
    with acting(actor, order_id, once) as act:
        talk.reply(act.session, act.order, comment_id, form.reply, by=actor, now=act.now)
    return to_order(order_id, f"c-{comment_id}")


@bp.post("/orders/<order_id>/comments/<comment_id>/resolution")
@signed_in
@once
def resolve(actor: Actor, order_id: str, comment_id: str, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, order_id, once) as act:
        talk.resolve(act.session, act.order, comment_id, by=actor, now=act.now)
    return to_order(order_id, f"c-{comment_id}")
