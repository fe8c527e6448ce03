"""Bytes in, facts out: what a sound file is, how loud it is, how it looks, and how it is heard in a browser.

    facts.py      the values that leave this room, JSON-able: AudioFacts, Peaks, Inspection, Refused, AnalysisFailed
    walking.py    which container is this and what does it declare? Sizes are judged before anything is decoded
      riff.py aiff.py flac.py compressed.py mp4.py      one walker per family of containers
    decoding.py   blocks of float32 [channels, frames] from any accepted file, bounded memory
    measuring.py  one pass over the blocks: all figures of AudioFacts
      loudness.py true_peak.py waveform.py levels.py gaps.py      the meters it feeds
    previews.py   what a browser plays: full length, true loudness (resampling.py where MP3 lacks the rate)
    inspecting.py the verb: inspect_file(path, want=...)
    child.py      the same verb in a child process with limits: inspect_limited(path, ...)
    matching.py   PURE. fair gains for A/B and the offset between two recordings

Units: dBFS and dBTP are relative to a full-scale sine's peak (1.0), loudness is LUFS after ITU-R BS.1770-5,
positions are frames (one sample per channel) from the start of the audio, lengths in names carry their unit.
Silence has no level: such figures are None, never minus infinity, so that every fact is valid JSON.
"""
