"""Faults of the bot's own ground: machines lose power, stand still, or show the wrong time; a zone goes dark.

A machine that stands still is the more dangerous one: it wakes with requests in its hands that were right when it fell
asleep. A wrong clock is the quietest: nothing fails until a venue, or a lease, believes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from chaos.fault import VIRTUAL, Aim, Blocks, Fault
from chaos.ground import Ground
from chaos.parameter import count, duration, number
from chaos.reach import Timer, Undo, all_of
from chaos.units import NS
from chaos.venue import close_port


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
        return all_of([_cut_power(ground, name) for name in ground.machines_in(self.on)])


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
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
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
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
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


@dataclass(frozen=True, kw_only=True)
class Reboot(Crash):
    """A machine is restarted in good order: all that was written is on its disk."""

    name: ClassVar[str] = "reboot"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "a machine of the bot is restarted in good order: nothing that was written is lost"
    learned_from: ClassVar[tuple[str, ...]] = ("certify.md section 6: planned restarts",)
    for_default_ns: ClassVar[int] = 30 * NS

    def inject(self, ground: Ground) -> Undo:
        """Make the disk durable, then cut the power; the undo boots the machine."""
        ground.disks[self.on].sync()
        return _cut_power(ground, self.on)


@dataclass(frozen=True, kw_only=True)
class PowerCut(Crash):
    """A machine loses power while its disk writes: of what was not synced some is there, and some of that is torn."""

    name: ClassVar[str] = "power_cut"
    worlds: ClassVar[tuple[str, ...]] = VIRTUAL
    meaning: ClassVar[str] = "a machine loses power, and its disk keeps some of what was not synced, torn at a sector"
    learned_from: ClassVar[tuple[str, ...]] = ("freqtrade#7184", "TigerBeetle VOPR", "design section 4: storage")

    def inject(self, ground: Ground) -> Undo:
        """Cut the power over a disk that tears; the undo boots the machine."""
        disk = ground.disks[self.on]
        disk.tears = self.chance()
        boot = _cut_power(ground, self.on)
        disk.tears = None
        return boot


@dataclass(frozen=True, kw_only=True)
class Slow(Fault):
    """A machine gets its processor only part of the time, as beside a noisy neighbour: it stands still, often."""

    name: ClassVar[str] = "slow"
    meaning: ClassVar[str] = "a machine of the bot stands still for part of every moment"
    aims_at: ClassVar[Aim] = Aim.NODE
    learned_from: ClassVar[tuple[str, ...]] = ("nautilus#4533", "hummingbot#6479")
    for_default_ns: ClassVar[int] = 120 * NS

    share: float = number(0.8, low=0.01, high=0.99, meaning="which part of every moment it stands still")
    moment: int = duration("200ms", low="10ms", high="10s", meaning="how long a moment is")

    @property
    def blocks(self) -> frozenset[Blocks]:
        """Nothing: all that it did it still does, later."""
        return frozenset()

    def inject(self, ground: Ground) -> Undo:
        """Pause it in every moment; the undo lets it run."""
        stutter = _Stutter(ground, self.on, stands_ns=round(self.moment * self.share), moment_ns=self.moment)
        stutter.stand()
        return stutter.end


@dataclass(frozen=True, kw_only=True)
class RegionOutage(Fault):
    """A region of a cloud is gone: the bot's machines in it, and the venues that stand there."""

    name: ClassVar[str] = "region_outage"
    meaning: ClassVar[str] = "all machines of the bot in a region lose power, and its venues serve nobody"
    aims_at: ClassVar[Aim] = Aim.REGION
    learned_from: ClassVar[tuple[str, ...]] = ("AWS 2025-10-20", "Coinbase 2026-05-07")
    for_default_ns: ClassVar[int] = 600 * NS

    @property
    def blocks(self) -> frozenset[Blocks]:
        """What runs there, and the venues."""
        return frozenset({Blocks.COMPONENT, Blocks.REST, Blocks.STREAM})

    def inject(self, ground: Ground) -> Undo:
        """Take all of it away; the undo brings it back."""
        places = ground.sites.places(self.on)
        venues = [close_port(ground, ground.venues[name]) for name in places if name in ground.venues]
        return all_of([*venues, *(_cut_power(ground, name) for name in places if name in ground.sites.nodes)])


class _Stutter:
    """A machine that stands still for a part of every moment, until the end."""

    def __init__(self, ground: Ground, name: str, *, stands_ns: int, moment_ns: int) -> None:
        machines = ground.machines
        self._hold = partial(
            ground.hold, f"pause {name}", partial(machines.pause, name), partial(machines.resume, name)
        )
        self._timers = ground.timers
        self._stands_ns, self._runs_ns = stands_ns, moment_ns - stands_ns
        self._go: Undo | None = None
        self._timer: Timer | None = None

    def stand(self) -> None:
        """Stand still for a while."""
        self._go = self._hold()
        self._timer = self._timers.call_later(self._stands_ns, self._run)

    def _run(self) -> None:
        self._let_go()
        self._timer = self._timers.call_later(self._runs_ns, self.stand)

    def end(self) -> None:
        """Run for good."""
        if self._timer is not None:
            self._timer.cancel()
        self._let_go()

    def _let_go(self) -> None:
        if self._go is not None:
            self._go()
        self._go = None


def _cut_power(ground: Ground, name: str) -> Undo:
    """Cut the power; the undo boots what was on, and leaves off what was off by design."""
    machines = ground.machines
    if not machines.is_on(name) and not ground.is_held(f"crash {name}"):
        return lambda: None
    return ground.hold(f"crash {name}", lambda: machines.crash(name), lambda: machines.reboot(name))
