"""Starts every part of an installation in order, waits until the site answers, stops every part in order.

    python -m embedded.supervisor up [--port N]
    python -m embedded.supervisor demo [--story NAME] [--exit] [--report FILE] [--port N]
    python -m embedded.supervisor seed | bench [names] | storage doctor

`demo` has data of its own and plays an order; a second `demo` adds an order to the same world, also while the
first one still runs. Ctrl-C and SIGTERM stop everything; kill -9 leaves nothing that blocks the next start.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from embedded import parts
from embedded.children import ChildFailed, python
from embedded.cluster import PostgresUnavailable
from embedded.installation import CannotStart, Installation
from embedded.running import Running, start

# Set by the launcher before it installs anything: the first answer is counted from the person's Enter.
STARTED_AT = "HEADROOM_STARTED_AT"
OWN_SERVICES = {"stripe": "STRIPE_SECRET_KEY", "mail": "SMTP_HOST"}


class Stopped(BaseException):
    """Somebody asked us to stop; raised in the main thread wherever it stands."""


def main(arguments: list[str]) -> int:
    """Do one verb; the exit code is the player's, or 1 with a sentence when something cannot start."""
    given = _parsed(arguments)
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # libpq would read them behind our addresses' back
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return VERBS[given.verb](given)
    except (CannotStart, ChildFailed, PostgresUnavailable) as reason:
        print(reason, file=sys.stderr)
        return 1
    except Stopped:
        return 130


def up(given: argparse.Namespace) -> int:
    """The site and everything it needs, until Ctrl-C."""
    installation = Installation("main")
    running = start(installation, port=given.port)
    if running is None:
        raise CannotStart(f"Headroom already runs: {_address_of(installation)}")
    with running:
        _say_addresses(running)
        return _stay(running)


def demo(given: argparse.Namespace) -> int:
    """One order played over HTTP, then the site stays open."""
    _leave_own_services_alone("The demo")
    installation = Installation("demo")
    running = start(installation, port=given.port)
    if running is None:
        return _play_on_running(installation, given)
    with running:
        first_answer_s = _since_the_command()
        print(f"The site answers on {running.ports.base_url} after {first_answer_s:.1f} s.\n", flush=True)
        code = running.run(_player(installation, given, first_answer_s))
        if given.exit or code != 0:
            return code
        _say_addresses(running)
        return _stay(running)


def seed(_: argparse.Namespace) -> int:
    """The believable studio, in the data of `up`."""
    _leave_own_services_alone("The seeding")
    installation = Installation("main")
    running = start(installation, port=None)
    if running is None:
        return subprocess.run(_seeder(installation), env=_settings_of(installation), check=False).returncode
    with running:
        return running.run(_seeder(installation))


def bench(given: argparse.Namespace) -> int:
    """The promised figures, measured on an installation of their own."""
    return _inside(Installation("bench"), python("-m", "bench", *given.names))


def storage(_: argparse.Namespace) -> int:
    """The doctor over the configured store; the embedded one is started for it."""
    return _inside(Installation("main"), python("-m", "headroom.operating", "storage-doctor"))


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "up": up,
    "demo": demo,
    "seed": seed,
    "bench": bench,
    "storage": storage,
}


def _inside(installation: Installation, command: list[str]) -> int:
    """Run a command with an installation's settings, whether it runs already or is started for this."""
    running = start(installation, port=None)
    if running is None:
        return subprocess.run(command, env=_settings_of(installation), check=False).returncode
    with running:
        return running.run(command)


def _stay(running: Running) -> int:
    print("Ctrl-C stops everything.", flush=True)
    running.fetch_test_packages()
    try:
        while True:
            for sentence in running.look_after():
                print(sentence, flush=True)
            time.sleep(0.25)
    except Stopped:
        print("\nStopping …", flush=True)
        return 0


def _play_on_running(installation: Installation, given: argparse.Namespace) -> int:
    """A second `demo` beside a running first one: one more order in the same world."""
    print(f"The demo already runs on {_address_of(installation)}; this adds an order to it.\n", flush=True)
    command = _player(installation, given, _since_the_command())
    return subprocess.run(command, env=_settings_of(installation), check=False).returncode


def _player(installation: Installation, given: argparse.Namespace, first_answer_s: float) -> list[str]:
    command = [*_played("rehearsal.demo", installation), "--first-answer", f"{first_answer_s:.2f}"]
    if given.story:
        command += ["--story", given.story]
    if given.report:
        command += ["--report", str(given.report)]
    return command


def _seeder(installation: Installation) -> list[str]:
    return [*_played("rehearsal.seed", installation), "--song", str(installation.folder / "song")]


def _played(module: str, installation: Installation) -> list[str]:
    """A player of the rehearsal, told where everything is."""
    state = installation.await_state()
    if state is None:
        raise CannotStart("The installation that runs already does not answer; stop it first.")
    ports = state.ports
    command = python("-m", module, "--base-url", ports.base_url)
    command += ["--rehearsal-token", installation.secrets()["HEADROOM_REHEARSAL_TOKEN"]]
    command += ["--stripe-url", ports.stripe_url, "--inbox-url", ports.inbox_url]
    return [*command, "--store-info", str(installation.store_info_path)]


def _settings_of(installation: Installation) -> dict[str, str]:
    """The environment of an installation that another supervisor runs."""
    state = installation.await_state()
    if state is None:
        raise CannotStart("The installation that runs already does not answer; stop it first.")
    return parts.environment(installation, state.ports, database_url=state.database_url)


def _address_of(installation: Installation) -> str:
    state = installation.await_state()
    return state.ports.base_url if state else "(still starting)"


def _leave_own_services_alone(player: str) -> None:
    """A player moves play money and sends play mail: never through real services named in the shell."""
    for part, variable in OWN_SERVICES.items():
        if os.environ.pop(variable, ""):
            print(f"{player} uses its stand-in for {part}; {variable} is left alone.", file=sys.stderr)


def _say_addresses(running: Running) -> None:
    ports = running.ports
    lines = [("Site", ports.base_url)]
    if not parts.is_own("mail"):
        lines.append(("Mail, as it arrives", ports.inbox_url))
    if not parts.is_own("stripe"):
        lines.append(("Payments (stand-in)", ports.stripe_url))
    lines.append(("Logs", str(running.installation.log_folder)))
    print()
    for name, value in lines:
        print(f"  {name:<22}{value}")
    print(flush=True)


def _since_the_command() -> float:
    return time.time() - float(os.environ.get(STARTED_AT, time.time()))


def _stop(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second Ctrl-C must not interrupt the stopping.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./headroom")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("up", "demo"):
        verb = verbs.add_parser(name)
        verb.add_argument("--port", type=int, help="the site's port; by default 8600 or the next free one")
        if name == "demo":
            verb.add_argument("--story", default="", help="which story to play")
            verb.add_argument("--exit", action="store_true", help="stop everything when the story ends")
            verb.add_argument("--report", type=_absolute, help="write what happened as JSON")
    verbs.add_parser("seed")
    verbs.add_parser("bench").add_argument("names", nargs="*")
    verbs.add_parser("storage").add_argument("what", choices=["doctor"])
    return parser.parse_args(arguments)


def _absolute(text: str) -> Path:
    return Path(text).absolute()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
