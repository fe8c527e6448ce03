"""Runs a database program as somebody other than root: PostgreSQL refuses user 0."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from embedded import child
from embedded.cluster import PostgresUnavailable, data_dir_owner

NOBODY = 65534


def command_for_owner(command: list[str], *owned: Path, dies_with_us: bool) -> list[str]:
    """The command line for a server that refuses to run as root.

    As root: inside a user namespace where we are `nobody` (files stay root's and 0700 parents do not
    matter); where that is denied, as the unprivileged owner of the data.
    """
    if os.getuid() != 0:
        _refuse_foreign(owned[0])
        return child.command_dying_with_us(command, death_signal=signal.SIGINT) if dies_with_us else command
    if data_dir_owner(owned[0]) == 0 and (namespace := _namespace_prefix()):
        inner = child.command_dying_with_us(command, death_signal=signal.SIGINT) if dies_with_us else command
        return [*namespace, *inner]
    user_id = data_dir_owner(owned[0]) or NOBODY
    for path in owned:
        _give(path, user_id)
    if dies_with_us:
        return child.command_dying_with_us(command, death_signal=signal.SIGINT, user_id=user_id)
    return child.command_as_user(command, user_id=user_id)


def _namespace_prefix() -> list[str] | None:
    """`unshare …` when it exists and works here (containers often deny it)."""
    program = shutil.which("unshare")
    if program is None:
        return None
    prefix = [program, "-U", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
    tried = subprocess.run([*prefix, "/bin/true"], capture_output=True, check=False)
    return prefix if tried.returncode == 0 else None


def _refuse_foreign(path: Path) -> None:
    owner = data_dir_owner(path)
    if owner != os.getuid():
        raise PostgresUnavailable(f"{path} belongs to user {owner}: take it over, or start as that user.")


def _give(path: Path, user_id: int) -> None:
    os.chown(path, user_id, user_id)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.lchown(os.path.join(folder, name), user_id, user_id)
