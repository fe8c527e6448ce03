"""What is due when: the plan, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from headroom.files.retention import Act, Decision, Facts, decide, plan
from headroom.files.states import FINAL, State

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
READY = Facts(
    file_id="fil_a",
    state=State.READY,
    state_at=NOW - 40 * DAY,
    purge_at=NOW - HOUR,
    expiring_since=None,
    last_grant_at=None,
    last_upload_at=NOW - 40 * DAY,
    is_held=False,
)
EXPIRING = replace(READY, state=State.EXPIRING, state_at=NOW - 3 * HOUR, expiring_since=NOW - 3 * HOUR)


def test_a_file_whose_time_is_over_begins_to_expire() -> None:
    assert decide(READY, now=NOW) is Act.EXPIRE


def test_a_file_without_a_date_stays() -> None:
    assert decide(replace(READY, purge_at=None), now=NOW) is None


def test_a_file_stays_until_its_date() -> None:
    assert decide(replace(READY, purge_at=NOW + HOUR), now=NOW) is None


@pytest.mark.parametrize("file", [READY, EXPIRING])
def test_nothing_under_a_hold_is_touched(file: Facts) -> None:
    assert decide(replace(file, is_held=True), now=NOW) is None


def test_an_expiring_file_is_purged_when_every_address_has_run_out() -> None:
    assert decide(EXPIRING, now=NOW) is Act.PURGE


@pytest.mark.parametrize("minutes", [0, 60, 129])
def test_an_expiring_file_waits_for_running_downloads(minutes: int) -> None:
    recent = replace(EXPIRING, expiring_since=NOW - timedelta(minutes=minutes))
    assert decide(recent, now=NOW) is None


def test_the_last_grant_counts_where_it_came_late() -> None:
    assert decide(replace(EXPIRING, last_grant_at=NOW - HOUR), now=NOW) is None


def test_a_purge_whose_job_was_lost_is_taken_up_again() -> None:
    stuck = replace(EXPIRING, state=State.PURGING, state_at=NOW - timedelta(minutes=11))
    assert decide(stuck, now=NOW) is Act.RESUME
    assert decide(replace(stuck, state_at=NOW), now=NOW) is None


def test_an_upload_nobody_touches_is_abandoned_after_three_days() -> None:
    idle = replace(READY, state=State.UPLOADING, purge_at=None, last_upload_at=NOW - 3 * DAY)
    assert decide(idle, now=NOW) is Act.ABANDON
    assert decide(replace(idle, last_upload_at=NOW - 2 * DAY), now=NOW) is None


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_is_gone_is_left_alone(state: State) -> None:
    assert decide(replace(READY, state=state), now=NOW) is None


def test_the_plan_names_only_what_is_due() -> None:
    waiting = replace(READY, file_id="fil_b", purge_at=NOW + DAY)
    assert plan([READY, waiting], now=NOW) == [Decision("fil_a", Act.EXPIRE)]
