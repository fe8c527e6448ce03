"""What an object store may answer instead of yes, as typed errors.

StoreDown          no answer, a slow answer, or 5xx: try again later (503 at the door)
StoreRefused       the store said no for a reason that is ours to mend (keys, policy, clock)
NoSuchObject       the key holds nothing
NoSuchUpload       the upload in parts is unknown, aborted or completed
AlreadyThere       a conditional put found the key taken
PartsRefused       the parts named at completion are not those the store holds
RangeUnmet         the asked bytes lie outside the object
WrongBytes         the bytes do not have the checksum that was signed
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from headroom.errors import DomainError, OutsideDown

SERVER_ERROR = 500


class StoreDown(OutsideDown):
    code = "store_down"

    def __init__(self, *, reason: str) -> None:
        super().__init__(system="store", reason=reason)


class StoreRefused(OutsideDown):
    code = "store_refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(system="store", reason=reason)


class NoSuchObject(DomainError):
    code = "no_such_object"


class NoSuchUpload(DomainError):
    code = "no_such_upload"


class AlreadyThere(DomainError):
    code = "object_already_there"


class PartsRefused(DomainError):
    code = "parts_refused"


class RangeUnmet(DomainError):
    code = "range_unmet"


class WrongBytes(DomainError):
    code = "wrong_bytes"


_BY_CODE: dict[str, type[DomainError]] = {
    "NoSuchKey": NoSuchObject,
    "404": NoSuchObject,  # HEAD has no body and therefore no code
    "NoSuchUpload": NoSuchUpload,
    "PreconditionFailed": AlreadyThere,
    "ConditionalRequestConflict": AlreadyThere,
    "InvalidPart": PartsRefused,
    "InvalidPartOrder": PartsRefused,
    "EntityTooSmall": PartsRefused,
    "InvalidRange": RangeUnmet,
    "BadDigest": WrongBytes,
    "XAmzContentSHA256Mismatch": WrongBytes,
    "XAmzContentChecksumMismatch": WrongBytes,
    "SlowDown": StoreDown,
    "RequestTimeout": StoreDown,
}


@contextmanager
def answered(key: str) -> Iterator[None]:
    """Turn what boto3 raises inside the block into the errors above; `key` says what it was about."""
    try:
        yield
    except ClientError as error:
        raise _typed(error, key) from error
    except (HTTPClientError, BotoCoreError, OSError) as error:
        raise StoreDown(reason=type(error).__name__) from error


def _typed(error: ClientError, key: str) -> DomainError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _BY_CODE:
        return _BY_CODE[code](key=key)
    if status >= SERVER_ERROR:
        return StoreDown(reason=code or str(status))
    return StoreRefused(reason=code or str(status))
