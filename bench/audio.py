"""Audio analysis beside ffmpeg's loudness filter on the same file, many stems at once, and a long file's memory."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from headroom.audio.child import inspect_limited
from headroom.audio.facts import Inspection, Want

Out = Callable[[dict[str, Any]], None]

_STEM_SECONDS, _STEM_RATE = 240, 48_000
_LONG_SECONDS, _LONG_RATE = 3600, 96_000
_STEMS = 40
_ROUNDS = 3


def run(out: Out) -> None:
    """Print the figures of the audio room; everything is written to and removed from a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        stem = Path(folder) / "stem.wav"
        _write_wav(stem, seconds=_STEM_SECONDS, rate=_STEM_RATE)
        _against_ffmpeg(stem, out)
        _many_stems(stem, out)
        long_take = Path(folder) / "long.wav"
        _write_wav(long_take, seconds=_LONG_SECONDS, rate=_LONG_RATE)
        _memory_of_a_long_file(long_take, out)


def _against_ffmpeg(stem: Path, out: Out) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(stem)]
    command += ["-filter:a", "ebur128=peak=true", "-f", "null", "-"]
    ours, theirs = [], []
    for _ in range(_ROUNDS):  # in turns, so that a busy moment of the machine hits both
        ours.append(_seconds(lambda: _inspected(stem)))
        if shutil.which("ffmpeg"):
            theirs.append(_seconds(lambda: subprocess.run(command, check=True, capture_output=True)))
    facts: dict[str, Any] = {"ours_s": round(min(ours), 3), "unit": "x", "goal": "<= 1"}
    if not theirs:
        out({"figure": "audio.time_over_ffmpeg_ebur128", "value": None, "met": None, "why": "no ffmpeg"} | facts)
        return
    ratio = min(ours) / min(theirs)
    facts["ffmpeg_s"] = round(min(theirs), 3)
    out({"figure": "audio.time_over_ffmpeg_ebur128", "value": round(ratio, 3), "met": ratio <= 1} | facts)


def _many_stems(stem: Path, out: Out) -> None:
    started = time.perf_counter()
    first: list[float] = []
    lock = threading.Lock()

    def check(_: int) -> None:
        _inspected(stem, lambda: first.append(time.perf_counter() - started))
        with lock:
            done.append(time.perf_counter() - started)

    done: list[float] = []
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(check, range(_STEMS)))
    took = max(done)
    figure = {"unit": "s", "stems": _STEMS, "children": 2, "cores": os.cpu_count()}
    out({"figure": "audio.forty_stems", "value": round(took, 2), "goal": "<= 60", "met": took <= 60} | figure)
    soonest = min(first)
    out({"figure": "audio.first_finding", "value": round(soonest, 2), "goal": "<= 5", "met": soonest <= 5} | figure)


def _memory_of_a_long_file(take: Path, out: Out) -> None:
    before = set(_children())
    highest = [0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.01):
            highest[0] = max([highest[0], *(_peak_memory(pid) for pid in _children() if pid not in before)])

    watcher = threading.Thread(target=watch)
    watcher.start()
    took = _seconds(lambda: _inspected(take))
    stop.set()
    watcher.join()
    megabytes = highest[0] / 1e6
    out(
        {
            "figure": "audio.child_memory_one_hour_96k",
            "value": round(megabytes, 1),
            "unit": "MB",
            "goal": "<= 150",
            "met": 0 < megabytes <= 150,
            "took_s": round(took, 2),
            "file_bytes": take.stat().st_size,
        }
    )


def _inspected(path: Path, on_header: Callable[[], None] = lambda: None) -> Inspection:
    found = inspect_limited(path, Want(), report=lambda _: on_header())
    if not isinstance(found, Inspection):
        raise RuntimeError(f"the analysis of {path.name} gave {found}")
    return found


def _children() -> Iterator[int]:
    """Process ids of our children."""
    for task in Path("/proc/self/task").iterdir():
        text = (task / "children").read_text() if (task / "children").exists() else ""
        yield from (int(pid) for pid in text.split())


def _peak_memory(pid: int) -> int:
    """Highest resident size so far, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _write_wav(path: Path, *, seconds: int, rate: int) -> None:
    """24-bit stereo that swells and falls, written piece by piece."""
    frames = seconds * rate
    head = struct.pack("<HHIIHH", 1, 2, rate, rate * 6, 6, 24)
    riff = b"RIFF" + struct.pack("<I", frames * 6 + 36) + b"WAVEfmt " + struct.pack("<I", 16) + head
    with path.open("wb") as file:
        file.write(riff + b"data" + struct.pack("<I", frames * 6))
        for piece in _pieces(seconds, rate):
            file.write(piece)


def _pieces(seconds: int, rate: int) -> Iterable[bytes]:
    random = np.random.default_rng(1)
    second = np.cumsum(random.standard_normal((rate, 2)), axis=0)
    second = second / np.abs(second).max() * 0.3 + random.standard_normal((rate, 2)) * 0.03
    for number in range(seconds):
        values = np.rint(second * (0.3 + 0.7 * np.sin(number / 7) ** 2) * 2**23).astype("<i4")
        yield values.reshape(-1, 1).view("u1").reshape(-1, 4)[:, :3].tobytes()
