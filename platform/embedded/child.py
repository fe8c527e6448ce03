"""Starts one program so that it never outlives the process that asked for it.

Runs as a script in a bare interpreter (`python -I -S child.py …`) and replaces itself with the program:
the process id stays that of the child the caller started. Linux only.

The order matters: a change of user clears the parent-death signal, so the signal is asked for last.
It is tied to the *thread* that started the child: start children from a thread that lives on.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve()

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522

EXIT_ORPHANED = 86
EXIT_NOT_STARTED = 127


def command_dying_with_us(
    command: list[str], *, death_signal: signal.Signals = signal.SIGTERM, user_id: int | None = None
) -> list[str]:
    """The command line that runs `command` until it ends or this process does."""
    shim = [
        sys.executable,
        "-I",
        "-S",
        str(SCRIPT),
        "--parent",
        str(os.getpid()),
        "--signal",
        str(int(death_signal)),
    ]
    if user_id is not None:
        shim += ["--user", str(user_id)]
    return [*shim, "--", *command]


def command_as_user(command: list[str], *, user_id: int) -> list[str]:
    """The command line that runs `command` as another user and lets it outlive us."""
    return [sys.executable, "-I", "-S", str(SCRIPT), "--user", str(user_id), "--", *command]


def main(arguments: list[str]) -> int:
    """Become the program, or exit 127 with the reason on standard error."""
    parser = argparse.ArgumentParser(prog="child", add_help=False)
    parser.add_argument("--parent", type=int)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--user", type=int)
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args(arguments)
    if wanted.user is not None:
        _become(wanted.user)
    if wanted.parent is not None:
        _die_with(wanted.parent, wanted.signal)
    try:
        os.execv(wanted.command[0], wanted.command)  # noqa: S606 - the caller is our own code
    except OSError as refused:
        print(f"{wanted.command[0]}: {refused.strerror}", file=sys.stderr)
        return EXIT_NOT_STARTED


def _die_with(parent: int, death_signal: int) -> None:
    _prctl(PR_SET_PDEATHSIG, death_signal)
    # `unshare` and a plain exec keep the parent; another one means that ours died before the line above.
    if os.getppid() != parent:
        sys.exit(EXIT_ORPHANED)


def _become(user_id: int) -> None:
    """Drop to `user_id`, keeping only the right to pass directories that the user may not enter.

    A checkout below a 0700 home (root's, usually) would else hide both the binaries and the data.
    """
    may_keep = _prctl(PR_SET_KEEPCAPS, 1) == 0
    os.setgroups([])
    os.setresgid(user_id, user_id, user_id)
    os.setresuid(user_id, user_id, user_id)
    if may_keep:
        _keep_only(CAP_DAC_OVERRIDE)


def _keep_only(capability: int) -> None:
    """Best effort: where the right cannot be kept, the program itself will say what it may not read."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
    bit = 1 << capability
    data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if libc.capset(header, data) == 0:
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *values: int) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    padded = [*values, 0, 0, 0, 0][:4]
    return int(libc.prctl(ctypes.c_int(option), *[ctypes.c_ulong(value) for value in padded]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
