"""`storage-doctor [--apply]`: prove the configured store, keep what it can do, refuse an open one in production.

Exit code 0: fit for use. 1: in production, something that must not be so. 2: the store cannot be used at all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headroom import audit, clock, db
from headroom.actors import Actor
from headroom.audit.actions import Action
from headroom.errors import OutsideDown
from headroom.files import capabilities
from headroom.files.models import StoreCapability
from headroom.gateways import s3, s3_probe
from headroom.gateways.s3_probe import Seen
from headroom.settings import Settings, read_settings

MAX_SKEW_S = 300  # signatures are refused by most stores at 900


def main(arguments: list[str]) -> int:
    """Look at the store that this environment names."""
    return run(read_settings(), arguments)


def run(settings: Settings, arguments: Sequence[str]) -> int:
    """Probe, print one line a finding, store the findings."""
    store = s3.connect(settings)
    try:
        if "--apply" in arguments:
            for name, taken in s3_probe.apply(store, origin=settings.base_url).items():
                print(f"{name:<22} {'set' if taken else 'not taken by this store'}")
        seen = s3_probe.probe(store, origin=settings.base_url)
    except OutsideDown as down:
        print(f"The store at {store.endpoint} cannot be used: {down}", file=sys.stderr)
        return 2
    _keep(settings, store, seen)
    for name, value in lines(seen):
        print(f"{name:<22} {value}")
    reasons = dangers(seen)
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1 if reasons and settings.is_production else 0


def dangers(seen: Seen) -> list[str]:
    """Why a production site must not use this store, one sentence each."""
    checks = (
        (not seen.anonymous_refused, "The bucket is open: objects or its listing can be read without a signature."),
        (not seen.expired_refused, "The store accepts addresses whose time is over."),
        (not seen.tampered_refused, "The store accepts addresses with a wrong signature."),
        (abs(seen.clock_skew_s) > MAX_SKEW_S, f"The store's clock is {seen.clock_skew_s} s away from ours."),
        (not seen.list_parts, "The store does not list parts, so uploads could not be proved or resumed."),
        (seen.versioning == "enabled", "The bucket keeps versions: deleted files would stay behind as versions."),
        (not seen.cors_ours, "The store does not let pages of this site send files; run storage doctor --apply."),
        (not seen.cors_closed, "The store lets pages of any site send files; run storage doctor --apply."),
    )
    return [sentence for is_wrong, sentence in checks if is_wrong]


def lines(seen: Seen) -> list[tuple[str, str]]:
    """The findings as a person reads them."""
    return [
        ("wrong bytes", f"stopped by {seen.checksum_mode}, and again by the worker"),
        ("put only if absent", _yes(seen.conditional_put)),
        ("versioning", seen.versioning),
        ("lifecycle rules", _yes(seen.lifecycle)),
        ("our pages may send", _yes(seen.cors_ours)),
        ("other pages may not", _yes(seen.cors_closed)),
        ("clock", f"{seen.clock_skew_s:+d} s"),
        ("anonymous refused", _yes(seen.anonymous_refused)),
        ("expired refused", _yes(seen.expired_refused)),
        ("tampered refused", _yes(seen.tampered_refused)),
        ("parts are listed", _yes(seen.list_parts)),
        ("uploads are listed", _yes(seen.list_uploads)),
    ]


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _keep(settings: Settings, store: s3.Store, seen: Seen) -> None:
    database = db.connect(settings, pool_size=1)
    doctor = Actor.system("storage-doctor")
    now = clock.wall_now()
    with db.unit(doctor) as session:
        capabilities.remember(
            session,
            StoreCapability(
                endpoint=store.endpoint,
                bucket=store.bucket,
                probed_at=now,
                checksum_mode=seen.checksum_mode,
                conditional_put=seen.conditional_put,
                versioning=seen.versioning,
                lifecycle=seen.lifecycle,
                cors_ours=seen.cors_ours,
                cors_closed=seen.cors_closed,
                clock_skew_s=seen.clock_skew_s,
                anonymous_refused=seen.anonymous_refused,
                expired_refused=seen.expired_refused,
                tampered_refused=seen.tampered_refused,
                list_parts=seen.list_parts,
                list_uploads=seen.list_uploads,
            ),
        )
        audit.record(session, Action.STORE_PROBED, by=doctor, object_kind="store", object_ref=store.bucket, now=now)
    database.engine.dispose()
