"""Files of an order: beginning an upload, taking one out, explaining a finding; and who may read them."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from sqlalchemy.orm import Session

from blueprints.files import READERS, Wish, upload_json
from blueprints.forms import body_cap, once, read_form, read_json
from blueprints.mixing import bp
from blueprints.mixing.acting import acting, as_party, to_order
from blueprints.mixing.forms import ExplainForm, FaultForm, Nothing, UploadAsked
from blueprints.signed_in import signed_in
from headroom import clock
from headroom.actors import Actor
from headroom.db import unit
from headroom.files.pages import FileView
from headroom.idempotency.keys import RequestKey
from headroom.mixing import order_files, orders
from headroom.mixing.access import Want
from headroom.mixing.settlement import PURPOSE


@bp.post("/orders/<order_id>/uploads")
@signed_in
@body_cap(32 * 1024)
def begin_upload(actor: Actor, order_id: str) -> Response:
    """Announce a file; the same file announced again is the same upload, so no key is needed."""
    asked = read_json(UploadAsked)
    with unit(actor) as session:
        order = orders.visible_to(session, as_party(actor), order_id)
        upload = order_files.begin_upload(
            session,
            order,
            asked.role,
            by=actor,
            name=asked.name,
            size_bytes=asked.size,
            modified_at=asked.modified_at,
            fingerprint=asked.fingerprint,
            now=clock.now(),
            deliverable=asked.deliverable,
        )
        body = upload_json(upload)
    response = jsonify(body)
    response.status_code = 201
    return response


@bp.post("/orders/<order_id>/files/<file_id>/removal")
@signed_in
@once
def remove_file(actor: Actor, order_id: str, file_id: str, once: RequestKey) -> Any:
    read_form(Nothing)
    with acting(actor, order_id, once) as act:
        order_files.remove(act.session, act.order, file_id, by=actor, now=act.now)
    return to_order(order_id, "files")


@bp.post("/orders/<order_id>/files/<file_id>/explanation")
@signed_in
@once
def explain_file(actor: Actor, order_id: str, file_id: str, once: RequestKey) -> Any:
    form = read_form(ExplainForm)
    with acting(actor, order_id, once) as act:
        order_files.explain(act.session, act.order, file_id, form.explanation, by=actor)
    return to_order(order_id, "files")


@bp.post("/orders/<order_id>/files/<file_id>/fault")
@signed_in
@once
def fault_file(actor: Actor, order_id: str, file_id: str, once: RequestKey) -> Any:
    form = read_form(FaultForm)
    with acting(actor, order_id, once) as act:
        order_files.fault(act.session, act.order, file_id, form.fault, by=actor)
    return to_order(order_id, "files")


def _may_read(session: Session, actor: Actor, file: FileView, wish: Wish) -> bool:
    is_purged = file.purged_at is not None
    return order_files.can_read(session, as_party(actor), file.id, want=Want(wish.value), is_purged=is_purged)


READERS[PURPOSE] = _may_read
