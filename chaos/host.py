"""Faults of the bot's own ground: a machine loses power and comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Undo
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class Crash(Fault):
    """A machine loses power at once; after its down time it boots from nothing but its disk."""

    name: ClassVar[str] = "crash"
    meaning: ClassVar[str] = "a machine of the bot loses power, and boots again when the time is over"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("hummingbot-api#243", "nautilus#3592", "jesse#371")
    for_default_ns: ClassVar[int] = 20 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What runs on the machine is gone."""
        return frozenset({Blocks.COMPONENT})

    def inject(self, ground: Ground) -> Undo:
        """Cut the power; the undo boots the machine."""
        machines = ground.machines
        return ground.hold(f"crash {self.on}", lambda: machines.crash(self.on), lambda: machines.reboot(self.on))
