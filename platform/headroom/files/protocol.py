"""PURE. The upload protocol's arithmetic: how a file is cut, what it may weigh, whether all of it arrived."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30
SINGLE_PUT_MAX_BYTES = 16 * MIB  # up to here one request is cheaper than opening an upload in parts
PART_MIN_BYTES = 16 * MIB
PARTS_AIM = 9_000  # S3 allows 10,000 parts
SIGNED_AT_ONCE = 20  # parts in one request for addresses
PART_TTL_S = 3600
GRANT_TTL_S = 600


@dataclass(frozen=True)
class Limits:
    """What one scope may hold."""

    files: int = 300
    file_bytes: int = 4 * GIB
    scope_bytes: int = 50 * GIB


@dataclass(frozen=True)
class Cut:
    """How a file is cut: `parts` parts of `part_bytes`, the last one with what is left."""

    size_bytes: int
    part_bytes: int
    parts: int

    def size_of(self, number: int) -> int:
        """Bytes of part `number` (from 1); ValueError outside the file."""
        if not 1 <= number <= self.parts:
            raise ValueError(f"part {number} of {self.parts}")
        return min(self.part_bytes, self.size_bytes - (number - 1) * self.part_bytes)


def cut(size_bytes: int) -> Cut:
    """Cut a file of `size_bytes` (≥ 1)."""
    if size_bytes < 1:
        raise ValueError("an empty file has no parts")
    if size_bytes <= SINGLE_PUT_MAX_BYTES:
        return Cut(size_bytes, size_bytes, 1)
    part_bytes = max(PART_MIN_BYTES, _up_to_mib(-(-size_bytes // PARTS_AIM)))
    return Cut(size_bytes, part_bytes, -(-size_bytes // part_bytes))


def _up_to_mib(size_bytes: int) -> int:
    return -(-size_bytes // MIB) * MIB


@dataclass(frozen=True)
class Part:
    """A part as it was signed or as the store has it; `sha256` (raw) None where a store keeps none.

    `md5` (raw) only while it is signed, for a store that compares nothing better on arrival.
    """

    number: int
    size_bytes: int
    sha256: bytes | None
    md5: bytes | None = None


def wrong_parts(signed: Sequence[Part], stored: Mapping[int, Part], of: Cut) -> list[int]:
    """Numbers of the parts that are missing, short, or not the bytes that were signed, in order."""
    by_number = {part.number: part for part in signed}
    return [
        number
        for number in range(1, of.parts + 1)
        if not _arrived(by_number.get(number), stored.get(number), of.size_of(number))
    ]


def surplus_parts(stored: Mapping[int, Part], of: Cut) -> list[int]:
    """Numbers of stored parts that the file does not have.

    Completing without them would leave their bytes in some stores where no request finds them again.
    """
    return sorted(number for number in stored if not 1 <= number <= of.parts)


def _arrived(signed: Part | None, stored: Part | None, size_bytes: int) -> bool:
    if signed is None or stored is None or stored.size_bytes != size_bytes:
        return False
    return stored.sha256 is None or stored.sha256 == signed.sha256


def composite_checksum(digests: Sequence[bytes]) -> str:
    """S3's composite SHA-256 of an object made of parts: base64(SHA-256(all digests))-count."""
    joined = hashlib.sha256(b"".join(digests)).digest()
    return f"{base64.b64encode(joined).decode('ascii')}-{len(digests)}"


def refusal(limits: Limits, *, size_bytes: int, files_there: int, bytes_there: int) -> str | None:
    """The code of the limit that one more file of `size_bytes` would break, or None."""
    checks = (
        (size_bytes < 1, "empty_file"),
        (size_bytes > limits.file_bytes, "file_too_big"),
        (files_there + 1 > limits.files, "too_many_files"),
        (bytes_there + size_bytes > limits.scope_bytes, "too_many_bytes"),
    )
    return next((code for broken, code in checks if broken), None)
