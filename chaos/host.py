"""Faults of the bot's own ground: machines lose power, stand still, or show the wrong time; a zone goes dark.

A machine that stands still is the more dangerous one: it wakes with requests in its hands that were right when it fell
asleep. A wrong clock is the quietest: nothing fails until a venue, or a lease, believes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chaos.fault import Aim, Blocks, Fault
from chaos.ground import Ground, Undo
from chaos.parameter import count, duration
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
        return _cut_power(ground, self.on)


@dataclass(frozen=True, kw_only=True)
class ZoneOutage(Fault):
    """Every machine of a zone loses power at the same moment, and all boot when the zone is back."""

    name: ClassVar[str] = "zone_outage"
    meaning: ClassVar[str] = "all machines of the bot in a zone lose power at once"
    aims_at: ClassVar[Aim] = Aim.ZONE
    learned_from: ClassVar[tuple[str, ...]] = ("Coinbase 2026-05-07", "AWS 2025-10-20")
    for_default_ns: ClassVar[int] = 600 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What runs in the zone is gone."""
        return frozenset({Blocks.COMPONENT})

    def inject(self, ground: Ground) -> Undo:
        """Cut the power of every machine in the zone."""
        undos = [_cut_power(ground, name) for name in ground.machines_in(self.on)]

        def undo() -> None:
            for one in undos:
                one()

        return undo


@dataclass(frozen=True, kw_only=True)
class Pause(Fault):
    """A machine stands still, as a suspended virtual machine does, and goes on as if nothing had been."""

    name: ClassVar[str] = "pause"
    meaning: ClassVar[str] = "a machine of the bot stands still: nothing runs, what arrives waits, clocks go on"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("design section 5: a paused leader", "TigerBeetle VOPR")
    for_default_ns: ClassVar[int] = 40 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What runs on the machine is gone for a while."""
        return frozenset({Blocks.COMPONENT})

    def inject(self, ground: Ground) -> Undo:
        """Stop it; the undo lets it go on."""
        machines = ground.machines
        return ground.hold(f"pause {self.on}", lambda: machines.pause(self.on), lambda: machines.resume(self.on))


@dataclass(frozen=True, kw_only=True)
class ClockStep(Fault):
    """The wall clock of a machine jumps, and jumps back when it is corrected."""

    name: ClassVar[str] = "clock_step"
    meaning: ClassVar[str] = "the wall clock of a machine jumps ahead, until it is corrected"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("OctoBot#1883", "freqtrade#9404", "hummingbot#7098")
    for_default_ns: ClassVar[int] = 300 * NS

    by: int = duration("1500ms", low="1ms", high="1h", meaning="how far it jumps")
    back: int = count(0, low=0, high=1, meaning="1 where it jumps back instead of ahead")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: a machine with a wrong clock can do all that it could."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Step the clock; the undo steps it back by as much."""
        by_ns = -self.by if self.back else self.by
        ground.machines.step_clock(self.on, by_ns)
        return lambda: ground.machines.step_clock(self.on, -by_ns)


@dataclass(frozen=True, kw_only=True)
class ClockDrift(Fault):
    """The wall clock of a machine gains, a little every second, until it is corrected."""

    name: ClassVar[str] = "clock_drift"
    meaning: ClassVar[str] = "the wall clock of a machine runs fast, until it is corrected"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#13397", "OctoBot#1883")
    for_default_ns: ClassVar[int] = 3600 * NS

    ppm: int = count(280, low=1, high=1_000_000, meaning="microseconds gained a second; 280 is a second an hour")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: a machine with a wrong clock can do all that it could."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Let it drift; the undo ends that and takes back what was gained."""
        ground.machines.drift_clock(self.on, self.ppm)
        return lambda: ground.machines.step_clock(self.on, -ground.machines.drift_clock(self.on, 0))


def _cut_power(ground: Ground, name: str) -> Undo:
    """Cut the power; the undo boots what was on, and leaves off what was off by design."""
    machines = ground.machines
    if not machines.is_on(name) and not ground.is_held(f"crash {name}"):
        return lambda: None
    return ground.hold(f"crash {name}", lambda: machines.crash(name), lambda: machines.reboot(name))
