"""A PostgreSQL server of a test's own: its folder, its port, its processes, and nothing of it left afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.real.presence import needed

START_S_MAX = 30
END_S_MAX = 20
ROLE, PASSWORD = "stormproof", "a-password-of-the-test"
SMALL = ("max_connections=20", "shared_buffers=16MB", "listen_addresses=127.0.0.1", "logging_collector=off")
MEMORY, ROOM_BYTES = Path("/dev/shm"), 500_000_000
UNPRIVILEGED = ("postgres", "nobody")
"""Who runs the server where the tests are run by root, whom it refuses."""


class PostgresServer:
    """A server that runs, and can be killed, stopped and started again on the same port."""

    def __init__(self, binaries: Path, folder: Path, port: int) -> None:
        self._binaries = binaries
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return where a database of it is, with its password."""
        return f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{self._port}/{database}"

    def start(self, *settings: str) -> None:
        """Start it, and wait until it answers."""
        options = [word for setting in (*SMALL, f"port={self._port}", *settings) for word in ("-c", setting)]
        sockets = ["-c", f"unix_socket_directories={self._folder}"]
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *options, *sockets]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_identity())
        waiting = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port)]
        within = f"timeout {START_S_MAX} sh -c 'until \"$@\"; do sleep 0.05; done' sh"
        done = subprocess.run(f"{within} {' '.join(waiting)}", shell=True, timeout=START_S_MAX + 5, check=False)
        assert done.returncode == 0, (self._folder / "log").read_text()

    def prepare(self) -> None:
        """Make its folder."""
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(self._folder, *_somebody())
            shutil.chown(secret, *_somebody())
        rights = ["--auth=scram-sha-256", f"--username={ROLE}", f"--pwfile={secret}"]
        manner = ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        command = [str(self._binaries / "initdb"), "-D", str(self._folder / "data"), *rights, *manner]
        done = subprocess.run(command, capture_output=True, timeout=START_S_MAX, check=False, **_identity())
        assert done.returncode == 0, done.stderr.decode()

    def tell(self, how: signal.Signals) -> None:
        """Send a signal to its first process."""
        assert self._process is not None
        self._process.send_signal(how)

    def kill(self) -> None:
        """End it as a power cut would, as far as processes go."""
        self.tell(signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """End it, and wait for that."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGCONT)
                self._process.send_signal(signal.SIGQUIT)  # at once: nobody needs its last checkpoint
            self._process.wait(timeout=END_S_MAX)
            self._process = None


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Run a server for as long as the context lasts; skip the test, or fail it in CI, where there is none."""
    binaries = needed(_binaries(), "PostgreSQL", "apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_place()))
    server = PostgresServer(binaries, folder, _free_port())
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.end()
        shutil.rmtree(folder, ignore_errors=True)


def _place() -> Path | None:
    """Return a folder in memory with room for a server, if there is one: a killed process loses nothing there either,
    and a server that syncs its folder at each start holds up nobody.
    """
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else None


def _binaries() -> Path | None:
    """Return the folder of the newest server of Debian's package, or of one on the path."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    found = packaged[-1] if packaged else Path(on_path).resolve() if on_path else None
    return found.parent if found is not None else None


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    name, group = _somebody()
    return {"user": name, "group": group, "extra_groups": []}


def _somebody() -> tuple[str, int]:
    known = {entry.pw_name: entry.pw_gid for entry in pwd.getpwall()}
    name = next(name for name in UNPRIVILEGED if name in known)
    return name, known[name]


def _free_port() -> int:
    """Return a port that was free a moment ago: the server takes none of its own choice."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
