"""Doors of stored files: parts of an upload, downloads, previews, waveforms, deletion receipts.

Who may read a file is asked of the room its scope belongs to: READERS, one row per kind of scope. A file that
may not be read does not exist, for this person.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from pydantic import Field
from sqlalchemy.orm import Session

from blueprints import file_words
from blueprints.forms import Form, body_cap, read_json
from blueprints.signed_in import signed_in
from headroom import clock, failpoints
from headroom.actors import Actor
from headroom.db import reading, unit
from headroom.files import assembling, checking, grants, pages, purge, uploads
from headroom.files.capabilities import takes_conditional_put, wants_md5
from headroom.files.errors import FileNotFound, NotReady, PartsInvalid
from headroom.files.models import FileUpload, StoredFile
from headroom.files.pages import FileView, PreviewObject
from headroom.files.protocol import GRANT_TTL_S, PART_TTL_S, SIGNED_AT_ONCE, Part
from headroom.gateways import s3
from headroom.gateways.s3_errors import NoSuchObject, NoSuchUpload

bp = Blueprint("files", __name__)
file_words.say_all()

FINISHED_WITHIN = timedelta(seconds=60)  # then the worker looks whether a completion died half-way
PREVIEW_FORMATS = ("mp3", "ogg")
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Wish(StrEnum):
    """What is asked of a file: to hear it in the page, or its bytes."""

    HEAR = "hear"
    BYTES = "bytes"


# Kind of scope → whether a person may do this with a file of it now. The room that owns the scope fills its row.
Reader = Callable[[Session, Actor, FileView, Wish], bool]
READERS: dict[str, Reader] = {}


class PartAsked(Form):
    """One part whose address is asked for: its number from 1, its check sums in base64, its size in bytes."""

    n: int = Field(ge=1, le=10_000)
    sha256: str = Field(min_length=44, max_length=44)
    md5: str | None = Field(default=None, min_length=24, max_length=24)
    size: int = Field(ge=1)


class PartsAsked(Form):
    parts: list[PartAsked] = Field(min_length=1, max_length=SIGNED_AT_ONCE)


class Nothing(Form):
    """The empty object, the body of a request that says everything by its address."""


@bp.get("/uploads/<upload_id>")
@signed_in
def upload(actor: Actor, upload_id: str) -> Response:
    """How far an upload is: its cut, the parts whose bytes the store holds, the check sums of further ones."""
    store = s3.current()
    with reading() as session:
        found = uploads.find(session, upload_id, by=actor)
        signed = uploads.signed_parts(session, found)
        sums = ["sha256", "md5"] if wants_md5(session, store.endpoint, store.bucket) else ["sha256"]
    is_open = found.state == "open"
    held = assembling.arrived(store, found, signed) if is_open and signed else []
    return jsonify(upload_json(found) | {"held": [_part_json(part) for part in held], "sums": sums})


@bp.post("/uploads/<upload_id>/parts")
@signed_in
@body_cap(16 * 1024)
def sign_parts(actor: Actor, upload_id: str) -> Response:
    """Addresses for up to twenty parts, each good for an hour and for exactly the announced bytes."""
    parts = [_part(asked) for asked in read_json(PartsAsked).parts]
    store = s3.current()
    with unit(actor) as session:
        found = uploads.find(session, upload_id, by=actor, lock=True)
        uploads.prepare_parts(session, found, parts, now=clock.now())
        once_only = takes_conditional_put(session, store.endpoint, store.bucket)
        if wants_md5(session, store.endpoint, store.bucket):
            _require_md5(parts)
    store_upload_id = _store_upload_id(actor, found) if found.in_parts else None
    signed = uploads.sign_parts(store, found, parts, store_upload_id=store_upload_id, only_if_absent=once_only)
    rows = [
        {"n": part.number, "url": each.url, "headers": each.headers} for part, each in zip(parts, signed, strict=True)
    ]
    return jsonify({"parts": rows, "expires_in_s": PART_TTL_S})


@bp.post("/uploads/<upload_id>/complete")
@signed_in
def complete(actor: Actor, upload_id: str) -> Response:
    """Join the parts. The store is asked what it holds; nothing the browser says about parts is trusted."""
    read_json(Nothing)
    with unit(actor) as session:
        found = uploads.find(session, upload_id, by=actor, lock=True)
        claim = assembling.claim(session, found, now=clock.now(), finish_at=clock.wall_now() + FINISHED_WITHIN)
    if not claim.is_done:
        failpoints.hit("files.complete.claimed")
        outcome = assembling.assemble(s3.current(), claim)
        failpoints.hit("files.complete.assembled")
        with unit(actor) as session:
            assembling.settle(session, claim, outcome, now=clock.now())
        assembling.raise_unless_assembled(outcome)
    with reading() as session:
        return jsonify(upload_json(uploads.find(session, upload_id, by=actor)))


@bp.delete("/uploads/<upload_id>")
@signed_in
def abort(actor: Actor, upload_id: str) -> Response:
    """Give up an upload; what arrived is removed from the store."""
    with unit(actor) as session:
        uploads.abort(session, uploads.find(session, upload_id, by=actor, lock=True), now=clock.now())
    return Response(status=204)


@bp.get("/files/<file_id>/download")
@signed_in
def download(actor: Actor, file_id: str) -> Response:
    """One grant, then the way to the store under the file's own name."""
    with unit(actor) as session:
        view = readable(session, actor, file_id, Wish.BYTES)
        granted = grants.grant(session, view.id, by=actor, now=clock.now())
    address = s3.current().sign_get(
        granted.key, name=granted.name, content_type=granted.content_type, ttl_s=GRANT_TTL_S
    )
    response = redirect(address, 302)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response  # type: ignore[return-value]


@bp.get("/files/<file_id>/preview")
@signed_in
def preview(actor: Actor, file_id: str) -> Response:
    """The playable rendering, from our own origin, in ranges. `?format=ogg` prefers that format."""
    wanted = request.args.get("format", "")
    accepted = (wanted, *PREVIEW_FORMATS) if wanted in PREVIEW_FORMATS else PREVIEW_FORMATS
    with reading() as session:
        view = readable(session, actor, file_id, Wish.HEAR)
        grants.require_readable(session, session.get_one(StoredFile, view.id))
        found = pages.preview_object(session, view.id, accepted)
    if found is None:
        raise NotReady(state=view.state)
    return _ranged(found)


@bp.get("/files/<file_id>/peaks")
@signed_in
def peaks(actor: Actor, file_id: str) -> Response:
    """The waveform: int8 pairs [bucket][channel][low, high] in base64. Stays when the file is purged."""
    with reading() as session:
        view = readable(session, actor, file_id, Wish.HEAR)
        found = checking.peaks_of(session, view.id)
    if found is None:
        raise NotReady(state=view.state)
    response = jsonify(found.to_json())
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@bp.get("/files/<file_id>/receipt")
@signed_in
def receipt(actor: Actor, file_id: str) -> str:
    """The deletion receipt, for everybody who could see the file."""
    with reading() as session:
        view = readable(session, actor, file_id, Wish.HEAR)
        tombstone = purge.receipt_of(session, view.id)
    return render_template("files/receipt.html", file=view, tombstone=tombstone)


def readable(session: Session, actor: Actor, file_id: str, wish: Wish) -> FileView:
    """The file, if this person may do this with it; FileNotFound otherwise."""
    view = pages.file_view(session, file_id)
    may_read = READERS.get(view.scope.kind)
    if may_read is None or not may_read(session, actor, view, wish):
        raise FileNotFound
    return view


def upload_json(found: FileUpload) -> dict[str, Any]:
    """What a sender needs to know of an upload. Also the answer of the doors that begin one."""
    return {
        "id": found.id,
        "file_id": found.file_id,
        "name": found.file.original_name,
        "size": found.file.byte_size,
        "part_size": found.part_bytes,
        "parts": found.parts,
        "state": found.state,
        "file_state": found.file.state,
    }


def _store_upload_id(actor: Actor, found: FileUpload) -> str:
    """Open the upload in the store at its first part: the intent is committed, the call has no transaction."""
    if found.store_upload_id is not None:
        return found.store_upload_id
    failpoints.hit("files.open.committed")
    opened = uploads.open_in_store(s3.current(), found)
    failpoints.hit("files.open.called")
    with unit(actor) as session:
        kept = uploads.remember_store_upload(session, found.id, opened)
    if kept != opened:
        with suppress(NoSuchUpload):  # a third request found the same one, and was faster
            s3.current().abort_upload(found.file.object_key, opened)
    return kept


def _part(asked: PartAsked) -> Part:
    try:
        digest = base64.b64decode(asked.sha256, validate=True)
        md5 = base64.b64decode(asked.md5, validate=True) if asked.md5 else None
    except binascii.Error:
        raise PartsInvalid({"parts": "part_sha256"}, number=asked.n) from None
    return Part(asked.n, asked.size, digest, md5)


def _require_md5(parts: list[Part]) -> None:
    """An address without it would take any bytes of the right size."""
    for part in parts:
        if part.md5 is None:
            raise PartsInvalid({"parts": "part_md5"}, number=part.number)


def _part_json(part: Part) -> dict[str, Any]:
    digest = base64.b64encode(part.sha256 or b"").decode("ascii")
    return {"n": part.number, "sha256": digest, "size": part.size_bytes}


@dataclass(frozen=True)
class _Span:
    first: int
    last: int


def _ranged(found: PreviewObject) -> Response:
    """200 with everything, 206 with one range, 416 for a range outside. Never more than one range."""
    etag = f'"{found.key.rpartition("/")[2]}"'  # a key is used once, so it names its bytes
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, max-age=3600"}
    if request.headers.get("If-None-Match") == etag:
        return Response(status=304, headers=headers)
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) != etag:
        asked = ""
    span = _span(asked, found.size_bytes)
    if span is None:
        headers["Content-Range"] = f"bytes */{found.size_bytes}"
        return Response(status=416, headers=headers)
    is_part = bool(_RANGE.fullmatch(asked)) and asked != "bytes=-"
    if is_part:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{found.size_bytes}"
    headers["Content-Length"] = str(span.last - span.first + 1)
    if request.method == "HEAD":
        return Response(status=206 if is_part else 200, headers=headers, content_type=found.content_type)
    try:
        stream = s3.current().stream(found.key, first=span.first, last=span.last)
    except NoSuchObject:
        raise FileNotFound from None
    return Response(
        stream.chunks,
        status=206 if is_part else 200,
        headers=headers,
        content_type=found.content_type,
        direct_passthrough=True,
    )


def _span(asked: str, size_bytes: int) -> _Span | None:
    """The bytes to send: all of them for no or an unreadable range, None for one outside the object."""
    match = _RANGE.fullmatch(asked)
    if match is None or match.groups() == ("", ""):
        return _Span(0, size_bytes - 1)
    first, last = match.groups()
    if first == "":
        length = min(int(last), size_bytes)
        return _Span(size_bytes - length, size_bytes - 1) if length else None
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    return _Span(int(first), end) if int(first) <= end else None
