"""Jobs of stored files: finish what a door began, check bytes, make previews, delete with proof, sweep.

| job              | when             | what                                                                     |
|------------------|------------------|--------------------------------------------------------------------------|
| files.retention  | every 10 s       | begins to expire, abandons idle uploads, begins purges, tells of dates   |
| files.sweep      | hourly           | store against rows, both ways; uploads nobody ends                       |
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from headroom import clock, failpoints, jobs
from headroom.audio import child
from headroom.audio.facts import AnalysisFailed, Inspection, PreviewFormat, Refused, Want
from headroom.db import reading, unit
from headroom.errors import Busy
from headroom.files import assembling, checking, purge, retention, sweep, uploads
from headroom.files.assembling import Claim
from headroom.files.checking import Check
from headroom.files.models import FileUpload, StoredFile
from headroom.files.protocol import Part
from headroom.files.retention import Decision, NoticeDue
from headroom.gateways import s3
from headroom.gateways.s3 import ListedObject
from headroom.gateways.s3_errors import NoSuchUpload
from headroom.settings import read_settings
from worker import reactions
from worker.app import TIMER, WORKER, periodic, task

log = logging.getLogger(__name__)

DISK_RESERVE_BYTES = 1 << 30  # left free beside what is being checked
PREVIEWS = (PreviewFormat.MP3,)  # plays in every browser
WAITS_LESS = frozenset({"stem"})  # previews of what is heard one by one, after all else


@task("files.finish_upload")
def finish_upload(upload_id: str) -> None:
    """Take up a completion whose door died between asking the store and writing down its answer."""
    with unit(WORKER) as session:
        upload = session.scalars(
            select(FileUpload).where(FileUpload.id == upload_id).with_for_update(of=FileUpload)
        ).one()
        if upload.state != "completing":
            return
        signed = tuple(uploads.signed_parts(session, upload))
    claim = Claim(upload, uploads.cut_of(upload), signed, is_done=False)
    outcome = assembling.assemble(s3.current(), claim)
    with unit(WORKER) as session:
        assembling.settle(session, claim, outcome, now=clock.now())


@task("files.clear_upload")
def clear_upload(upload_id: str) -> None:
    """Remove what an aborted upload left in the store."""
    with reading() as session:
        upload = session.get_one(FileUpload, upload_id)
    if upload.state == "aborted":
        uploads.clear_from_store(s3.current(), upload)


@task("files.check")
def check(file_id: str) -> None:
    """Read the file once: are these the announced bytes, and are they sound?"""
    with unit(WORKER) as session:
        claimed = checking.start(session, file_id, now=clock.now())
    if claimed is None:
        return
    failpoints.hit("files.check.claimed")
    with _copy_on_disk(claimed.key, claimed.size_bytes, parts=claimed.parts) as copy:
        if copy is None:
            _settle_check(claimed, checking.DAMAGED, sha256=None)
            return
        with copy.open("rb") as body:
            sha256 = hashlib.file_digest(body, "sha256").hexdigest()
        _settle_check(claimed, child.inspect_limited(copy, want=Want()), sha256=sha256)


@task("files.preview")
def preview(file_id: str) -> None:
    """Make what the page plays, and store it under its planned key."""
    with unit(WORKER) as session:
        plan = checking.plan_previews(session, file_id, PREVIEWS)
    if plan is None:
        return
    with _copy_on_disk(plan.key, plan.size_bytes) as copy, _scratch() as folder:
        assert copy is not None
        want = Want(loudness=False, true_peak=False, previews=tuple(plan.keys), preview_folder=folder)
        found = child.inspect_limited(copy, want=want)
        if not isinstance(found, Inspection):
            log.error("no preview of %s: %s", file_id, found.code)
            return
        for each, path in found.preview_paths.items():
            s3.current().put_file(plan.keys[each], path, content_type=each.media_type)
        sizes = {each: path.stat().st_size for each, path in found.preview_paths.items()}
    failpoints.hit("files.preview.stored")
    with unit(WORKER) as session:
        is_kept = checking.note_previews(session, plan, sizes, now=clock.now())
    if not is_kept:
        for key in plan.keys.values():
            s3.current().delete(key)


@task("files.purge")
def purge_file(file_id: str) -> None:
    """Delete, prove, write the tombstone, tell the room it belonged to."""
    with reading() as session:
        order = purge.read_order(session, file_id)
    if order is None:
        return
    embedded = read_settings().s3_embedded_data
    proof = purge.delete_from_store(s3.current(), order, embedded_data=Path(embedded) if embedded else None)
    failpoints.hit("files.purge.deleted")
    with unit(WORKER) as session:
        now = clock.now()
        tombstone = purge.finish(session, order, proof, by=WORKER, now=now)
        if tombstone is not None:
            react = reactions.FILE_PURGED_REACTIONS.get(tombstone.scope_kind)
            if react is not None:
                react(session, session.get_one(StoredFile, file_id), now=now)


@periodic("files.retention", cron="* * * * * */10")
def look_at_dates() -> None:
    """Do what is due, each file in a transaction of its own; one that fails keeps no other waiting."""
    now = clock.now()
    with reading() as session:
        decisions = retention.due(session, now=now)
        notices = retention.notices_due(session, now=now)
    for decision in decisions:
        with _going_on(decision), unit(TIMER) as session:
            retention.perform(session, decision, now=now)
    for notice in notices:
        with _going_on(notice), unit(TIMER) as session:
            react = reactions.FILE_EXPIRY_REACTIONS.get(notice.scope.kind)
            if react is not None and retention.mark_told(session, notice, now=now):
                react(session, notice, now=now)


@contextmanager
def _going_on(item: Decision | NoticeDue) -> Iterator[None]:
    """What one item raises is logged with the item; the next look tries it again."""
    try:
        yield
    except Exception:
        log.exception("%s failed", item)


@periodic("files.sweep", cron="23 * * * *")
def sweep_store() -> None:
    """Compare the whole store with the rows; see headroom/files/sweep.py for what is removed."""
    store = s3.current()
    seen = removed = strangers = missing = 0
    after_key = ""
    for page, is_last in _pages(store.objects()):
        up_to = None if is_last else page[-1].key
        with reading() as session:
            verdict = sweep.judge(session, page, after_key=after_key, up_to=up_to, wall_now=clock.wall_now())
        for key in verdict.remove:
            store.delete(key)
        gone = [key for key in verdict.missing if not store.exists(key)]
        with unit(TIMER) as session:
            missing += sweep.mark_missing(session, gone, now=clock.now())
        seen, removed, strangers = seen + len(page), removed + len(verdict.remove), strangers + verdict.strangers
        after_key = up_to or ""
    aborted = _abort_stale_uploads()
    with unit(TIMER) as session:
        sweep.record(
            session,
            now=clock.now(),
            seen=seen,
            removed=removed,
            strangers=strangers,
            aborted=aborted,
            missing=missing,
        )
    if missing:
        log.error("%s stored files have lost their bytes", missing)


def _abort_stale_uploads() -> int:
    store = s3.current()
    open_uploads = list(store.open_uploads())
    with reading() as session:
        stale = sweep.stale_uploads(session, open_uploads, wall_now=clock.wall_now())
    for each in stale:
        with suppress(NoSuchUpload):
            store.abort_upload(each.key, each.upload_id)
    return len(stale)


def _pages(objects: Iterable[ListedObject]) -> Iterator[tuple[list[ListedObject], bool]]:
    """The listing in pages, each with whether it is the last; an empty store has one empty page."""
    source = iter(objects)
    page = list(islice(source, sweep.PAGE))
    while True:
        following = list(islice(source, sweep.PAGE))
        yield page, not following
        if not following:
            return
        page = following


def _settle_check(claimed: Check, found: Inspection | Refused | AnalysisFailed | str, *, sha256: str | None) -> None:
    """Write down the outcome and tell the room the file belongs to, in one transaction."""
    with unit(WORKER) as session:
        now = clock.now()
        if isinstance(found, Inspection):
            file = checking.accept(session, claimed, sha256=found.sha256, facts=found.facts, peaks=found.peaks, now=now)
            if file is not None:
                waits = claimed.purpose in WAITS_LESS
                jobs.enqueue(
                    session,
                    "files.preview",
                    lock=f"file:{file.id}",
                    priority=jobs.LOW if waits else jobs.NORMAL,
                    file_id=file.id,
                )
        elif isinstance(found, AnalysisFailed):
            file = checking.quarantine(session, claimed, sha256=sha256, reason=found, now=now)
        else:
            file = checking.reject(session, claimed, sha256=sha256, reason=found, now=now)
        react = reactions.FILE_REACTIONS.get(file.scope_kind) if file is not None else None
        if react is not None:
            react(session, file, now=now)


@contextmanager
def _copy_on_disk(key: str, size_bytes: int, *, parts: tuple[Part, ...] = ()) -> Iterator[Path | None]:
    """A copy of an object in a folder of its own, gone afterwards.

    None if the bytes are not those of `parts`. Busy while the disk has no room for it.
    """
    if shutil.disk_usage(tempfile.gettempdir()).free < size_bytes + DISK_RESERVE_BYTES:
        raise Busy(retry_after_s=60, what="disk")
    with _scratch() as folder:
        path = folder / "bytes"
        intact = _download(key, path, parts, size_bytes)
        yield path if intact else None


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="headroom-") as folder:
        yield Path(folder)


def _download(key: str, path: Path, parts: tuple[Part, ...], size_bytes: int) -> bool:
    """Write the object to `path`, hashing each announced part on the way; whether all are as announced."""
    pending = [(part.size_bytes, part.sha256) for part in parts]
    digest, left, written = hashlib.sha256(), pending[0][0] if pending else 0, 0
    with path.open("wb") as out:
        for chunk in s3.current().stream(key).chunks:
            out.write(chunk)
            written += len(chunk)
            view = memoryview(chunk)
            while pending and len(view):
                digest.update(view[:left])
                taken = min(left, len(view))
                view, left = view[taken:], left - taken
                if left == 0:
                    if digest.digest() != pending.pop(0)[1]:
                        return False
                    digest, left = hashlib.sha256(), pending[0][0] if pending else 0
    return written == size_bytes and not pending
