"""The song of the demo: stems and a rough mix as a musician sends them, and the mixes that answer.

    score.py      PURE. tempo, swing, sections, patterns and chords: who plays what when
    recordings.py the CC0 recordings in samples/ (see samples/NOTICE), at any pitch
    voices.py     what is synthesized: electric piano, pad, hummed lead
    stems.py      one instrument after the other, rendered to 48 kHz / 24-bit stereo WAV
    desk.py       the engineer's tools: equalizer, compressor, reverb, limiter
    mixing.py     the rough mix, and versions 1 and 2 of the finished one
    meter.py      loudness and true peak, for the engineer's eyes
    wav.py        24-bit WAV in and out

Everything is deterministic: a run gives the same bytes each time on one machine.
Two minutes and five seconds, E minor, 96 beats a minute, 16ths swung by 56 %.
"""

from __future__ import annotations

from rehearsal.song.mixing import mix, write_rough
from rehearsal.song.stems import StemFile, write_stems

__all__ = ["StemFile", "mix", "write_rough", "write_stems"]
