"""What an installation consists of, and what the operator's shell may change about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedded import parts, postgres, preparation
from embedded.installation import DEFAULT_PORTS, Installation
from headroom.settings import Profile, Settings

URL = "postgresql://headroom@/headroom"


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    monkeypatch.setenv("HEADROOM_DATA", str(tmp_path))
    for variable in (*parts.OWN.values(), "HEADROOM_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    made = Installation("main")
    made.prepare()
    return made


def environment(installation: Installation) -> dict[str, str]:
    return parts.environment(installation, DEFAULT_PORTS, database_url=URL)


def test_the_settings_understand_every_value(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(installation).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.profile, settings.base_url) == (Profile.REHEARSAL, "http://localhost:8600")
    assert settings.ring("peppers").current[0].startswith("rehearsal")


def test_site_and_store_have_hosts_that_share_no_cookie(installation: Installation) -> None:
    env = environment(installation)
    assert env["HEADROOM_BASE_URL"].startswith("http://localhost:")
    assert env["S3_PUBLIC_ENDPOINT"].startswith("http://127.0.0.1:")


def test_the_operators_own_service_replaces_the_stand_in(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_mine")
    env = environment(installation)
    assert env["STRIPE_SECRET_KEY"] == "sk_test_mine"
    assert "STRIPE_API_BASE" not in env


def test_an_empty_variable_is_no_service_of_ones_own(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")
    assert environment(installation)["STRIPE_SECRET_KEY"].startswith("sk_test_")


@pytest.mark.parametrize("name", ["PGHOST", "PGOPTIONS", "GRANIAN_PORT", "PYTHONPATH"])
def test_what_the_shell_says_to_other_programs_does_not_reach_ours(
    name: str, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "elsewhere")
    assert name not in environment(installation)


def test_a_database_is_prepared_again_when_a_setting_that_it_holds_changes(installation: Installation) -> None:
    env = environment(installation)
    assert preparation.stamp(env) == preparation.stamp(env | {"S3_ENDPOINT": "http://127.0.0.1:9000"})
    assert preparation.stamp(env) != preparation.stamp(env | {"OPERATOR_NAME": "Another Studio"})


def test_the_database_itself_remembers_who_prepared_it(data_dir: Path) -> None:
    server = postgres.start(data_dir)
    assert preparation.stamp_of(server.url) == ""
    preparation.note(server.url, "prepared by this test")
    assert preparation.stamp_of(server.url) == "prepared by this test"
    server.stop()
