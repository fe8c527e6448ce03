"""Verbs: delete a file's bytes, prove that they are gone, leave a tombstone.

`read_order` (in a unit) says what to delete; `delete_from_store` (no transaction) deletes, then asks the
store, and the disk of an embedded one, whether anything is left; `finish` writes the tombstone, which is the
receipt for everybody who could see the file. Facts, waveform and hashes stay as the record of the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom import audit
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.files.errors import NotGone
from headroom.files.models import FilePreview, FilePurge, StoredFile
from headroom.files.states import Event, State
from headroom.files.uploads import move
from headroom.gateways import store_disk
from headroom.gateways.s3 import Store
from headroom.gateways.s3_errors import NoSuchUpload, StoreRefused

POLICY_VERSION = "1"  # of the retention rules, named in every receipt


@dataclass(frozen=True)
class Order:
    """What has to go: every key that ever held bytes of this file."""

    file_id: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """What was deleted and what was found afterwards; `disk_files_left` None where there is no disk to see."""

    objects_deleted: int
    versions_deleted: int
    objects_left: int
    disk_files_left: int | None


def read_order(session: Session, file_id: str) -> Order | None:
    """The order for a file in `purging`; None if it is not (any more)."""
    file = session.get(StoredFile, file_id)
    if file is None or file.state != State.PURGING:
        return None
    previews = session.scalars(select(FilePreview.object_key).where(FilePreview.file_id == file_id))
    return Order(file_id, (file.object_key, *previews))


def delete_from_store(store: Store, order: Order, *, embedded_data: Path | None) -> Proof:
    """Delete every key with all its versions and open uploads, then prove it. Raises NotGone, StoreDown."""
    deleted = versions = 0
    for key in order.keys:
        deleted += store.exists(key)
        store.delete(key)
        versions += _delete_versions(store, key)
        _abort_open_uploads(store, key)
    left = sum(_left_in_store(store, key) for key in order.keys)
    on_disk = None if embedded_data is None else store_disk.files_of(embedded_data, order.keys)
    if left or on_disk:
        raise NotGone(file_id=order.file_id, objects_left=left, disk_files_left=on_disk)
    return Proof(deleted, versions, left, on_disk)


def finish(session: Session, order: Order, proof: Proof, *, by: Actor, now: datetime) -> FilePurge | None:
    """Write the tombstone; None if another worker has written it."""
    file = session.scalars(
        select(StoredFile)
        .where(StoredFile.id == order.file_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if file.state != State.PURGING:
        return None
    move(session, file.id, Event.PROVE_GONE, now=now)
    tombstone = FilePurge(
        file_id=file.id,
        scope_kind=file.scope_kind,
        scope_id=file.scope_id,
        purpose=file.purpose,
        sha256=file.sha256,
        byte_size=file.byte_size,
        reason=file.purge_reason or "unscheduled",
        policy_version=POLICY_VERSION,
        actor=by.label,
        at=now,
        objects_deleted=proof.objects_deleted,
        versions_deleted=proof.versions_deleted,
        objects_left=proof.objects_left,
        disk_files_left=proof.disk_files_left,
    )
    session.add(tombstone)
    session.flush()
    audit.record(
        session,
        Action.FILE_PURGED,
        by=by,
        object_kind="stored_file",
        object_ref=file.id,
        subject_id=file.owner_id,
        now=now,
        reason=tombstone.reason,
        payload={"sha256": file.sha256, "byte_size": file.byte_size, "objects_left": proof.objects_left},
    )
    return tombstone


def receipt_of(session: Session, file_id: str) -> FilePurge | None:
    """The deletion receipt of one file; None while it is there."""
    return session.get(FilePurge, file_id)


def _delete_versions(store: Store, key: str) -> int:
    """Versions of a bucket that keeps them; a store without versions has nothing to delete."""
    try:
        return store.delete_versions(key)
    except StoreRefused:
        return 0


def _abort_open_uploads(store: Store, key: str) -> None:
    for left in store.open_uploads(key):
        if left.key == key:
            try:
                store.abort_upload(key, left.upload_id)
            except NoSuchUpload:
                continue


def _left_in_store(store: Store, key: str) -> int:
    """How many things the store still shows under a key: asked by HEAD, by listing, by open uploads."""
    listed = sum(1 for each in store.objects(key) if each.key == key)
    uploads = sum(1 for each in store.open_uploads(key) if each.key == key)
    return max(listed, int(store.exists(key))) + uploads
