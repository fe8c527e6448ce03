"""`./headroom test`: pytest, two processes, from the checkout's root whatever the current directory is."""

from __future__ import annotations

import os
import sys

from embedded.environments import ROOT

PROCESSES = "2"


def main(arguments: list[str]) -> None:
    """Become pytest; a `-n` among the arguments overrides the number of processes."""
    chosen = any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in arguments)
    spread = [] if chosen else ["-n", PROCESSES, "--dist", "loadgroup"]
    command = [sys.executable, "-m", "pytest", "-q", *spread, *arguments]
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter


if __name__ == "__main__":
    main(sys.argv[1:])
