"""The inspection in a process of its own, so that a hostile file can at worst end that process.

The parent sends one JSON line (path, want, limits) and reads JSON lines: progress, then one outcome.
The child gets a clean environment, so no secret is within its reach.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from headroom.audio.confinement import Limits, confine
from headroom.audio.facts import AnalysisFailed, Failure, Inspection, Progress, Refused, Want

Outcome = Inspection | Refused | AnalysisFailed

_log = logging.getLogger(__name__)
_DEFAULT_LIMITS = Limits()
_EVERYTHING = Want()
_ANSWER_BYTES_MAX = 16 << 20  # peaks of 64 channels take under 1 MB
_LAST_WORDS_BYTES = 4096
_LAST_WORDS_S = 5.0  # between closing its pipe and ending
# How Python, OpenBLAS and the dynamic loader say it, where it does not arrive as a MemoryError of ours.
_OUT_OF_MEMORY = (b"MemoryError", b"Memory allocation", b"annot allocate memory")
_SOURCE_ROOT = Path(__file__).resolve().parents[2]


class _Nonsense(Exception):
    """The child said something that no inspection says."""


def inspect_limited(
    path: Path,
    want: Want = _EVERYTHING,
    limits: Limits = _DEFAULT_LIMITS,
    *,
    report: Callable[[Progress], None] | None = None,
) -> Outcome:
    """`inspect_file` under limits. Refused is final for these bytes; AnalysisFailed says nothing certain.

    Blocks the calling thread, at most `limits.wall_s`; `report` is called from it. Several calls in
    several threads run side by side.
    """
    order = {"path": str(path.resolve()), "want": want.to_json(), "limits": limits.to_json(), "parent": os.getpid()}
    command = [sys.executable, "-m", "headroom.audio.child"]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=_clean_environment(),
            start_new_session=True,
        ) as process,
    ):
        try:
            outcome = _converse(process, json.dumps(order), limits, report)
            return outcome or _failure_of(process.wait(_LAST_WORDS_S), complaints, limits)
        except (TimeoutError, subprocess.TimeoutExpired):
            return AnalysisFailed(Failure.TIMEOUT, {"limit_s": limits.wall_s})
        finally:
            _end(process)


def _converse(
    process: subprocess.Popen[bytes], order: str, limits: Limits, report: Callable[[Progress], None] | None
) -> Outcome | None:
    """The child's outcome; None when it ended without one. TimeoutError when it takes too long."""
    assert process.stdin is not None
    assert process.stdout is not None
    ends_at = time.monotonic() + limits.wall_s
    try:
        process.stdin.write(order.encode() + b"\n")
        process.stdin.close()
        for line in _lines(process.stdout, ends_at):
            heard = _understood(line, limits)
            if isinstance(heard, Progress) and report:
                report(heard)
            if isinstance(heard, Inspection | Refused | AnalysisFailed):
                return heard
    except BrokenPipeError:
        return None
    except _Nonsense:
        return AnalysisFailed(Failure.CRASH, {"exit_code": 0})
    return None


def _understood(line: bytes, limits: Limits) -> Progress | Outcome | None:
    """What a line says. The child may have been taken over by a file, so anything may stand there."""
    try:
        message = json.loads(line)
        if message.get("network") == "shared":
            _log.warning("audio analysis keeps its network: neither root nor user namespaces are permitted")
        if "progress" in message:
            return Progress.from_json(message["progress"])
        return _outcome(message, limits)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Nonsense from error


def _outcome(message: dict[str, Any], limits: Limits) -> Outcome | None:
    if "inspection" in message:
        return Inspection.from_json(message["inspection"])
    if "refused" in message:
        return Refused.from_json(message["refused"])
    if message.get("failed") == Failure.MEMORY.value:
        return AnalysisFailed(Failure.MEMORY, {"limit_bytes": limits.memory_bytes})
    if message.get("failed") == Failure.OUTPUT_SIZE.value:
        return AnalysisFailed(Failure.OUTPUT_SIZE, {"limit_bytes": limits.output_bytes})
    return None


def _lines(pipe: IO[bytes], ends_at: float) -> Iterator[bytes]:
    """Whole lines as they come; TimeoutError at the end of the time, _Nonsense when there are too many bytes."""
    waiting, total = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            left_s = ends_at - time.monotonic()
            if left_s <= 0 or not selector.select(left_s):
                raise TimeoutError
            data = os.read(pipe.fileno(), 1 << 16)
            if not data:
                return
            total += len(data)
            if total > _ANSWER_BYTES_MAX:
                raise _Nonsense
            *whole, waiting = (waiting + data).split(b"\n")
            yield from whole


def _failure_of(exit_code: int, complaints: IO[bytes], limits: Limits) -> AnalysisFailed:
    """Why a child ended without an outcome, from its exit status and its last words."""
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
    last_words = complaints.read(_LAST_WORDS_BYTES)
    if exit_code == -signal.SIGXCPU:
        return AnalysisFailed(Failure.CPU_TIME, {"limit_s": limits.cpu_s})
    # SIGKILL comes from the kernel when the whole machine is short of memory.
    if exit_code == -signal.SIGKILL or any(sign in last_words for sign in _OUT_OF_MEMORY):
        return AnalysisFailed(Failure.MEMORY, {"limit_bytes": limits.memory_bytes})
    _log.error("audio analysis ended with %s: %s", exit_code, last_words.decode("utf-8", "replace"))
    return AnalysisFailed(Failure.CRASH, {"exit_code": exit_code})


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the child and what it started (ffmpeg), which share a session; the child alone may have ended."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _clean_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(_SOURCE_ROOT),
        "PYTHONDONTWRITEBYTECODE": os.environ.get("PYTHONDONTWRITEBYTECODE", ""),
        "OPENBLAS_NUM_THREADS": "1",  # one core per child, and no 30 MB of buffers for each further thread
        "OMP_NUM_THREADS": "1",
        "LC_ALL": "C.UTF-8",
    }


def main() -> None:
    """The child's side."""
    order = json.loads(sys.stdin.readline())
    want = Want.from_json(order["want"])
    has_no_network = confine(Limits.from_json(order["limits"]), parent_pid=order["parent"])
    _say({"network": "none" if has_no_network else "shared"})
    try:
        # numpy is loaded under the limits, and only here: the parent may never need it.
        from headroom.audio.inspecting import inspect_file

        outcome = inspect_file(
            Path(order["path"]), want=want, report=lambda progress: _say({"progress": progress.to_json()})
        )
    except MemoryError:
        _say({"failed": Failure.MEMORY.value})
        return
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        _say({"failed": Failure.OUTPUT_SIZE.value})
        return
    kind = "refused" if isinstance(outcome, Refused) else "inspection"
    _say({kind: outcome.to_json()})


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, allow_nan=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
