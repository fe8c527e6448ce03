"""What can stop a verb of this room. Codes are put into words at the door."""

from __future__ import annotations

from headroom.errors import Conflict, Gone, Invalid, NotFound, OutsideDown


class FileNotFound(NotFound):
    code = "file_not_found"


class UploadNotFound(NotFound):
    code = "upload_not_found"


class LimitReached(Invalid):
    """values: limit, and the figure it allows."""

    code = "upload_limit"


class PartsInvalid(Invalid):
    """The asked parts are not parts of this file."""

    code = "parts_invalid"


class PartChanged(Conflict):
    """values: number. The file changed since this part was signed: start a new upload of it."""

    code = "part_changed"


class UploadOver(Conflict):
    """values: state. The upload was completed, aborted or ran out of time."""

    code = "upload_over"


class PartsMissing(Conflict):
    """values: numbers (the first hundred), count. The store does not hold all of the file yet."""

    code = "parts_missing"


class UploadSpoiled(Conflict):
    """The store holds something that was never signed; the upload was aborted, send the file anew."""

    code = "upload_spoiled"


class NotReady(Conflict):
    """values: state. The file cannot be read in this state."""

    code = "file_not_ready"


class FilePurged(Gone):
    """values: purged_at, reason."""

    code = "file_purged"


class NotGone(OutsideDown):
    """values: file_id, objects_left, disk_files_left. The store still holds bytes after a deletion; it is tried again."""

    code = "file_not_gone"

    def __init__(self, *, file_id: str, objects_left: int, disk_files_left: int | None) -> None:
        super().__init__(system="store", file_id=file_id, objects_left=objects_left, disk_files_left=disk_files_left)
