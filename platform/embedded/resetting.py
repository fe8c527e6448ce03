"""`./headroom reset [demo|main|bench|test] [--yes]`: delete the data of one installation, after asking."""

from __future__ import annotations

import argparse
import shutil
import sys
from contextlib import suppress

from embedded.cluster import Cluster, held, postmaster_id
from embedded.installation import Installation, data_root

# What `./headroom test` keeps between runs: a server and its templates, no installation.
TEST_DATA = "test"


def main(arguments: list[str]) -> int:
    """Refuse while it runs; 1 when the person did not say yes."""
    parser = argparse.ArgumentParser(prog="./headroom reset", description=__doc__)
    parser.add_argument("name", nargs="?", default="demo", choices=["demo", "main", "bench", TEST_DATA])
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args(arguments)
    folder = data_root() / given.name
    if not folder.exists():
        print(f"There is nothing in {folder}.")
        return 0
    if not given.yes and not _is_wanted(f"Delete everything in {folder}? [y/N] "):
        print("Nothing was deleted.")
        return 1
    return _delete_tests() if given.name == TEST_DATA else _delete(Installation(given.name))


def _delete(installation: Installation) -> int:
    lock = installation.lock()
    if lock is None:
        print("It runs now: stop it first.", file=sys.stderr)
        return 1
    with lock:
        shutil.rmtree(installation.folder)
    print(f"{installation.folder} is deleted.")
    return 0


def _delete_tests() -> int:
    cluster = Cluster(data_root() / TEST_DATA / "postgres")
    with held(cluster.lock_path):
        if postmaster_id(cluster) is not None:
            print("Tests run now: wait for them first.", file=sys.stderr)
            return 1
        shutil.rmtree(cluster.data_dir.parent)
    print(f"{cluster.data_dir.parent} is deleted.")
    return 0


def _is_wanted(question: str) -> bool:
    with suppress(EOFError, KeyboardInterrupt):
        return input(question).strip().lower() in {"y", "yes"}
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
