"""What the machine says of stems and deliveries: a value, a unit, a threshold, and whether it stops anything."""

from __future__ import annotations

from dataclasses import replace

from headroom.audio.facts import AudioFacts, Codec, Container, Silence
from headroom.mixing.quality import Checked, Code, Finding, Promise, blocking, delivery, intake

QUIET_EDGES = Silence(False, 0.0, 0.0, (), 0, (), 0)
GOOD = AudioFacts(
    container=Container.WAV, codec=Codec.PCM_INT, sample_rate_hz=48_000, bit_depth=24, channels=2,
    channel_mask=None, frames=48_000 * 120, duration_s=120.0, file_bytes=34_560_044, declared_bytes=34_560_000,
    real_bytes=34_560_000, trailing_bytes=0, chunks=("fmt ", "data"), remarks=(), bext_time_reference=None,
    sampler_loops=0, integrated_lufs=-16.0, loudness_range_lu=6.0, momentary_max_lufs=-12.0,
    short_term_max_lufs=-13.0, true_peak_dbtp=-3.5, sample_peak_dbfs=-4.0, rms_dbfs=-18.0, clip_runs=0,
    clip_positions=(), dc_offset=(0.0, 0.0), correlation=0.5, channel_balance_db=0.1, identical_channels=False,
    significant_bits=24, nonfinite_samples=0, silence=QUIET_EDGES,
)  # fmt: skip


def stem(name: str = "drums", facts: AudioFacts | None = GOOD, sha256: str | None = None) -> Checked:
    return Checked(f"fil_{name}", name, sha256 or name, facts, refusal=None if facts else "truncated")


def mix(facts: AudioFacts | None = GOOD, deliverable: str = "mix", sha256: str = "new") -> Checked:
    return Checked("fil_mix", "mix", sha256, facts, None if facts else "truncated", deliverable)


def codes(findings: tuple[Finding, ...]) -> set[Code]:
    return {one.code for one in findings}


def test_clean_stems_leave_nothing_to_say() -> None:
    assert intake([stem("drums"), stem("bass")]) == ()


def test_only_an_unreadable_stem_blocks() -> None:
    bad = [
        stem("a", None),
        stem("b", replace(GOOD, codec=Codec.MP3, bit_depth=None)),
        stem("c", replace(GOOD, sample_rate_hz=44_100)),
        stem("d", replace(GOOD, nonfinite_samples=9)),
    ]
    assert codes(blocking(intake(bad))) == {Code.UNREADABLE}


def test_a_stem_at_another_rate_is_named_with_both_rates() -> None:
    found = intake([stem("a"), stem("b"), stem("c", replace(GOOD, sample_rate_hz=44_100, frames=44_100 * 120))])
    assert [(one.value, one.threshold, one.file_id) for one in found] == [(44_100, 48_000, "fil_c")]


def test_a_stem_that_is_20_ms_short_is_named() -> None:
    found = intake([stem("a"), stem("b"), stem("c", replace(GOOD, frames=GOOD.frames - 960))])
    assert [(one.code, one.value, one.unit) for one in found] == [(Code.LENGTH_DIFFERS, -20, "ms")]


def test_time_stamps_excuse_different_lengths() -> None:
    first = replace(GOOD, bext_time_reference=0)
    later = replace(GOOD, frames=48_000, bext_time_reference=96_000)
    assert intake([stem("a", first), stem("b", later)]) == ()


def test_the_same_bytes_twice_are_noticed() -> None:
    assert codes(intake([stem("a", sha256="x"), stem("b", sha256="x")])) == {Code.DUPLICATE}


def test_a_padded_24_bit_stem_says_how_many_bits_are_used() -> None:
    (found,) = intake([stem(facts=replace(GOOD, significant_bits=16))])
    assert (found.code, found.value, found.threshold) == (Code.PADDED, 16, 24)


def test_a_limited_rough_mix_is_advice_about_the_set() -> None:
    (found,) = intake([stem()], rough=replace(GOOD, true_peak_dbtp=-0.1, integrated_lufs=-6.0))
    assert (found.code, found.value, found.file_id) == (Code.LIMITED_ROUGH, 5.9, None)


def test_a_delivery_without_a_promised_part_is_stopped() -> None:
    found = delivery([mix()], Promise(("mix", "instrumental")))
    assert [(one.code, one.value) for one in blocking(found)] == [(Code.MISSING, "instrumental")]


def test_a_delivery_at_the_wrong_rate_or_depth_is_stopped() -> None:
    facts = replace(GOOD, sample_rate_hz=44_100, bit_depth=16)
    found = delivery([mix(facts)], Promise(("mix",), sample_rate_hz=48_000, bit_depth=24))
    assert codes(blocking(found)) == {Code.WRONG_RATE, Code.WRONG_DEPTH}


def test_the_same_bytes_as_an_earlier_version_are_stopped() -> None:
    found = delivery([mix(sha256="old")], Promise(("mix",)), earlier_sha256=["old"])
    assert codes(blocking(found)) == {Code.SAME_AS_BEFORE}


def test_a_length_that_left_the_song_is_stopped_unless_the_arrangement_changed() -> None:
    promise = Promise(("mix",), reference_length_s=125.0)
    assert codes(blocking(delivery([mix()], promise))) == {Code.WRONG_LENGTH}
    assert blocking(delivery([mix()], replace(promise, arrangement_changed=True))) == ()


def test_a_master_over_its_ceiling_is_told_not_stopped() -> None:
    found = delivery([mix(replace(GOOD, true_peak_dbtp=-0.4), "master")], Promise(("master",)))
    assert [(one.code, one.value, one.unit, one.threshold) for one in found] == [(Code.TRUE_PEAK, -0.4, "dBTP", -1.0)]
    assert blocking(found) == ()


def test_an_unreadable_delivery_is_stopped() -> None:
    assert codes(blocking(delivery([mix(None)], Promise(("mix",))))) == {Code.UNREADABLE}
