"""What the analysis child does to itself before it opens a file: limits, no network, no life after its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from typing import Any, Self

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


@dataclass(frozen=True)
class Limits:
    """Bounds of one analysis. The defaults suit the longest file that is accepted (4 hours)."""

    wall_s: float = 900.0
    cpu_s: int = 600
    memory_bytes: int = 1 << 30  # of address space, which counts mapped libraries too
    output_bytes: int = 1 << 30  # of each preview
    open_files: int = 64

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


def confine(limits: Limits, *, parent_pid: int) -> bool:
    """Apply all limits to this process; True when it has no network any more."""
    _die_with(parent_pid)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The soft limit sends SIGXCPU, whose exit status names the cause; the hard one kills.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits.open_files, limits.open_files))
    has_no_network = _leave_network()
    if sys.platform == "linux":  # elsewhere address space is not counted in a usable way
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    return has_no_network


def _die_with(parent_pid: int) -> None:
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit("the parent is gone")  # it died before the signal was arranged


def _leave_network() -> bool:
    """Move into an empty network namespace; needs root or unprivileged user namespaces."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    return bool(libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)
