"""Faults between machines: nothing gets from one place to another, and neither side is told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Undo
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class Partition(Fault):
    """Nothing passes between two places, in either direction; connections stay open and bring nothing."""

    name: ClassVar[str] = "partition"
    meaning: ClassVar[str] = "nothing passes between a zone or machine and a venue, a machine or the bus"
    aims_at: ClassVar[Aim] = Aim.LINK
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4152", "hummingbot#7230", "nautilus#4564")
    for_default_ns: ClassVar[int] = 60 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What lies beyond: the bus for who is cut off from it, else a venue."""
        beyond = self.on.partition("->")[2]
        return frozenset({Blocks.BUS}) if beyond == "bus" else frozenset({Blocks.REST, Blocks.STREAM})

    def inject(self, ground: Ground) -> Undo:
        """Swallow all data between the two, both ways."""
        one, _, other = self.on.partition("->")
        undos: list[Undo] = []
        for near in ground.machines_in(one):
            for far in ground.machines_in(other):
                for way in ((near, far), (far, near)):
                    link = ground.wires.link(*way)
                    undos.append(ground.hold(f"link {way}", link.black_hole, link.repair))
        return partial(_all, undos)


def _all(undos: list[Undo]) -> None:
    for undo in undos:
        undo()
