"""What goes wrong around a database server that nobody watches, and what starting it makes of that."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from embedded import postgres
from embedded.cluster import (
    SOCKET_PATH_LIMIT_BYTES,
    Cluster,
    PostgresUnavailable,
    is_alive,
    postmaster_id,
    server_processes,
    socket_directory,
)
from tests.embedded.conftest import ROOT, wait_until

Background = Callable[..., subprocess.Popen[str]]

START_AND_STAY = """
import sys, time
from pathlib import Path
from embedded import postgres
server = postgres.start(Path(sys.argv[1]), shared=len(sys.argv) > 2)
print(server.process.pid if server.process else 0, "adopted" if server.adopted else "started", flush=True)
time.sleep(120)
"""
OTHER_USER = 33
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root meets this")


def start_elsewhere(background: Background, data_dir: Path, *flags: str) -> tuple[subprocess.Popen[str], int]:
    starter = background(START_AND_STAY, str(data_dir), *flags)
    assert starter.stdout is not None
    line = starter.stdout.readline().split()
    return starter, int(line[0])


def write_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (a int)")
        connection.execute("insert into kept values (7)")


def read_the_row(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute("select a from kept").fetchone()


def test_three_starters_make_one_cluster_and_share_its_server(tmp_path: Path, background: Background) -> None:
    data_dir = tmp_path / "new" / "postgres"
    starters = [background(START_AND_STAY, str(data_dir), "shared") for _ in range(3)]
    said = [starter.stdout.readline().split()[1] for starter in starters if starter.stdout]
    assert sorted(said) == ["adopted", "adopted", "started"]


def test_a_running_server_is_adopted(data_dir: Path) -> None:
    first = postgres.start(data_dir)
    second = postgres.start(data_dir)
    assert (second.adopted, second.url) == (True, first.url)
    first.stop()


def test_a_zombie_postmaster_does_not_pass_for_a_running_server(data_dir: Path, background: Background) -> None:
    starter, postmaster = start_elsewhere(background, data_dir)
    write_a_row(postgres.Server(socket_url(data_dir), Cluster(data_dir), adopted=True).url)
    os.kill(postmaster, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(postmaster))
    assert Path(f"/proc/{postmaster}").exists(), "its parent never reaps it, so it must still be there"
    server = postgres.start(data_dir)
    assert not server.adopted
    assert read_the_row(server.url) == (7,)
    server.stop()
    starter.kill()


def socket_url(data_dir: Path) -> str:
    return f"postgresql://headroom@/headroom?host={socket_directory(data_dir)}"


def test_a_killed_backend_ends_sessions_and_the_server_answers_again(data_dir: Path) -> None:
    server = postgres.start(data_dir)
    with psycopg.connect(server.url) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        with pytest.raises(psycopg.OperationalError):
            victim.execute("select 1")
    assert wait_until(lambda: postgres.answers(server.url))
    server.stop()


def test_a_killed_starter_takes_its_server_along(data_dir: Path, background: Background) -> None:
    starter, postmaster = start_elsewhere(background, data_dir)
    starter.kill()
    starter.wait()
    assert wait_until(lambda: server_processes(Cluster(data_dir)) == [])
    assert not is_alive(postmaster)
    assert "database system is shut down" in Cluster(data_dir).log_tail(), "it must end in order, not crash"


def test_a_shared_server_outlives_its_starter_and_ends_with_its_last_user(
    data_dir: Path, background: Background
) -> None:
    starter, _ = start_elsewhere(background, data_dir, "shared")
    mine = postgres.start(data_dir, shared=True)
    starter.kill()
    starter.wait()
    assert postgres.answers(mine.url)
    mine.stop()
    assert postmaster_id(Cluster(data_dir)) is None


def test_leaving_a_shared_server_leaves_it_to_the_others(data_dir: Path, background: Background) -> None:
    start_elsewhere(background, data_dir, "shared")
    mine = postgres.start(data_dir, shared=True)
    mine.stop()
    assert postgres.answers(mine.url)


def test_a_process_number_that_now_belongs_to_another_program_blocks_nothing(data_dir: Path) -> None:
    (data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n{data_dir}\n0\n5432\n")
    server = postgres.start(data_dir)
    assert postgres.answers(server.url)
    server.stop()


def test_a_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    server = postgres.start(tmp_path / "postgres")
    assert postgres.answers(server.url)
    server.stop()


def test_the_socket_path_fits_whatever_the_data_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("r" * 90)))
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    path = socket_directory(deep) / ".s.PGSQL.5432"
    assert len(os.fsencode(path)) <= SOCKET_PATH_LIMIT_BYTES


def test_a_socket_directory_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "postgres"
    directory = socket_directory(data_dir)
    directory.rmdir()
    directory.symlink_to(tmp_path)
    with pytest.raises(PostgresUnavailable, match="remove it"):
        socket_directory(data_dir)
    directory.unlink()


def test_the_shells_own_database_settings_change_nothing(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGHOST": "db.invalid", "PGDATA": "/nowhere", "PGPORT": "1", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setenv(name, value)
    server = postgres.start(data_dir)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
    server.stop()


def test_text_is_compared_as_unicode_on_every_machine(data_dir: Path) -> None:
    server = postgres.start(data_dir)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("select lower('ÉЖ'), 'Z' < 'a', current_setting('timezone')").fetchone() == (
            "éж",
            True,
            "UTC",
        )
    server.stop()


@as_root
def test_root_may_keep_its_data_below_a_private_folder(made_cluster: Path, tmp_path: Path) -> None:
    private = tmp_path / "private home"
    private.mkdir(mode=0o700)
    shutil.copytree(made_cluster, private / "postgres")
    server = postgres.start(private / "postgres")
    assert postgres.answers(server.url)
    server.stop()


@as_root
def test_root_without_unshare_runs_the_server_as_nobody(
    made_cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = tmp_path / "private home"
    private.mkdir(mode=0o700)
    shutil.copytree(made_cluster, private / "postgres")
    monkeypatch.setenv("PATH", str(tmp_path))
    server = postgres.start(private / "postgres")
    assert server.process is not None
    assert Path(f"/proc/{server.process.pid}").stat().st_uid == 65534
    assert postgres.answers(server.url)
    server.stop()


@as_root
def test_root_without_unshare_makes_a_new_cluster_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    server = postgres.start(tmp_path / "postgres")
    assert postgres.answers(server.url)
    server.stop()


def an_interpreter_for_others() -> tuple[str, str] | None:
    """A Python that any user may run and the path it needs, or None."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = str(Path(psycopg.__file__).parents[1])
    for program in (sys.executable, f"/usr/bin/python{version}"):
        asked = subprocess.run(
            ["/usr/bin/env", program, "-c", "import psycopg"],
            user=OTHER_USER,
            env={"PYTHONPATH": packages},
            cwd="/",
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return program, os.pathsep.join((str(ROOT / "platform"), packages))
    return None


@as_root
def test_an_ordinary_user_needs_nothing_special() -> None:
    found = an_interpreter_for_others()
    if found is None:
        pytest.skip("no Python here that an ordinary user may run")
    program, path = found
    code = (
        "import sys; from pathlib import Path; from embedded import postgres\n"
        "server = postgres.start(Path(sys.argv[1])); print(postgres.answers(server.url)); server.stop()"
    )
    folder = Path("/tmp") / f"headroom-user-{os.getpid()}"
    folder.mkdir()
    os.chown(folder, OTHER_USER, OTHER_USER)
    done = subprocess.run(
        [program, "-c", code, str(folder / "postgres")],
        user=OTHER_USER,
        group=OTHER_USER,
        cwd="/tmp",
        env={"HOME": "/tmp", "PATH": "/usr/bin:/bin", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(folder)
    assert done.stdout.strip() == "True", done.stderr
