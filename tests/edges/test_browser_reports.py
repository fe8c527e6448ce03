"""Browsers report what they refused to load; anybody can pretend to be one."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from headroom.accounts.limits import BROWSER_REPORTS


def test_a_flood_of_reports_is_logged_only_so_often(stranger: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="headroom.web"):
        answers = [
            stranger.post("/csp-reports", data=b'{"csp-report": {}}').status_code
            for _ in range(BROWSER_REPORTS.count + 2)
        ]
    assert answers == [204] * BROWSER_REPORTS.count + [429] * 2
    assert caplog.text.count("content security policy report") == BROWSER_REPORTS.count


def test_a_long_report_is_cut_in_the_log(stranger: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="headroom.web"):
        assert stranger.post("/csp-reports", data=b"x" * 10_000).status_code == 204
    (line,) = [one.getMessage() for one in caplog.records if "policy report" in one.getMessage()]
    assert len(line) < 400
