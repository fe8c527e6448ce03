"""Sizes, times and money in one notation; a report that knows what must not be in it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from rehearsal import telling
from rehearsal.report import FileLine, LedgerLine, LegLine, PurgedLine, Report
from rehearsal.store_proof import key_of
from rehearsal.telling import Teller


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (telling.size(999), "999 B"),
        (telling.size(36_000_044), "36.0 MB"),
        (telling.size(1_500_000_000), "1.5 GB"),
        (telling.seconds(2.345), "2.3 s"),
        (telling.seconds(125), "2 min 05 s"),
        (telling.money(176_000, "usd"), "1,760.00 USD"),
        (telling.money(-5, "usd"), "-0.05 USD"),
    ],
)
def test_numbers_are_told_in_one_notation(told: str, words: str) -> None:
    assert told == words


def test_a_step_is_told_and_timed_without_colors_where_there_is_no_terminal() -> None:
    out = io.StringIO()
    teller = Teller(out)
    with teller.step("Mara pays"):
        teller.fact("paid", "200.00 USD")
    assert "Mara pays" in out.getvalue()
    assert "\033" not in out.getvalue()
    assert [each.name for each in teller.steps] == ["Mara pays"]


def test_a_report_is_one_object_with_the_promised_names(tmp_path: Path) -> None:
    Report(12.5).write(tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert list(found) == ["first_answer_seconds", "steps", "files", "payment", "legs", "ledger", "purged"]


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (Report(0, files=[FileLine("a.wav", "stem", 1, "aa", "bb")]), "a.wav came back changed"),
        (Report(0, ledger=[LedgerLine("held", "USD", 5), LedgerLine("stripe", "USD", -4)]), "off by 1 in USD"),
        (Report(0, purged=[PurgedLine("fil_1", "aa", "now", 0, 2)]), "fil_1 is not gone"),
        (Report(0, legs=[LegLine("ivo", 100, None)]), "nothing was sent to ivo"),
    ],
)
def test_a_report_names_what_went_wrong(report: Report, problem: str) -> None:
    assert problem in " ".join(report.problems())


def test_the_key_of_an_object_stands_in_the_address_that_took_it() -> None:
    assert key_of("http://127.0.0.1:8610/headroom/o/abc?partNumber=1&X-Amz-Signature=x", "headroom") == "o/abc"
