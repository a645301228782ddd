"""Faults of a machine's disk: it takes no more, fails, is slow, or somebody else holds its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, duration
from chaos.reach import Undo
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class DiskFull(Fault):
    """Nothing more is written; what was written stays and can be read."""

    name: ClassVar[str] = "disk_full"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the disk of a machine is full: every write is refused"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#6353", "freqtrade#7184")
    for_default_ns: ClassVar[int] = 120 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The journal."""
        return frozenset({Blocks.JOURNAL})

    def inject(self, ground: Ground) -> Undo:
        """Fill the disk; the undo makes room."""
        trouble = ground.disks[self.on].trouble
        return ground.hold(
            f"disk full {self.on}", lambda: setattr(trouble, "full", True), lambda: setattr(trouble, "full", False)
        )


@dataclass(frozen=True, kw_only=True)
class DatabaseLocked(Fault):
    """Another process holds every file, as a backup does."""

    name: ClassVar[str] = "db_locked"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the databases of a machine are locked by somebody else"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#4653", "freqtrade#6353", "hummingbot#2201")
    for_default_ns: ClassVar[int] = 5 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The journal."""
        return frozenset({Blocks.JOURNAL})

    def inject(self, ground: Ground) -> Undo:
        """Take the lock; the undo gives it back."""
        trouble = ground.disks[self.on].trouble
        return ground.hold(
            f"disk locked {self.on}",
            lambda: setattr(trouble, "locked", True),
            lambda: setattr(trouble, "locked", False),
        )


@dataclass(frozen=True, kw_only=True)
class SlowSync(Fault):
    """Every sync takes long."""

    name: ClassVar[str] = "slow_sync"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the disk of a machine takes long to make a write durable"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("certify.md section 6",)
    for_default_ns: ClassVar[int] = 120 * NS

    takes: int = duration("500ms", low="1ms", high="1m", meaning="how long one sync takes")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: all that is written becomes durable."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Slow the disk down by the difference; the undo takes it off again."""
        disk = ground.disks[self.on]
        more_ns = max(0, self.takes - disk.sync_ns)
        disk.sync_ns += more_ns

        def undo() -> None:
            disk.sync_ns -= more_ns

        return undo


@dataclass(frozen=True, kw_only=True)
class DiskFailing(Fault):
    """The device gives up: what is asked of it ends in an error, as on a disk that is dying."""

    name: ClassVar[str] = "disk_failing"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "reads, writes or syncs of a machine's disk fail"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("certify.md section 6", "design section 4: storage")
    for_default_ns: ClassVar[int] = 120 * NS

    act: str = choice("write", "sync", "read", meaning="what fails")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The journal."""
        return frozenset({Blocks.JOURNAL})

    def inject(self, ground: Ground) -> Undo:
        """Let it fail; the undo mends the device."""
        failing = ground.disks[self.on].trouble.failing
        failing[self.act] += 1

        def undo() -> None:
            failing[self.act] -= 1

        return undo
