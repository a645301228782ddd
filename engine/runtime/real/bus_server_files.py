"""The data folder of a bus of our own: who may use it, what the server is told, and what it says of itself.

lock            held by whoever started the server, and by the server for as long as it lives
version         of the server that wrote the data last
server.conf     what the server is told, the token too: only its owner can read it
server.log      what the server says
ports/          where it listens, as it writes it
data/           JetStream's own
"""

import fcntl
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from engine.domain.errors import EngineError

Version = tuple[int, int, int]


class BusServerFailed(EngineError):
    """The bus's own server cannot be started, or does not stay up; says what to do."""


class FolderInUse(BusServerFailed):
    """Another server has the folder."""


@dataclass(frozen=True, kw_only=True)
class Peers:
    """The place of one server in a cluster of several.

    Args:
        routes: where the other servers listen for each other, `host:port` each.
    """

    cluster: str
    server: str
    listen: str
    routes: tuple[str, ...]


def lock_folder(folder: Path) -> int:
    """Make a data folder, or take one over, and return the open lock; raise `FolderInUse`, or `BusServerFailed`."""
    try:
        for part in (folder, folder / "data", folder / "ports"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BusServerFailed(f"the bus's data folder {folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        told = f"the bus's data folder {folder} is in use by another server; end that one, or give this one its own"
        raise FolderInUse(told) from None
    return lock


def check_version(folder: Path, version: Version, *, least: tuple[int, int]) -> None:
    """Refuse a server that is older than is needed, or than what has written the data; note who writes it now."""
    shown = ".".join(map(str, version))
    if version[:2] < least:
        needed = ".".join(map(str, least))
        raise BusServerFailed(f"nats-server {shown} is too old: install {needed}, or name it in bus.server")
    noted = folder / "version"
    wrote = read_version(noted.read_text(encoding="utf-8")) if noted.exists() else None
    if wrote is not None and wrote[:2] > version[:2]:
        newer = ".".join(map(str, wrote))
        told = f"nats-server {newer} has written {folder}, and {shown} may misread it: start that one again"
        raise BusServerFailed(f"{told} (bus.server)")
    noted.write_text(f"{shown}\n", encoding="utf-8")


def read_version(text: str) -> Version | None:
    """Return the version that some text names, or None."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def write_configuration(folder: Path, *, token: str, port: int, payload_max: int, peers: Peers | None) -> Path:
    """Write what the server is told, for its owner's eyes only, and return the path; `port` -1 lets it choose."""
    path = folder / "server.conf"
    lines = [
        f"listen: {json.dumps(f'127.0.0.1:{port}')}",
        f"authorization {{ token: {json.dumps(token)} }}",
        f"jetstream {{ store_dir: {json.dumps(str(folder / 'data'))}, sync_interval: always }}",
        f"max_payload: {payload_max}",
        'ping_interval: "5s"',
        "ping_max: 2",
        f"ports_file_dir: {json.dumps(str(folder / 'ports'))}",
        f"log_file: {json.dumps(str(folder / 'server.log'))}",
        "logfile_size_limit: 8MB",
        "logfile_max_num: 4",
    ]
    if peers is not None:
        login = f"authorization {{ user: stormproof, password: {json.dumps(token)} }}"
        routes = ", ".join(json.dumps(f"nats://stormproof:{quote(token, safe='')}@{where}") for where in peers.routes)
        lines += [
            f"server_name: {json.dumps(peers.server)}",
            f"cluster {{ name: {json.dumps(peers.cluster)}, listen: {json.dumps(peers.listen)}, {login}, "
            f"routes: [{routes}] }}",
        ]
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    path.chmod(0o600)  # it may have been there before
    return path


def read_port(folder: Path, pid: int) -> int | None:
    """Return the port that a server says it listens at, None while it has not said so."""
    try:
        told = json.loads((folder / "ports" / f"nats-server_{pid}.ports").read_text(encoding="utf-8"))
        return int(str(told["nats"][0]).rpartition(":")[2])
    except (FileNotFoundError, ValueError, LookupError):
        return None


def last_words(folder: Path) -> str:
    """Return the last that the server said of what is wrong with it."""
    try:
        lines = (folder / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "it said nothing"
    bad = [line for line in lines if re.search(r"\[(FTL|ERR)\]|nats-server:", line)]
    return re.sub(r"^\[\d+\] \S+ \S+ ", "", (bad or lines or ["it said nothing"])[-1])


def streams_on_disk(folder: Path) -> tuple[str, ...]:
    """Return the streams that have messages in the data folder, sorted: each must be served again."""
    found = (folder / "data" / "jetstream").glob("*/streams/*")
    return tuple(sorted(one.name for one in found if any((one / "msgs").glob("*.blk"))))
