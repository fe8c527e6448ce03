"""Where the music of one version lies in the next: measured once at delivery, used for comments and comparison.

Measured from the stored waveforms of what plays first, so that nothing is decoded: an envelope of at most 4,000
buckets, 60 ms each for a song of four minutes. An offset is good to half a bucket; one below that counts as none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from headroom.audio.alignment import Alignment, carry_time_s, sure_offset_s
from headroom.files.checking import peaks_of
from headroom.mixing import order_files
from headroom.mixing.access import FileRole
from headroom.mixing.models import Delivery, Order
from headroom.mixing.quality import Checked, first_to_play


@dataclass(frozen=True, slots=True)
class Carried:
    """A comment's place on a later version. `is_outside`: its music is not there, the place is the nearest edge."""

    start_ms: int
    end_ms: int | None
    is_outside: bool


def place(session: Session, order: Order, delivery: Delivery, files: Sequence[Checked]) -> None:
    """Write into a new delivery how much later its music starts than in what was heard before it.

    Before the first version that is the rough mix. `offset_ms` stays empty where there is no such recording, where
    the engineer says that the arrangement changed, or where the two are too different to be sure.
    """
    if delivery.arrangement_changed:
        return
    earlier = _heard_before(session, order, delivery.number)
    index = first_to_play([one.deliverable for one in files])
    measured = _measured(session, earlier, files[index].file_id) if earlier and index is not None else None
    offset_s = sure_offset_s(measured)
    delivery.offset_ms = None if offset_s is None else round(offset_s * 1000)
    delivery.offset_confidence = measured.confidence if measured else None
    session.flush()


def shift_ms(offsets: Mapping[int, int | None], *, since: int, to: int) -> int | None:
    """How much later version `to` starts than version `since` (0: the rough mix), given each one's own offset.

    None as soon as one between is not aligned: the chain is broken there.
    """
    steps = [offsets.get(number) for number in range(since + 1, to + 1)]
    sure = [step for step in steps if step is not None]
    return sum(sure) if len(sure) == len(steps) else None


def carried(start_ms: int, end_ms: int | None, *, shift: int, length_ms: int) -> Carried:
    """A point or range of an earlier version on one that starts `shift` ms later, cut to its length."""
    last_ms = start_ms if end_ms is None else end_ms
    start, end = (_carried_ms(at_ms, shift, length_ms) for at_ms in (start_ms, last_ms))
    is_outside = last_ms + shift < 0 or start_ms + shift > length_ms
    return Carried(start, end if end > start else None, is_outside)


def _carried_ms(at_ms: int, shift: int, length_ms: int) -> int:
    return round(carry_time_s(at_ms / 1000, offset_s=shift / 1000, duration_s=length_ms / 1000) * 1000)


def _heard_before(session: Session, order: Order, number: int) -> str | None:
    """The file that played first before version `number`: of the version before, or the rough mix."""
    if number == 1:
        return next((one.file_id for one in order_files.checked(session, order, FileRole.ROUGH)), None)
    manifest = session.scalar(
        select(Delivery.manifest).where(Delivery.order_id == order.id, Delivery.number == number - 1)
    )
    index = first_to_play([entry["deliverable"] for entry in manifest or []])
    return None if manifest is None or index is None else str(manifest[index]["file_id"])


def _measured(session: Session, earlier_id: str, later_id: str) -> Alignment | None:
    # Here and not above: a web process that never takes a delivery need not hold numpy.
    from headroom.audio.matching import align_peaks

    earlier, later = peaks_of(session, earlier_id), peaks_of(session, later_id)
    return align_peaks(earlier, later) if earlier and later else None
