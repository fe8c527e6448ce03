"""Files on their way into an order, sent as the page sends them; what was sent is remembered for later proof."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from rehearsal.browsing import Browser, Refused, wait_for
from rehearsal.store_proof import key_of
from rehearsal.uploading import Sender, Sent, Stopped, announcement, put_part

Put: TypeAlias = Callable[[str, Mapping[str, str], memoryview], int]
CHECKED_WITHIN_S = 120
LOOK_EVERY_S = 0.25


@dataclass
class Courier:
    """Sends files of one order from one browser. `keys` are the store's names of what was sent, by file id."""

    browser: Browser
    order_id: str
    bucket: str
    sent: dict[str, Sent] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def announce(self, path: Path, *, role: str, deliverable: str | None = None) -> Mapping[str, object]:
        """Begins an upload, or finds the open one of the same file. Raises Refused."""
        about = {"role": role} if deliverable is None else {"role": role, "deliverable": deliverable}
        status, answer = self.browser.send("POST", f"/orders/{self.order_id}/uploads", announcement(path) | about)
        if status >= 400:
            raise Refused(status, f"/orders/{self.order_id}/uploads", str(answer))
        found: Mapping[str, object] = answer
        return found

    def send(self, path: Path, *, role: str, deliverable: str | None = None) -> Sent:
        """Sends a file whole, several parts at a time."""
        upload = self.announce(path, role=role, deliverable=deliverable)
        sender = Sender(self.browser, put=self._noting(upload))
        return self._keep(sender.send_upload(path, upload))

    def send_with_a_cut(self, path: Path, *, role: str) -> tuple[Sent, Sent | None]:
        """Sends a file, loses the line after its first part, and resumes. The second is None when nothing was cut.

        Returns what the resumed run sent, with the parts that the first run had brought.
        """
        upload = self.announce(path, role=role)
        line = Line(self._noting(upload), parts=1)
        first = Sender(self.browser, in_flight=1, put=line.put, stop=line.cut)
        try:
            return self._keep(first.send_upload(path, upload)), None
        except Stopped:
            again = self.announce(path, role=role)
            resumed = Sender(self.browser, put=self._noting(again)).send_upload(path, again)
            return self._keep(resumed), resumed

    def await_checks(self) -> list[str]:
        """Waits until the machine has heard every file; the states they ended in, in the order of sending."""
        return [self._checked(each.upload_id) for each in self.sent.values()]

    def _checked(self, upload_id: str) -> str:
        def look() -> str:
            _, answer = self.browser.get(f"/uploads/{upload_id}")
            state = str(answer.get("file_state", ""))
            return state if state in {"ready", "rejected", "quarantined"} else ""

        found: str = wait_for(look, within_s=CHECKED_WITHIN_S, every_s=LOOK_EVERY_S, what=f"the check of {upload_id}")
        return found

    def _keep(self, sent: Sent) -> Sent:
        self.sent[sent.file_id] = sent
        return sent

    def _noting(self, upload: Mapping[str, object]) -> Put:
        def put(url: str, headers: Mapping[str, str], body: memoryview) -> int:
            self.keys[str(upload["file_id"])] = key_of(url, self.bucket)
            return put_part(url, headers, body)

        return put


class Line:
    """A line to the store that breaks after some parts have arrived."""

    def __init__(self, put: Put, *, parts: int) -> None:
        self._put = put
        self._left = parts
        self.cut = threading.Event()

    def put(self, url: str, headers: Mapping[str, str], body: memoryview) -> int:
        """Sends a part and breaks when it was the last one that may arrive."""
        status = self._put(url, headers, body)
        self._left -= 1
        if self._left <= 0:
            self.cut.set()
        return status
