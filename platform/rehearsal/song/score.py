"""PURE. The arrangement: who plays what when, in bars and swung sixteenths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

BEATS_PER_MINUTE = 96
STEPS = 16  # a bar of four beats
SWING = 0.56  # where the second sixteenth of a pair lies; 0.5 is straight
BAR_S = 4 * 60 / BEATS_PER_MINUTE
TAIL_S = 5.0  # for what still rings


class Section(StrEnum):
    INTRO = "intro"
    VERSE = "verse"
    CHORUS = "chorus"
    BREAK = "break"
    OUTRO = "outro"


SECTIONS = (
    (Section.INTRO, 4),
    (Section.VERSE, 12),
    (Section.CHORUS, 8),
    (Section.BREAK, 4),
    (Section.VERSE, 8),
    (Section.CHORUS, 8),
    (Section.OUTRO, 4),
)
BARS = sum(bars for _, bars in SECTIONS)
LENGTH_S = BARS * BAR_S + TAIL_S


@dataclass(frozen=True)
class Chord:
    """`bass` and `notes` are MIDI numbers; `guitar` transposes the guitar's recorded chord on E, in semitones."""

    bass: int
    notes: tuple[int, ...]
    guitar: int


E_MINOR_9 = Chord(28, (52, 55, 59, 62, 66), 0)
A_MINOR_9 = Chord(33, (52, 55, 57, 60, 59), 5)
B_MINOR_9 = Chord(35, (50, 54, 57, 61, 59), -5)
C_MAJOR_7 = Chord(36, (52, 55, 59, 60, 64), -4)
D_MAJOR_6 = Chord(38, (50, 54, 57, 59, 64), -2)

_CYCLES = {
    Section.INTRO: (E_MINOR_9, E_MINOR_9, A_MINOR_9, B_MINOR_9),
    Section.VERSE: (E_MINOR_9, E_MINOR_9, A_MINOR_9, B_MINOR_9),
    Section.CHORUS: (C_MAJOR_7, D_MAJOR_6, E_MINOR_9, E_MINOR_9),
    Section.BREAK: (A_MINOR_9, A_MINOR_9, E_MINOR_9, B_MINOR_9),
    Section.OUTRO: (E_MINOR_9, A_MINOR_9, E_MINOR_9, E_MINOR_9),
}

# One character per sixteenth: a digit is how hard (9 is full), a dot is a rest.
PATTERNS: dict[str, dict[Section, tuple[str, ...]]] = {
    "kick": {
        Section.VERSE: ("9.....7...8.....", "9.....7..68....."),
        Section.CHORUS: ("9...8...9...8..5", "9...8...9..58..."),
        Section.OUTRO: ("8.......7.......", "8..............."),
    },
    "snare": {
        Section.VERSE: ("....8..2.2..8...", "....8..2....8.32"),
        Section.CHORUS: ("....9..2.2..9...", "....9..2.2..9.43"),
    },
    "snap": {Section.CHORUS: ("....8.......8...",), Section.BREAK: ("............6...",)},
    "hat": {
        Section.INTRO: ("5...4...5...4...",),
        Section.VERSE: ("6.3.5.36.3.5.3.4", "6.3.5.36.3.5.33."),
        Section.CHORUS: ("7353635373536353",),
        Section.OUTRO: ("4...3...4...3...",),
    },
    "open_hat": {
        Section.VERSE: ("................",) * 3 + ("..............5.",),
        Section.CHORUS: ("..6...6...6...6.",),
    },
    "pedal": {Section.BREAK: ("....4.......4...",)},
    "triangle": {Section.CHORUS: ("4.23..4.23..4.2.",), Section.INTRO: ("..............3.",)},
    "ghe": {
        Section.INTRO: ("8.....5...7.....",),
        Section.VERSE: ("................", "........5.....4."),
        Section.BREAK: ("9..5..7...8..6..",),
    },
    "na": {
        Section.INTRO: ("....6..4....6...",),
        Section.CHORUS: ("..4...4..4....4.",),
        Section.BREAK: ("..6..4..6.4..6..",),
    },
    "te": {Section.INTRO: ("..3...3.......34",), Section.BREAK: (".3.3...3.3.3..34",)},
    "ke": {
        Section.INTRO: ("......2.2.......",),
        Section.VERSE: ("..3...3...3..33.",),
        Section.BREAK: ("...2..2....2..2.",),
    },
    "bass": {
        Section.VERSE: ("9..5..7...6...4.", "9..5..7...6..45."),
        Section.CHORUS: ("9.7.6.7.9.7.6.77",),
        Section.BREAK: ("9...............",),
        Section.OUTRO: ("8...............",),
    },
    "keys": {
        Section.VERSE: ("......6....5....", "......6....5..4."),
        Section.CHORUS: ("7..6..6.7..6....",),
        Section.BREAK: ("6...............",),
        Section.OUTRO: ("6...............",),
    },
    "guitar": {
        Section.INTRO: ("8...............",),
        Section.VERSE: ("7.........5.....",),
        Section.OUTRO: ("7...............",),
    },
    "fifths": {Section.CHORUS: ("8...............",)},
    "harmonics": {Section.BREAK: ("7...............", "........6.......")},
}


@dataclass(frozen=True)
class Hit:
    at_s: float
    strength: float  # 0 to 1
    chord: Chord
    section: Section
    bar: int


@dataclass(frozen=True)
class Note:
    at_s: float
    length_s: float
    midi: int
    vowel: float  # 0 is "oo", 1 is "ah"


# The melody: bar within the section's eight bars, sixteenth, length in sixteenths, MIDI note, vowel.
_VERSE_LINE = (
    (0, 4, 4, 64, 0.2), (0, 8, 3, 67, 0.5), (0, 11, 5, 66, 0.4), (1, 2, 6, 64, 0.1), (1, 10, 4, 62, 0.3),
    (2, 0, 8, 64, 0.6), (2, 10, 3, 67, 0.7), (2, 13, 3, 69, 0.8), (3, 0, 10, 66, 0.3),
    (4, 4, 4, 64, 0.2), (4, 8, 3, 67, 0.5), (4, 11, 5, 71, 0.9), (5, 2, 8, 69, 0.4),
    (6, 0, 4, 67, 0.6), (6, 4, 4, 64, 0.3), (6, 8, 6, 60, 0.2), (7, 0, 12, 61, 0.1),
)  # fmt: skip
_CHORUS_LINE = (
    (0, 0, 6, 71, 1.0), (0, 6, 4, 67, 0.8), (0, 10, 6, 69, 0.9), (1, 0, 6, 69, 0.9), (1, 6, 8, 66, 0.6),
    (2, 0, 6, 67, 1.0), (2, 6, 4, 71, 1.0), (2, 10, 6, 74, 1.0), (3, 0, 12, 71, 0.7),
    (4, 0, 6, 76, 1.0), (4, 6, 4, 74, 0.9), (4, 10, 6, 71, 0.9), (5, 0, 6, 69, 0.8), (5, 6, 8, 66, 0.6),
    (6, 0, 6, 67, 0.8), (6, 6, 6, 66, 0.6), (6, 12, 4, 62, 0.4), (7, 0, 14, 64, 0.2),
)  # fmt: skip
_BREAK_LINE = ((0, 4, 12, 64, 0.0), (1, 4, 12, 60, 0.0), (2, 4, 8, 67, 0.1), (2, 12, 4, 66, 0.1), (3, 0, 14, 61, 0.0))
_LINES = {Section.VERSE: _VERSE_LINE, Section.CHORUS: _CHORUS_LINE, Section.BREAK: _BREAK_LINE}


def bars() -> Iterator[tuple[int, int, Section, Chord]]:
    """Every bar: its number in the song, its number in the section, the section, the chord."""
    number = 0
    for section, count in SECTIONS:
        cycle = _CYCLES[section]
        for within in range(count):
            yield number, within, section, cycle[within % len(cycle)]
            number += 1


def hits(part: str) -> Iterator[Hit]:
    """Every stroke of a part, in order."""
    for bar, within, section, chord in bars():
        lines = PATTERNS[part].get(section)
        if lines is None:
            continue
        for step, mark in enumerate(lines[within % len(lines)]):
            if mark != ".":
                yield Hit(step_s(bar, step), int(mark) / 9, chord, section, bar)


def melody() -> Iterator[Note]:
    """The lead's notes; it waits for the first four bars of the first verse and hums the break."""
    for bar, within, section, _ in bars():
        if bar < 8:
            continue
        phrase_bar = (within - 4 if bar < 16 else within) % 8
        for at, step, length, midi, vowel in _LINES.get(section, ()):
            if at == phrase_bar:
                start = step_s(bar, step)
                yield Note(start, step_s(bar, step + length) - start, midi, vowel)


def section_starts() -> Iterator[tuple[float, Section]]:
    """When each section begins, in seconds."""
    number = 0
    for section, count in SECTIONS:
        yield step_s(number, 0), section
        number += count


def step_s(bar: int, step: int) -> float:
    """The time of a sixteenth, swung."""
    pair, second = divmod(step, 2)
    return bar * BAR_S + (pair + (SWING if second else 0.0)) * BAR_S / 8
