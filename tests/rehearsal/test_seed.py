"""The whole studio as a person fills it, and filled again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from rehearsal.studio import cast
from rehearsal.studio.plan import TALES

ROOT = Path(__file__).parents[2]
LONGEST_S = 540
OURS = ("HEADROOM_", "S3_", "STRIPE_", "SMTP_", "OPERATOR_", "MAIL_FROM", "DATABASE_URL")

pytestmark = [pytest.mark.slow, pytest.mark.store, pytest.mark.timeout(2 * LONGEST_S)]


@dataclass(frozen=True)
class Told:
    """What two runs wrote at the terminal."""

    first: str
    second: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Both runs on one installation; each must have ended well."""
    data = tmp_path_factory.mktemp("seed") / "data"
    return Told(_seed(data), _seed(data))


def test_every_order_stands_where_the_plan_says(told: Told) -> None:
    assert f"{len(TALES)}, each in its state" in told.first  # read from the staff page at the end


def test_everybody_is_told_what_to_see(told: Told) -> None:
    assert not [tale.title for tale in TALES if told.first.count(tale.to_see) != len(tale.seen_by)]


def test_everybody_comes_in_with_one_click(told: Told) -> None:
    assert told.first.count("/rehearsal/sign-in/") == len(cast.PEOPLE)


def test_filled_again_it_says_so(told: Told) -> None:
    assert "nothing was added" in told.second


def _seed(data: Path) -> str:
    # What the test run itself is set to must not reach the site that is started here.
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env = {**plain, "HEADROOM_DATA": str(data), "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"}
    command = [sys.executable, "-m", "embedded.supervisor", "seed"]
    done = subprocess.run(
        command, cwd=ROOT, env=env, timeout=LONGEST_S, check=False, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
