"""A simulated disk under the real SQLite: it keeps what was synced through a power cut, and nothing else.

SQLite reaches its files through a VFS, and apsw lets one be written in Python; so the engine's journal runs on the
real SQLite code with the real write-ahead log, while the disk belongs to the world. A write lands in the file's
present content; a sync makes the content so far durable; a power cut takes the content back to the last sync.
Each boot gets a VFS and files of its own, so that what a buried task of an earlier boot still writes, or deletes,
happens to ghosts of files. They go when the dead have been buried.

The VFS has no shared memory, so SQLite answers `delete` to `journal_mode=WAL` unless `locking_mode=EXCLUSIVE` came
first. Time and randomness that SQLite asks for are the world's.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import apsw

from simulator.kernel import NS, Host
from simulator.storage.content import Content

_numbers = itertools.count(1)  # VFS names are global to the process; they never enter a trace

SECTOR_BYTES = 512
"""What a disk writes whole or not at all."""

UNIX_EPOCH_AS_JULIAN_MS = 210_866_760_000_000
"""Julian day number of 1970-01-01, in milliseconds, as SQLite counts time."""


class DiskFile:
    """One file: its present content, and how to take back what was not synced."""

    def __init__(self, *, survives: bool = True) -> None:
        """Begin with nothing; what does not survive a power cut anyway has nothing to be taken back."""
        self.content = Content()
        self._survives = survives
        self._undo: list[tuple[int, bytes, int, bytes | None]] = []
        """(offset, what stood there, the file's length then, what was written; None: it was cut off), newest last."""

    def write(self, data: bytes, offset: int) -> None:
        """Write at an offset; a gap before it is filled with zeros."""
        size = len(self.content)
        if self._survives:
            self._undo.append((offset, self.content.read(len(data), offset), size, data))
        self.content.write(data, offset)

    def truncate(self, size: int) -> None:
        """Cut the file off at `size`."""
        if self._survives:
            self._undo.append((size, self.content.read(len(self.content), size), len(self.content), None))
        self.content.truncate(size)

    def sync(self) -> None:
        """Make the present content durable."""
        self._undo.clear()

    def survivor(self, tear: random.Random | None = None) -> DiskFile:
        """Return the file that stands here after a power cut: what was synced.

        With a stream of chance some of what was not survives as well, as on a disk that writes in an order of its own:
        each write whole, up to some sector, or not at all.
        """
        file = DiskFile()
        file.content = self.content.copy()
        for offset, before, size, _ in reversed(self._undo):
            file.content.write(before, offset)
            file.content.truncate(size)
        if tear is not None:
            for offset, _, _, written in self._undo:
                file.tear(offset, written, tear)
        return file

    def tear(self, offset: int, written: bytes | None, chance: random.Random) -> None:
        """Let a write that was not synced have reached the disk, in part or not at all."""
        fate = chance.random()
        if written is None:
            if fate < 0.5:
                self.truncate(offset)
        else:
            sectors = -(-len(written) // SECTOR_BYTES)
            kept = sectors if fate < 1 / 3 else chance.randrange(sectors + 1) if fate < 2 / 3 else 0
            if kept:
                self.write(written[: kept * SECTOR_BYTES], offset)
        self.sync()


@dataclass
class Trouble:
    """What is wrong with a disk at present: nothing, unless a fault says so."""

    full: bool = False
    """Nothing more is written."""
    locked: bool = False
    """Somebody else holds every file, as a backup or a second process does."""

    failing: Counter[str] = field(default_factory=Counter)
    """Above 0 under `read`, `write` or `sync`: that fails, as on a disk that is dying."""

    def check_device(self, act: str) -> None:
        """Raise what SQLite is told of an act now, if the device fails it."""
        if self.failing[act]:
            raise apsw.IOError("disk I/O error")

    def check(self) -> None:
        """Raise what SQLite is told of a write now, if it is to fail."""
        self.check_device("write")
        if self.full:
            raise apsw.FullError("database or disk is full")
        if self.locked:
            raise apsw.BusyError("database is locked")


class Disk:
    """The disk of one machine, through all its boots. `vfs` is the name that SQLite opens it by in this boot."""

    def __init__(self, host: Host, *, sync_ns: int = 2_000_000) -> None:
        self.sync_ns = sync_ns
        self.files: dict[str, DiskFile] = {}
        self.trouble = Trouble()
        self.tears: random.Random | None = None
        """While set, a power cut leaves some of what was not synced, torn; drawn from this stream of chance."""
        self._wall_ns = host.wall_ns
        self._chance = host.world.randomness.stream(f"disk/{host.name}")
        self._boots = [self._mount()]
        host.unplug.append(self.lose_power)
        host.after_burial.append(self.forget_ghosts)
        host.world.at_end.append(self.close)

    @property
    def vfs(self) -> str:
        """The name under which apsw opens this disk."""
        return self._boots[-1].name

    def sync(self) -> None:
        """Make everything durable, as an orderly shutdown does."""
        for file in self.files.values():
            file.sync()

    def opened(self, close: Callable[[], None]) -> None:
        """Note how to close what was opened in this boot, for the case that nobody of it is left to do so."""
        self._boots[-1].closers.append(close)

    def lose_power(self) -> None:
        """Lose what was not synced; what was open stays open on ghosts."""
        self.files = {path: file.survivor(self.tears) for path, file in self.files.items()}
        self._boots.append(self._mount())

    def forget_ghosts(self) -> None:
        """Let go of what was open before the last power cut."""
        while len(self._boots) > 1:
            self._boots.pop(0).end()

    def close(self) -> None:
        """Take the disk out of SQLite's list; no file of it can be opened any more."""
        while self._boots:
            self._boots.pop(0).end()

    def _mount(self) -> DiskVFS:
        return DiskVFS(self.files, f"disk-{next(_numbers)}", self._wall_ns, self._chance, self.trouble)


class DiskVFS(apsw.VFS):
    """SQLite's view of a disk in one boot of its machine."""

    def __init__(
        self,
        files: dict[str, DiskFile],
        name: str,
        wall_ns: Callable[[], int],
        chance: random.Random,
        trouble: Trouble,
    ) -> None:
        self.name = name
        self._files = files
        self._wall_ns = wall_ns
        self._chance = chance
        self._trouble = trouble
        self.closers: list[Callable[[], None]] = []
        super().__init__(name, "")

    def end(self) -> None:
        """Close what is still open, and leave SQLite's list."""
        while self.closers:
            self.closers.pop()()
        self.unregister()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> DiskHandle:  # type: ignore[override]  # noqa: N802
        """Open a file, making it where there is none; one without a name is SQLite's scratch paper."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        flags[1] = flags[0]
        file = DiskFile(survives=False) if path is None else self._files.setdefault(path, DiskFile())
        return DiskHandle(file, self._trouble)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """Delete a file."""
        self._files.pop(filename, None)

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: N802
        """Say whether there is such a file."""
        return pathname in self._files

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """Return the name as it is: there are no folders."""
        return name

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802
        """Return bytes of the world's chance."""
        return self._chance.randbytes(numbytes)

    def xSleep(self, microseconds: int) -> int:  # noqa: N802
        """Do not sleep: nobody else holds a lock here."""
        return microseconds

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        """Return the machine's wall clock in milliseconds since the Julian epoch."""
        return UNIX_EPOCH_AS_JULIAN_MS + self._wall_ns() * 1000 // NS


class DiskHandle:
    """An open file."""

    def __init__(self, file: DiskFile, trouble: Trouble) -> None:
        self._file = file
        self._trouble = trouble

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Read; fewer bytes at the end of the file."""
        self._trouble.check_device("read")
        return self._file.content.read(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write, not yet durably; a disk in trouble refuses."""
        self._trouble.check()
        self._file.write(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        """Cut the file off."""
        self._file.truncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Make the file durable."""
        self._trouble.check_device("sync")
        self._file.sync()

    def xFileSize(self) -> int:  # noqa: N802
        """Return the size in bytes."""
        return len(self._file.content)

    def xLock(self, level: int) -> None:  # noqa: N802
        """Grant every lock, for one process owns the disk, unless a fault holds it."""
        if self._trouble.locked:
            raise apsw.BusyError("database is locked")

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Release a lock."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Nobody else holds a lock."""
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: N802
        """Offer no extras."""
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        """Return the sector size in bytes."""
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """Promise nothing beyond the plain contract."""
        return 0

    def xClose(self) -> None:  # noqa: N802
        """Close; nothing is made durable by it."""
