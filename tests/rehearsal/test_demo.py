"""The whole demo as a person starts it: the site and everything it needs, one order, the report, and an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_S = 540
OURS = ("HEADROOM_", "S3_", "STRIPE_", "SMTP_", "OPERATOR_", "MAIL_FROM", "DATABASE_URL")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one played order left behind; it must have ended well."""
    folder = tmp_path_factory.mktemp("demo")
    path = folder / "report.json"
    command = [sys.executable, "-m", "embedded.supervisor", "demo", "--exit", "--story", "order", "--report", str(path)]
    # What the test run itself is set to must not reach the site that is started here.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env = {**plain, "HEADROOM_DATA": str(folder / "data"), "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    done = subprocess.run(
        command, cwd=ROOT, env=env, timeout=LONGEST_S, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


pytestmark = [pytest.mark.slow, pytest.mark.store, pytest.mark.timeout(LONGEST_S + 30)]


def test_every_file_came_back_as_it_was_sent(report: dict[str, Any]) -> None:
    assert {each["role"] for each in report["files"]} == {"rough", "stem", "delivery"}
    assert all(each["sha256_received"] == each["sha256_sent"] for each in report["files"])


def test_the_song_is_long_enough_to_be_a_song(report: dict[str, Any]) -> None:
    stems = [each["bytes"] for each in report["files"] if each["role"] == "stem"]
    assert len(stems) >= 8
    assert sum(stems) >= 150_000_000


def test_the_money_was_paid_once_and_split(report: dict[str, Any]) -> None:
    paid, [leg] = report["payment"]["amount_minor"], report["legs"]
    assert (paid, leg["amount_minor"]) == (20_000, 17_600)
    assert leg["transfer_ref"].startswith("tr_")


def test_the_books_sum_to_zero_in_each_currency(report: dict[str, Any]) -> None:
    sums: dict[str, int] = {}
    for line in report["ledger"]:
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["amount_minor"]
    assert sums == {"USD": 0}


def test_every_source_is_gone_from_store_and_disk(report: dict[str, Any]) -> None:
    sources = {each["sha256_sent"] for each in report["files"] if each["role"] != "delivery"}
    assert {each["sha256"] for each in report["purged"]} == sources
    assert {(each["objects_left"], each["disk_files_left"]) for each in report["purged"]} == {(0, 0)}
