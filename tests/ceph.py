"""Ceph's RADOS gateway on loopback, data in memory: the further real store that --peers asks for.

    python -m tests.ceph --data DIR --port PORT --access-key KEY --secret-key SECRET

Prints "ready" once buckets can be made, or one sentence why not (exit 2); SIGTERM stops everything. One monitor,
one memory-backed OSD, one gateway, from Debian's packages radosgw, ceph-mon, ceph-osd and ceph-common. The
gateway listens at PORT, the monitor at the two ports above.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

BINARIES = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
INSTALL = "apt install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common"
START_WITHIN_S = 80
COMMAND_WITHIN_S = 40
STOP_WITHIN_S = 10
_PR_SET_PDEATHSIG = 1

# cephx although everything is on loopback: without it the gateway is refused by the monitor.
_CONFIG = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2},v1:127.0.0.1:{v1}]
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {keyring}
ms bind ipv6 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd class load list = *
osd class default list = *
mon allow pool size one = true
run dir = {data}/run
admin socket =
log file = {data}/$name.log
mon cluster log file = {data}/cluster.log
[mon]
mon data = {data}/mon
[osd]
osd data = {data}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
[client.rgw.a]
rgw data = {data}/rgw
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw crypt require ssl = false
"""
_USERS = (
    ("mon.", ("mon", "allow *")),
    ("client.admin", ("mon", "allow *", "osd", "allow *", "mgr", "allow *")),
    ("client.rgw.a", ("mon", "allow rwx", "osd", "allow rwx")),
    ("osd.0", ("mon", "allow profile osd", "osd", "allow *")),
)


class CephCannotStart(Exception):
    """The sentence says why."""


class Cluster:
    """The three daemons and the directory they live in."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.config = data_dir / "ceph.conf"
        self.keyring = data_dir / "keyring"
        self.daemons: list[subprocess.Popen[bytes]] = []

    def start(self, *, access_key: str, secret_key: str) -> None:
        """From an empty directory to a gateway that knows one user. Raises CephCannotStart."""
        fsid = str(uuid.uuid4())
        self._write_config(fsid)
        self._start_monitor(fsid)
        self._start_osd()
        self._start_gateway()
        self._run(
            *("radosgw-admin", "-n", "client.rgw.a", "user", "create", "--uid=headroom", "--display-name=Headroom"),
            *(f"--access-key={access_key}", f"--secret-key={secret_key}"),
        )
        self._wait_for("the gateway", self._answers)

    def stop(self) -> None:
        """Nothing here is worth keeping: told to end, then killed."""
        for daemon in reversed(self.daemons):
            daemon.terminate()
        until = time.monotonic() + STOP_WITHIN_S
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def watch(self) -> None:
        """Return when a daemon has ended by itself."""
        while all(daemon.poll() is None for daemon in self.daemons):
            time.sleep(0.5)

    def _write_config(self, fsid: str) -> None:
        for name in ("run", "mon", "osd", "rgw"):
            (self.data_dir / name).mkdir(parents=True)
        filled = {"fsid": fsid, "v2": self.port + 1, "v1": self.port + 2, "port": self.port}
        self.config.write_text(_CONFIG.format(**filled, data=self.data_dir, keyring=self.keyring))
        for name, caps in _USERS:
            flags = [word for at in range(0, len(caps), 2) for word in ("--cap", *caps[at : at + 2])]
            create = () if self.keyring.exists() else ("--create-keyring",)
            self._run("ceph-authtool", str(self.keyring), *create, "--gen-key", "-n", name, *flags, config=False)

    def _start_monitor(self, fsid: str) -> None:
        monmap = str(self.data_dir / "monmap")
        address = f"[v2:127.0.0.1:{self.port + 1},v1:127.0.0.1:{self.port + 2}]"
        self._run(
            *("monmaptool", "--create", "--clobber", "--fsid", fsid, "--addv", "a", address, monmap), config=False
        )
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", str(self.keyring))
        self._spawn("ceph-mon", "-i", "a", "-f")

    def _start_osd(self) -> None:
        osd = str(uuid.uuid4())
        self._run("ceph", "auth", "import", "-i", str(self.keyring))
        self._run("ceph", "osd", "new", osd, "0")
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=localhost")
        self._spawn("ceph-osd", "-i", "0", "-f")

    def _start_gateway(self) -> None:
        self._spawn("radosgw", "-n", "client.rgw.a", "-f")

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=2).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return True
        except OSError:
            return False
        return True

    def _wait_for(self, what: str, is_there: Callable[[], bool]) -> None:
        until = time.monotonic() + START_WITHIN_S
        while not is_there():
            if time.monotonic() > until or any(daemon.poll() is not None for daemon in self.daemons):
                raise CephCannotStart(f"{what} of Ceph did not come up; its logs are in {self.data_dir}")
            time.sleep(0.1)

    def _run(self, binary: str, *arguments: str, config: bool = True) -> None:
        command = [binary, *(("-c", str(self.config)) if config else ()), *arguments]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=COMMAND_WITHIN_S)
        except subprocess.CalledProcessError as failed:
            said = failed.stderr.decode(errors="replace").strip().splitlines()
            raise CephCannotStart(f"{binary} {arguments[0]}: {said[-1] if said else failed.returncode}") from failed
        except subprocess.TimeoutExpired as failed:
            raise CephCannotStart(f"{binary} {arguments[0]} did not end within {COMMAND_WITHIN_S} s") from failed

    def _spawn(self, binary: str, *arguments: str) -> None:
        with (self.data_dir / f"{binary}.out").open("wb") as out:
            self.daemons.append(
                subprocess.Popen(
                    [binary, "-c", str(self.config), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    preexec_fn=_end_with_parent,
                )
            )


def missing() -> str | None:
    """A sentence naming what is not installed, or None."""
    absent = [name for name in BINARIES if shutil.which(name) is None]
    return f"Ceph's {', '.join(absent)} not installed: {INSTALL}" if absent else None


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret-key", required=True)
    asked = parser.parse_args(arguments)
    cluster = Cluster(asked.data, asked.port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        cluster.start(access_key=asked.access_key, secret_key=asked.secret_key)
        print("ready", flush=True)
        cluster.watch()
    except CephCannotStart as reason:
        print(reason, flush=True)
        return 2
    finally:
        cluster.stop()
    return 1


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
