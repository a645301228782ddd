"""Faults of the bus: for a while nobody can say or hear anything, and who was connected must come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Undo
from chaos.parameter import choice
from chaos.units import NS


@dataclass(frozen=True, kw_only=True)
class BusOutage(Fault):
    """The bus serves nobody: its machine is down, or it takes no connection."""

    name: ClassVar[str] = "bus_outage"
    meaning: ClassVar[str] = "the bus is down (crash: it boots from its disk), or refuses everybody (refuse)"
    aims_at: ClassVar[Aim] = Aim.BUS
    learned_from: ClassVar[tuple[str, ...]] = ("mission U6", "certify.md section 6")
    for_default_ns: ClassVar[int] = 30 * NS

    mode: str = choice("crash", "refuse", meaning="crash cuts its power, refuse cuts and refuses connections")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """The bus."""
        return frozenset({Blocks.BUS})

    def inject(self, ground: Ground) -> Undo:
        """Cut its power, or its connections."""
        place = ground.services[self.on]
        if self.mode == "crash":
            machines = ground.machines
            return ground.hold("bus", lambda: machines.crash(place.host), lambda: machines.reboot(place.host))
        ground.wires.refuse(place.names)
        ground.wires.reset(place.host)
        return lambda: ground.wires.accept(place.names)
