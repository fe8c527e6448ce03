"""POST routes from the files to the approval, and the ways out before."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for

from blueprints.forms import once, read_form
from blueprints.mixing import bp
from blueprints.mixing.acting import acting, to_order
from blueprints.mixing.forms import CancelForm, DeliverForm, Nothing, ReturnFilesForm, RevisionForm, Seen, SubmitForm
from blueprints.signed_in import signed_in
from headroom.actors import Actor
from headroom.idempotency.keys import RequestKey
from headroom.mixing import keeping, orders


@bp.post("/orders/<order_id>/files-submission")
@signed_in
@once
def submit_files(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(SubmitForm)
    with acting(actor, order_id, once, version=form.version, typed=form.files_note) as act:
        orders.submit_files(act.session, act.order, note_to_engineer=form.files_note, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/intake-acceptance")
@signed_in
@once
def accept_files(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        orders.accept_files(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/intake-return")
@signed_in
@once
def request_files(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(ReturnFilesForm)
    with acting(actor, order_id, once, version=form.version, typed=form.return_note) as act:
        orders.request_files(act.session, act.order, reasons={}, words=form.return_note, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/job-refusal")
@signed_in
@once
def reject_job(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(CancelForm)
    with acting(actor, order_id, once, version=form.version, typed=form.cancel_reason) as act:
        orders.reject_job(act.session, act.order, reason=form.cancel_reason, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/cancellation")
@signed_in
@once
def cancel(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(CancelForm)
    with acting(actor, order_id, once, version=form.version, typed=form.cancel_reason) as act:
        orders.cancel(act.session, act.order, reason=form.cancel_reason, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/delivery")
@signed_in
@once
def deliver(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(DeliverForm)
    with acting(actor, order_id, once, version=form.version, typed=form.delivery_note) as act:
        orders.deliver(
            act.session,
            act.order,
            words=form.delivery_note,
            acknowledged=form.acknowledged,
            arrangement_changed=form.arrangement_changed,
            by=actor,
            now=act.now,
        )
    return to_order(order_id)


@bp.post("/orders/<order_id>/revision-request")
@signed_in
@once
def request_revision(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(RevisionForm)
    with acting(actor, order_id, once, version=form.version, typed=form.wishes) as act:
        orders.request_revision(
            act.session,
            act.order,
            wishes=form.wishes,
            comment_ids=form.comment_ids,
            is_defect=form.is_defect,
            by=actor,
            now=act.now,
        )
    return to_order(order_id)


@bp.post("/orders/<order_id>/revision-withdrawal")
@signed_in
@once
def withdraw_revision(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        orders.withdraw_revision(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/approval")
@signed_in
@once
def approve(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        orders.approve(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/review-extension")
@signed_in
@once
def extend_review(actor: Actor, order_id: str, once: RequestKey) -> Any:
    form = read_form(Seen)
    with acting(actor, order_id, once, version=form.version) as act:
        orders.extend_review(act.session, act.order, by=actor, now=act.now)
    return to_order(order_id)


@bp.post("/orders/<order_id>/longer-keeping")
@signed_in
@once
def keep_longer(actor: Actor, order_id: str, once: RequestKey) -> Any:
    """Thirty days more for every file of the order, once, by either side."""
    read_form(Nothing)
    with acting(actor, order_id, once) as act:
        keeping.keep_longer(act.session, act.order, by=actor, now=act.now)
    return redirect(url_for("mixing.deletions", order_id=order_id), 303)
