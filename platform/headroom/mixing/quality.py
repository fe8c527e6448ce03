"""PURE. Measured facts → findings: what was measured, in which unit, against which threshold.

A finding is blocking or advice. A client's files are stopped by nothing but being unreadable; all else is
advice that the client fixes or explains and the engineer accepts or returns. A delivery is stopped where it
breaks a promise of the order. No number is ever called "quality".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from headroom.audio.facts import AudioFacts

LENGTH_TOLERANCE_MS = 10  # consolidated stems start and end together
CORRELATION_FLOOR = -0.3
DC_LIMIT = 0.001  # -60 dBFS of full scale
LIMITED_ROUGH_PLR_LU = 7.0
MASTER_CEILING_DBTP = -1.0
MIX_CEILING_DBTP = -3.0
LOUDNESS_TOLERANCE_LU = 1.0
EDGE_SILENCE_S = 1.0
BALANCE_LIMIT_DB = 1.5
ARRANGEMENT_TOLERANCE_S = 2.0
ARRANGEMENT_TOLERANCE = 0.01  # of the reference's length


class Severity(StrEnum):
    BLOCKING = "blocking"
    ADVICE = "advice"


class Code(StrEnum):
    """What was found. Put into words at the door."""

    UNREADABLE = "unreadable"
    NOT_CHECKED = "not_checked"
    LOSSY = "lossy"
    NONFINITE = "nonfinite"
    MIXED_RATES = "mixed_rates"
    LENGTH_DIFFERS = "length_differs"
    DUPLICATE = "duplicate"
    SILENT = "silent"
    CLIPPED = "clipped"
    IDENTICAL_CHANNELS = "identical_channels"
    OUT_OF_PHASE = "out_of_phase"
    DC_OFFSET = "dc_offset"
    SHALLOW = "shallow"
    PADDED = "padded"
    LIMITED_ROUGH = "limited_rough"
    WRONG_RATE = "wrong_rate"
    WRONG_DEPTH = "wrong_depth"
    WRONG_LENGTH = "wrong_length"
    SAME_AS_BEFORE = "same_as_before"
    MISSING = "missing"
    TRUE_PEAK = "true_peak"
    LOUDNESS = "loudness"
    EDGE_SILENCE = "edge_silence"
    DROPOUT = "dropout"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Finding:
    code: Code
    severity: Severity
    value: float | int | str | None = None
    unit: str = ""
    threshold: float | int | str | None = None
    file_id: str | None = None  # None: about the set as a whole

    @property
    def is_blocking(self) -> bool:
        return self.severity is Severity.BLOCKING


@dataclass(frozen=True, slots=True)
class Checked:
    """One file with what the machine knows of it. `facts` is None when it could not be read."""

    file_id: str
    name: str
    sha256: str | None
    facts: AudioFacts | None
    refusal: str | None = None  # the refusal's code when the file cannot be read
    deliverable: str | None = None


def first_to_play(deliverables: Sequence[str | None]) -> int | None:
    """Which of a version's files plays first: the master, else the mix, else whatever there is."""
    for code in ("master", "mix"):
        if code in deliverables:
            return deliverables.index(code)
    return 0 if deliverables else None


@dataclass(frozen=True, slots=True)
class Promise:
    """What the order's frozen terms say about a delivery. None: nothing was said."""

    deliverables: tuple[str, ...]
    sample_rate_hz: int | None = None
    bit_depth: int | None = None
    loudness_lufs: float | None = None
    reference_length_s: float | None = None  # of the rough mix or the longest stem
    arrangement_changed: bool = False


def intake(stems: Sequence[Checked], *, rough: AudioFacts | None = None) -> tuple[Finding, ...]:
    """Findings on a client's stems. Only unreadable files block.

    The start of each stem is its BWF time stamp where all stems carry one, else the file's first frame.
    """
    found = [one for stem in stems for one in _of_stem(stem)]
    found += _of_set(stems)
    plr = rough.peak_to_loudness_lu if rough is not None else None
    if plr is not None and plr < LIMITED_ROUGH_PLR_LU:
        found.append(_advice(Code.LIMITED_ROUGH, round(plr, 1), "LU", LIMITED_ROUGH_PLR_LU))
    return tuple(found)


def _of_stem(stem: Checked) -> list[Finding]:
    facts = stem.facts
    if facts is None:
        code = Code.UNREADABLE if stem.refusal else Code.NOT_CHECKED
        return [Finding(code, Severity.BLOCKING, stem.refusal, "", None, stem.file_id)]
    found = _of_sound(facts, stem.file_id)
    if not facts.is_lossless:
        found.append(_advice(Code.LOSSY, facts.codec.value, "", "lossless", stem.file_id))
    if facts.is_lossless and facts.bit_depth is not None and facts.bit_depth < 24:
        found.append(_advice(Code.SHALLOW, facts.bit_depth, "bit", 24, stem.file_id))
    bits = facts.significant_bits
    if facts.bit_depth and facts.bit_depth >= 24 and bits is not None and 0 < bits <= 16:
        found.append(_advice(Code.PADDED, bits, "bit", facts.bit_depth, stem.file_id))
    return found


def _of_sound(facts: AudioFacts, file_id: str) -> list[Finding]:
    """What is odd in the sound itself, in a stem or a mix alike."""
    dc = max((abs(mean) for mean in facts.dc_offset), default=0.0)
    rows: tuple[tuple[bool, Code, float | int | None, str, float | int], ...] = (
        (facts.nonfinite_samples > 0, Code.NONFINITE, facts.nonfinite_samples, "samples", 0),
        (facts.silence.is_total, Code.SILENT, -72, "dBFS", -72),
        (facts.clip_runs > 0, Code.CLIPPED, facts.clip_runs, "runs", 0),
        (facts.identical_channels and not facts.silence.is_total, Code.IDENTICAL_CHANNELS, None, "", 0),
        (
            facts.correlation is not None and facts.correlation < CORRELATION_FLOOR,
            Code.OUT_OF_PHASE,
            _rounded(facts.correlation, 2),
            "",
            CORRELATION_FLOOR,
        ),
        (dc > DC_LIMIT, Code.DC_OFFSET, _rounded(dc * 100, 2), "%", DC_LIMIT * 100),
        (facts.silence.dropout_count > 0, Code.DROPOUT, facts.silence.dropout_count, "gaps", 0),
    )
    return [_advice(code, value, unit, limit, file_id) for hit, code, value, unit, limit in rows if hit]


def _of_set(stems: Sequence[Checked]) -> list[Finding]:
    known = [(stem, stem.facts) for stem in stems if stem.facts is not None]
    found: list[Finding] = []
    rates = Counter(facts.sample_rate_hz for _, facts in known)
    if len(rates) > 1:
        usual = rates.most_common(1)[0][0]
        found += [
            _advice(Code.MIXED_RATES, facts.sample_rate_hz, "Hz", usual, stem.file_id)
            for stem, facts in known
            if facts.sample_rate_hz != usual
        ]
    found += _lengths(known)
    first_with: dict[str, str] = {}
    for stem, _ in known:
        if stem.sha256 and stem.sha256 in first_with:
            found.append(_advice(Code.DUPLICATE, first_with[stem.sha256], "", None, stem.file_id))
        elif stem.sha256:
            first_with[stem.sha256] = stem.name
    return found


def _lengths(known: Sequence[tuple[Checked, AudioFacts]]) -> list[Finding]:
    stamped = all(facts.bext_time_reference is not None for _, facts in known)
    if len(known) < 2 or (stamped and len({facts.bext_time_reference for _, facts in known}) > 1):
        return []  # time stamps place each file, so lengths may differ
    usual_ms = Counter(_length_ms(facts) for _, facts in known).most_common(1)[0][0]
    return [
        _advice(Code.LENGTH_DIFFERS, _length_ms(facts) - usual_ms, "ms", LENGTH_TOLERANCE_MS, stem.file_id)
        for stem, facts in known
        if abs(_length_ms(facts) - usual_ms) > LENGTH_TOLERANCE_MS
    ]


def _length_ms(facts: AudioFacts) -> int:
    return round(facts.frames * 1000 / facts.sample_rate_hz)


def delivery(files: Sequence[Checked], promise: Promise, *, earlier_sha256: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Findings on an engineer's delivery; blocking where it breaks a promise of the order."""
    known = frozenset(earlier_sha256)
    present = {one.deliverable for one in files}
    found = [
        Finding(Code.MISSING, Severity.BLOCKING, code, "", code) for code in promise.deliverables if code not in present
    ]
    hashes = [one.sha256 for one in files]
    if hashes and all(sha256 in known for sha256 in hashes):
        found.append(Finding(Code.SAME_AS_BEFORE, Severity.BLOCKING))
    for one in files:
        found += _of_delivered(one, promise)
    return tuple(found)


def _of_delivered(one: Checked, promise: Promise) -> list[Finding]:
    facts = one.facts
    if facts is None:
        code = Code.UNREADABLE if one.refusal else Code.NOT_CHECKED
        return [Finding(code, Severity.BLOCKING, one.refusal, "", None, one.file_id)]
    found = _broken_promises(facts, promise, one)
    found += _of_sound(facts, one.file_id)
    ceiling = MASTER_CEILING_DBTP if one.deliverable == "master" else MIX_CEILING_DBTP
    if one.deliverable in _FULL_MIXES and (peak := facts.true_peak_dbtp) is not None and peak > ceiling:
        found.append(_advice(Code.TRUE_PEAK, round(peak, 1), "dBTP", ceiling, one.file_id))
    found += _loudness(facts, promise, one)
    edge_s = max(facts.silence.head_s, facts.silence.tail_s)
    if one.deliverable in _FULL_MIXES and edge_s > EDGE_SILENCE_S and not facts.silence.is_total:
        found.append(_advice(Code.EDGE_SILENCE, round(edge_s, 1), "s", EDGE_SILENCE_S, one.file_id))
    balance = facts.channel_balance_db
    if one.deliverable in _FULL_MIXES and balance is not None and abs(balance) > BALANCE_LIMIT_DB:
        found.append(_advice(Code.BALANCE, round(balance, 1), "dB", BALANCE_LIMIT_DB, one.file_id))
    return found


_FULL_MIXES = frozenset({"mix", "master"})


def _loudness(facts: AudioFacts, promise: Promise, one: Checked) -> list[Finding]:
    wanted, measured = promise.loudness_lufs, facts.integrated_lufs
    if wanted is None or measured is None or one.deliverable != "master":
        return []
    if abs(measured - wanted) <= LOUDNESS_TOLERANCE_LU:
        return []
    return [_advice(Code.LOUDNESS, round(measured, 1), "LUFS", wanted, one.file_id)]


def _broken_promises(facts: AudioFacts, promise: Promise, one: Checked) -> list[Finding]:
    found: list[Finding] = []
    if promise.sample_rate_hz and facts.sample_rate_hz != promise.sample_rate_hz:
        found.append(_block(Code.WRONG_RATE, facts.sample_rate_hz, "Hz", promise.sample_rate_hz, one.file_id))
    if not facts.is_lossless:
        found.append(_block(Code.LOSSY, facts.codec.value, "", "lossless", one.file_id))
    elif promise.bit_depth and facts.bit_depth is not None and facts.bit_depth < promise.bit_depth:
        found.append(_block(Code.WRONG_DEPTH, facts.bit_depth, "bit", promise.bit_depth, one.file_id))
    length_s = promise.reference_length_s
    if length_s and not promise.arrangement_changed and one.deliverable != "stems":
        tolerance_s = max(ARRANGEMENT_TOLERANCE_S, length_s * ARRANGEMENT_TOLERANCE)
        if abs(facts.duration_s - length_s) > tolerance_s:
            value = round(facts.duration_s - length_s, 1)
            found.append(_block(Code.WRONG_LENGTH, value, "s", round(tolerance_s, 1), one.file_id))
    return found


def blocking(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.is_blocking)


def by_file(findings: Iterable[Finding]) -> Mapping[str | None, tuple[Finding, ...]]:
    """Findings grouped by the file they are about; None holds those about the set."""
    groups: dict[str | None, list[Finding]] = {}
    for one in findings:
        groups.setdefault(one.file_id, []).append(one)
    return {file_id: tuple(rows) for file_id, rows in groups.items()}


Value = float | int | str | None


def _advice(code: Code, value: Value, unit: str, limit: Value, file_id: str | None = None) -> Finding:
    return Finding(code, Severity.ADVICE, value, unit, limit, file_id)


def _block(code: Code, value: Value, unit: str, limit: Value, file_id: str) -> Finding:
    return Finding(code, Severity.BLOCKING, value, unit, limit, file_id)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
