"""Three ways to hear the stems: the musician's rough mix, the engineer's first version, and the one that answers.

Version 2 answers two comments on version 1: at 0:45 "the voice drowns in the chorus, please louder from here on",
and over the whole song "a little less low end".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rehearsal.song.desk import (
    Band,
    Shape,
    compressed,
    equalized,
    faded_in_gain,
    limited,
    panned,
    peak_line,
    reverberated,
    turned,
)
from rehearsal.song.meter import loudness_lufs
from rehearsal.song.stems import FRAMES, stem_path
from rehearsal.song.wav import RATE, read_wav, write_wav

Float32 = NDArray[np.float32]

CEILING_DBTP = -1.0
_CEILING_AIMED_DBTP = -1.1  # the gain's own movement adds a hair between the samples
LEAD_COMMENT_S = 45.0
_TRIM_ROUNDS = 1  # the limiter takes a few hundredths of a LU


@dataclass(frozen=True)
class Strip:
    """One channel of the desk."""

    gain_db: float
    pan: float = 0.0
    bands: tuple[Band, ...] = ()
    squeeze_db: float = 0.0  # how far below its own loudness the compressor sets in; 0 is off
    room_db: float | None = None  # what goes to the room; None is nothing


@dataclass(frozen=True)
class Plan:
    strips: dict[str, Strip]
    bus: tuple[Band, ...]
    lead_from_45_s_db: float
    target_lufs: float


def _high_pass(frequency_hz: float) -> Band:
    return Band(Shape.HIGH_PASS, frequency_hz)


_FIRST = Plan(
    strips={
        "kick": Strip(-7.5, bands=(_high_pass(32), Band(Shape.BELL, 320, -4.0, 1.0), Band(Shape.BELL, 3500, 3.0, 1.0))),
        "snare": Strip(-5.0, bands=(_high_pass(110), Band(Shape.BELL, 200, 1.5, 1.0)), room_db=-14),
        "hats": Strip(-1.5, 0.1, (_high_pass(320), Band(Shape.HIGH_SHELF, 9000, 2.0)), room_db=-22),
        "percussion": Strip(0.5, -0.15, (_high_pass(120),), room_db=-12),
        "bass": Strip(-3.0, bands=(_high_pass(34), Band(Shape.BELL, 220, -2.5, 0.9)), squeeze_db=3.0),
        "guitar": Strip(-6.0, -0.35, (_high_pass(110), Band(Shape.BELL, 420, -2.0, 0.9)), room_db=-15),
        "keys": Strip(1.5, 0.25, (_high_pass(140), Band(Shape.HIGH_SHELF, 5000, 1.5)), room_db=-14),
        "pad": Strip(-3.0, 0.0, (_high_pass(180), Band(Shape.BELL, 500, -2.0, 0.7)), room_db=-12),
        "lead": Strip(-5.5, 0.0, (_high_pass(130), Band(Shape.BELL, 2800, 2.0, 0.9)), squeeze_db=2.0, room_db=-9),
    },
    bus=(_high_pass(25), Band(Shape.LOW_SHELF, 90, 1.5), Band(Shape.HIGH_SHELF, 10000, 1.5)),
    lead_from_45_s_db=0.0,
    target_lufs=-13.4,
)
_SECOND = replace(
    _FIRST,
    bus=(_high_pass(30), Band(Shape.LOW_SHELF, 110, -1.5), Band(Shape.HIGH_SHELF, 10000, 1.5)),
    lead_from_45_s_db=3.5,
    target_lufs=-14.3,
)
PLANS = {1: _FIRST, 2: _SECOND}

# As musicians send it: drums and guitar up front, the voice lost, everything nearly as hot as it goes.
_ROUGH_DB = {
    "kick": 0.0,
    "snare": 1.0,
    "hats": 5.0,
    "percussion": 2.0,
    "bass": 1.5,
    "guitar": 2.0,
    "keys": -1.0,
    "pad": -4.0,
    "lead": -11.0,
}
_ROUGH_PEAK = 0.98


def mix(folder: Path, version: int) -> Path:
    """Mix the stems in `folder` (write_stems) into `Mix v<version>.wav` beside them; version is 1 or 2."""
    plan = PLANS[version]
    bus, room = np.zeros((2, FRAMES), np.float32), np.zeros((2, FRAMES), np.float32)
    for instrument, strip in plan.strips.items():
        sound = _through(strip, read_wav(stem_path(folder, instrument)))
        if instrument == "lead" and plan.lead_from_45_s_db:
            sound = faded_in_gain(sound, from_s=LEAD_COMMENT_S, gain_db=plan.lead_from_45_s_db)
        bus += sound
        if strip.room_db is not None:
            room += turned(sound, strip.room_db)
    bus += reverberated(equalized(room, (_high_pass(220),)), seconds=1.7, brightness_hz=5200, seed=1)
    del room
    path = folder / f"Mix v{version}.wav"
    write_wav(path, _finished(bus, plan))
    return path


def write_rough(folder: Path) -> Path:
    """The musician's own balance of the stems in `folder`, as `Rough mix.wav` beside them."""
    bus = np.zeros((2, FRAMES), np.float32)
    for instrument, gain_db in _ROUGH_DB.items():
        bus += turned(read_wav(stem_path(folder, instrument)), gain_db)
    bus *= np.float32(_ROUGH_PEAK / float(np.abs(bus).max()))
    path = folder / "Rough mix.wav"
    write_wav(path, bus)
    return path


def _through(strip: Strip, sound: Float32) -> Float32:
    shaped = equalized(sound, strip.bands)
    if strip.squeeze_db:
        threshold_db = loudness_lufs(shaped) - strip.squeeze_db
        shaped = compressed(shaped, threshold_db=threshold_db, ratio=3.0, attack_s=0.012, release_s=0.15)
    return turned(panned(shaped, strip.pan), strip.gain_db)


def _finished(bus: Float32, plan: Plan) -> Float32:
    """Glue, tone, loudness and ceiling."""
    shaped = equalized(bus, plan.bus)
    shaped = turned(shaped, plan.target_lufs - loudness_lufs(shaped))
    shaped = compressed(shaped, threshold_db=plan.target_lufs - 2, ratio=2.0, attack_s=0.03, release_s=0.25)
    shaped[:, -RATE:] *= np.linspace(1, 0, RATE, dtype=np.float32)
    peaks = peak_line(shaped)
    drive_db = plan.target_lufs - loudness_lufs(shaped)
    for _ in range(_TRIM_ROUNDS):
        finished = limited(shaped, ceiling_dbtp=_CEILING_AIMED_DBTP, drive_db=drive_db, peaks=peaks)
        drive_db += plan.target_lufs - loudness_lufs(finished)
    return limited(shaped, ceiling_dbtp=_CEILING_AIMED_DBTP, drive_db=drive_db, peaks=peaks)
