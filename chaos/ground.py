"""The ground that faults act on: what they may touch, by name, and the count of who holds what.

Faults overlap: two outages of one venue may be open at once, and the first to end must not undo the second. So
whatever is either on or off is *held*: it begins with the first hold and ends with the last release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.reach import Bus, Machines, Timers, Undo, VenueUnderFire, Wires
from simulator.market.climate import Climate
from simulator.market.market import Market
from simulator.services.model import ModelSickness
from simulator.storage.disk import Disk

ENDPOINTS = ("orders", "account", "public")
"""The classes of a venue's REST requests that can be struck apart."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that is reached over the internet: its machine, and the names under which it answers."""

    host: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sites:
    """The names that selectors choose from: venues, the bot's machines with the zone of each, markets and services.

    `regions` says which zones and venues share what a cloud calls a region, and so fail together.
    """

    venues: tuple[str, ...]
    nodes: Mapping[str, str]
    markets: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that hold a machine, in the order of the machines."""
        return tuple(dict.fromkeys(self.nodes.values()))

    def places(self, on: str) -> tuple[str, ...]:
        """Return the venues and machines behind what a fault is thrown at: a region, a zone, both ends of a link."""
        near, arrow, far = on.partition("->")
        if arrow:
            return (*self._machines(near), far)
        if on in self.regions:
            return tuple(place for part in self.regions[on] for place in self._machines(part))
        endpoint, _, venue = on.partition("@")
        return (venue,) if endpoint in ENDPOINTS else self._machines(on)

    def _machines(self, place: str) -> tuple[str, ...]:
        return tuple(name for name, zone in self.nodes.items() if zone == place) or (place,)


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
    timers: Timers
    bus: Bus
    sites: Sites = Sites(venues=(), nodes={})
    disks: Mapping[str, Disk] = field(default_factory=dict)
    markets: Mapping[str, Market] = field(default_factory=dict)
    services: Mapping[str, Place] = field(default_factory=dict)
    models: Mapping[str, ModelSickness] = field(default_factory=dict)
    climate: Climate | None = None
    acting: dict[str, str] = field(default_factory=dict)
    """The faults that act at present: the kind of each, by its id."""
    _lags: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _holds: dict[str, _Hold] = field(default_factory=dict)
    _asked: dict[str, list[Callable[[Any], Any]]] = field(default_factory=dict)

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

    def ask(self, what: str, oracle: Callable[[Any], Any], hook: tuple[Any, str]) -> Undo:
        """Ask `oracle` wherever `hook` (an object and its attribute) is asked; the first that has an answer counts.

        Every oracle is asked every time, for each draws from a stream of its own.
        """
        oracles = self._asked.setdefault(what, [])
        oracles.append(oracle)
        setattr(*hook, lambda subject: next(filter(None, [one(subject) for one in oracles]), None))

        def undo() -> None:
            oracles.remove(oracle)
            if not oracles:
                setattr(*hook, None)

        return undo
