"""The report of a played order: what an outsider can check, as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rehearsal.telling import StepTime


@dataclass(frozen=True)
class FileLine:
    """One file: the SHA-256 of what left the sender, and of what came back (None when it was never fetched)."""

    name: str
    role: str
    bytes: int
    sha256_sent: str
    sha256_received: str | None


@dataclass(frozen=True)
class PaymentLine:
    amount_minor: int
    currency: str
    provider_ref: str


@dataclass(frozen=True)
class LegLine:
    payee: str
    amount_minor: int
    transfer_ref: str | None


@dataclass(frozen=True)
class LedgerLine:
    account: str
    currency: str
    amount_minor: int


@dataclass(frozen=True)
class PurgedLine:
    """One deleted file; what the store lists of it, and what lies on its disk (None where no disk can be seen)."""

    file_id: str
    sha256: str
    at: str
    objects_left: int
    disk_files_left: int | None


@dataclass
class Report:
    """`first_answer_seconds` is measured by whoever started the site."""

    first_answer_seconds: float
    steps: list[StepTime] = field(default_factory=list)
    files: list[FileLine] = field(default_factory=list)
    payment: PaymentLine | None = None
    legs: list[LegLine] = field(default_factory=list)
    ledger: list[LedgerLine] = field(default_factory=list)
    purged: list[PurgedLine] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """The report as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def problems(self) -> list[str]:
        """What an order that ended well never shows."""
        found = [f"{each.name} came back changed" for each in self.files if _is_changed(each)]
        sums: dict[str, int] = {}
        for line in self.ledger:
            sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
        found += [f"the ledger is off by {total} in {currency}" for currency, total in sums.items() if total]
        found += [f"{each.file_id} is not gone" for each in self.purged if each.objects_left or each.disk_files_left]
        found += [f"nothing was sent to {each.payee}" for each in self.legs if each.transfer_ref is None]
        return found


def _is_changed(line: FileLine) -> bool:
    return line.sha256_received is not None and line.sha256_received != line.sha256_sent
