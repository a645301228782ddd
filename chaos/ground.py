"""The ground that faults act on: venues under fire, machines that can be stopped, wires that can refuse.

Chaos bends the world, never the bot. It is handed what it may touch, as Protocols of its own, so it works on the
simulated world today and on real processes behind a real proxy later. Nothing here knows what runs on a machine.

Faults overlap: two outages of one venue may be open at once, and the first to end must not undo the second. So
whatever is either on or off is *held*: it begins with the first hold and ends with the last release.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from simulator.dialects.gate import Gate
from simulator.exchange.exchange import TradingMode
from simulator.exchange.venue import ApiKey, Doors
from simulator.market.market import Market
from simulator.services.model import ModelSickness
from simulator.storage.disk import Disk

Undo = Callable[[], None]
"""Takes back what one injection did, and nothing else; safe to call once."""


class Matching(Protocol):
    """A matching engine whose doors can be narrowed, and which can be made to drop or forget orders."""

    silent_reject: Callable[[Any], bool] | None
    stops_asleep: bool

    @property
    def mode(self) -> TradingMode:
        """What clients may do."""
        ...

    @mode.setter
    def mode(self, mode: TradingMode, /) -> None: ...

    def restart(self, *, keep: float, random: random.Random) -> Sequence[object]:
        """Cancel each client's order unless a draw is below `keep`."""
        ...


@runtime_checkable
class Settling(Protocol):
    """A matching engine whose matches are settled later, and may fail to be."""

    settlement_fails: Callable[[Any], bool] | None


class VenueUnderFire(Protocol):
    """A venue as a fault sees it: the door in front of it, the matching behind it, the host it answers from."""

    @property
    def name(self) -> str:
        """Its name, such as `binance`."""
        ...

    @property
    def host(self) -> str:
        """The machine that its names resolve to."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """The names under which it is reached, such as `api.binance.com`."""
        ...

    @property
    def gate(self) -> Gate:
        """The door that REST requests and streams pass."""
        ...

    @property
    def exchange(self) -> Matching:
        """The matching engine."""
        ...

    @property
    def venue(self) -> Doors:
        """Its views and the keys of its accounts."""
        ...

    @property
    def keys(self) -> Sequence[ApiKey]:
        """The keys of the bot's account."""
        ...


class Machines(Protocol):
    """Something whose machines can be stopped and started by name."""

    def is_on(self, name: str) -> bool:
        """Tell whether a machine has power."""
        ...

    def crash(self, name: str) -> None:
        """Cut the power of a machine."""
        ...

    def reboot(self, name: str) -> None:
        """Start it again from its factory."""
        ...

    def pause(self, name: str) -> None:
        """Let it stand still."""
        ...

    def resume(self, name: str) -> None:
        """Let it go on."""
        ...

    def step_clock(self, name: str, by_ns: int) -> None:
        """Make its wall clock jump."""
        ...

    def drift_clock(self, name: str, ppm: int) -> int:
        """Let its wall clock gain so much from now on; return what it has gained so far."""
        ...


class Direction(Protocol):
    """One direction between two machines."""

    def black_hole(self) -> None:
        """Swallow everything."""
        ...

    def repair(self) -> None:
        """Let data through again."""
        ...


class Wires(Protocol):
    """Something that can refuse connections by name and cut those of a machine. `refuse` and `accept` are counted."""

    def refuse(self, names: Iterable[str]) -> None:
        """Refuse new connections to these names."""
        ...

    def accept(self, names: Iterable[str]) -> None:
        """Undo one `refuse`."""
        ...

    def reset(self, one: str, other: str | None = None) -> None:
        """Cut every open connection of a machine, or between two."""
        ...

    def link(self, source: str, target: str) -> Direction:
        """Return the link from one machine to another."""
        ...


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that is reached over the internet: its machine, and the names under which it answers."""

    host: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sites:
    """The names that selectors choose from: venues, the bot's machines with the zone of each, markets and services."""

    venues: tuple[str, ...]
    nodes: Mapping[str, str]
    markets: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that hold a machine, in the order of the machines."""
        return tuple(dict.fromkeys(self.nodes.values()))


@dataclass
class _Hold:
    begin: Callable[[], None]
    end: Callable[[], None]
    holders: int = 0


@dataclass
class Ground:
    """Everything that faults may touch, and the count of who holds what."""

    venues: Mapping[str, VenueUnderFire]
    machines: Machines
    wires: Wires
    sites: Sites = Sites(venues=(), nodes={})
    disks: Mapping[str, Disk] = field(default_factory=dict)
    markets: Mapping[str, Market] = field(default_factory=dict)
    services: Mapping[str, Place] = field(default_factory=dict)
    models: Mapping[str, ModelSickness] = field(default_factory=dict)
    _lags: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _holds: dict[str, _Hold] = field(default_factory=dict)
    _rejecters: dict[str, list[Callable[[Any], bool]]] = field(default_factory=dict)

    def hold(self, what: str, begin: Callable[[], None], end: Callable[[], None]) -> Undo:
        """Begin something, unless another fault holds it already; the last undo ends it."""
        hold = self._holds.setdefault(what, _Hold(begin, end))
        hold.holders += 1
        if hold.holders == 1:
            begin()

        def release() -> None:
            hold.holders -= 1
            if hold.holders == 0:
                del self._holds[what]
                end()

        return release

    def is_held(self, what: str) -> bool:
        """Tell whether a fault holds it."""
        return what in self._holds

    def machines_in(self, place: str) -> tuple[str, ...]:
        """Return the machines meant by the name of a zone, a node, a venue or a service."""
        zone = tuple(name for name, zone in self.sites.nodes.items() if zone == place)
        if zone:
            return zone
        if place in self.venues:
            return (self.venues[place].host,)
        return (self.services[place].host,) if place in self.services else (place,)

    def delay_view(self, venue: str, view: str, lag_ns: int) -> Undo:
        """Let a view of a venue be that late, or later where another fault says so."""
        door = self.venues[venue].venue.views[view]
        lags = self._lags.setdefault((venue, view), [door.lag_ns])
        lags.append(lag_ns)
        door.lag_ns = max(lags)

        def undo() -> None:
            lags.remove(lag_ns)
            door.lag_ns = max(lags)

        return undo

    def reject_silently(self, venue: str, rejects: Callable[[Any], bool]) -> Undo:
        """Ask `rejects(order)` about every order that the venue takes; any yes drops it."""
        rejecters = self._rejecters.setdefault(venue, [])
        rejecters.append(rejects)
        exchange = self.venues[venue].exchange

        def asks_all(order: Any) -> bool:
            answers = [ask(order) for ask in rejecters]  # every one: each draws from a stream of its own
            return any(answers)

        exchange.silent_reject = asks_all

        def undo() -> None:
            rejecters.remove(rejects)
            if not rejecters:
                exchange.silent_reject = None

        return undo
