"""Faults of the bus: for a while it serves nobody, is slow, or says again what it has said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import choice, duration, probability
from chaos.reach import Undo, all_of
from chaos.units import NS
from chaos.venue import close_port
from simulator.network.toxics import Toxic


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
        return close_port(ground, place)


@dataclass(frozen=True, kw_only=True)
class BusRedelivery(Fault):
    """The bus brings again what was brought, as after an acknowledgement that was lost."""

    name: ClassVar[str] = "bus_redelivery"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the bus delivers some stored messages twice"
    aims_at: ClassVar[Aim] = Aim.BUS
    learned_from: ClassVar[tuple[str, ...]] = ("design section 5: at least once", "NATS JetStream")
    for_default_ns: ClassVar[int] = 600 * NS

    probability: float = probability(0.3, meaning="how often a delivery is made twice")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: it is what "at least once" says."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Let chance decide about each delivery."""
        bus, chance = ground.bus, self.chance()
        return ground.hold(
            "redelivery",
            partial(setattr, bus, "delivers_twice", lambda: chance.random() < self.probability),
            partial(setattr, bus, "delivers_twice", None),
        )


@dataclass(frozen=True, kw_only=True)
class BusSlow(Fault):
    """The bus is slow: what is stored is durable late, and all that it says and hears is under way for longer."""

    name: ClassVar[str] = "bus_slow"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "the bus takes long to store, and its messages are late"
    aims_at: ClassVar[Aim] = Aim.BUS
    learned_from: ClassVar[tuple[str, ...]] = ("certify.md section 6", "design section 5")
    for_default_ns: ClassVar[int] = 300 * NS

    late: int = duration("300ms", low="1ms", high="4s", meaning="how much later each message arrives, each way")
    stores: int = duration("200ms", low="1ms", high="4s", meaning="how much longer storing a message takes")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: all is said and heard, later."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Slow its disk and its links down; the undo takes that off again."""
        bus, host = ground.bus, ground.services[self.on].host
        bus.sync_ns += self.stores
        ways = [way for node in ground.sites.nodes for way in ((node, host), (host, node))]
        hasten = all_of([ground.wires.link(*way).poison(Toxic(delay_ns=self.late)) for way in ways])

        def undo() -> None:
            bus.sync_ns -= self.stores
            hasten()

        return undo
