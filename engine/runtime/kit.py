"""What the parts of one node share: its configuration, its surroundings, and one door each to bus, log and stores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from engine.domain.messages import Component
from engine.ops.alert_book import AlertBook
from engine.ops.call_book import CallBook, CallBounds
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.runtime.config import BotConfig
from engine.runtime.logs import node_log
from engine.runtime.surroundings import Surroundings
from engine.services.log import Log
from engine.services.outbox import Outbox
from engine.services.venue_limits import LimitBounds, VenueLimits, Whereabouts

if TYPE_CHECKING:
    from engine.venues.door import Door

CALLERS = (Component.INGESTION, Component.EXECUTION)
"""The components that talk to venues."""


@dataclass
class Kit:
    """Handed to whoever builds a part of the node; it outlives the parts."""

    config: BotConfig
    surroundings: Surroundings
    log: Log
    outbox: Outbox
    alarms: dict[Component, AlertBook]
    calls: dict[Component, CallBook]
    """The requests to venues, by the component that makes them."""
    limits: VenueLimits
    """What is known of bans, and told of breakers."""
    _stores: dict[str, Store] = field(default_factory=dict)
    _doors: dict[str, Door] = field(default_factory=dict)

    @property
    def node(self) -> str:
        """Return the node's name."""
        return self.surroundings.node

    @property
    def clock(self) -> Clock:
        """Return the node's clocks."""
        return self.surroundings.clock

    @property
    def bus(self) -> Bus:
        """Return the node's connection to the bus."""
        return self.surroundings.bus

    @property
    def secrets(self) -> Mapping[str, str]:
        """Return the node's secrets by the names of their environment variables."""
        return self.surroundings.secrets

    @property
    def doors(self) -> Mapping[str, Door]:
        """Return the doors that are open, by venue."""
        return self._doors

    async def store(self, name: str) -> Store:
        """Return one of the node's stores, opened at its first use; raise `StoreUnavailable`.

        It stays open while the parts that use it are started again: one process opens a file once.
        """
        if name not in self._stores:
            self._stores[name] = await self.surroundings.open_store(name)
        return self._stores[name]

    async def shared_store(self, url_env: str, *, within_ns: int) -> Store:
        """Return a store that machines share, by the variable that has its address; raise `StoreUnavailable`.

        Args:
            within_ns: how long anything may take there.
        """
        if url_env not in self._stores:
            self._stores[url_env] = await self.surroundings.open_shared(self.secrets[url_env], within_ns)
        return self._stores[url_env]

    def door(self, venue: str) -> Door:
        """Return the node's one door to a venue, which all its connections share and which outlives them."""
        if venue not in self._doors:
            self._doors[venue] = _open_door(venue, self.clock, self.limits)
        return self._doors[venue]


def make_kit(config: BotConfig, surroundings: Surroundings) -> Kit:
    """Return the kit of a node."""
    log = node_log(surroundings.node, surroundings.clock, surroundings.log_line)
    outbox = Outbox(
        surroundings.bus,
        surroundings.clock,
        log,
        pending_max=config.bus.outbox_max,
        in_flight_max=config.bus.in_flight_max,
        retry_every_ns=config.bus.retry_every_ns,
    )
    alarms = {
        component: AlertBook(
            component,
            node=surroundings.node,
            outbox=outbox,
            clock=surroundings.clock,
            log=log,
            repeat_every_ns=config.alerts.repeat_every_ns,
        )
        for component in Component
    }
    bounds = CallBounds(
        report_every_ns=config.monitor.calls_every_ns,
        latency_floor_ns=config.alerts.latency_floor_ns,
        latency_factor=float(config.alerts.latency_factor),
    )
    calls = {
        component: CallBook(
            alarms[component],
            node=surroundings.node,
            bus=surroundings.bus,
            clock=surroundings.clock,
            log=log,
            bounds=bounds,
        )
        for component in CALLERS
    }
    kit = Kit(
        config=config,
        surroundings=surroundings,
        log=log,
        outbox=outbox,
        alarms=alarms,
        calls=calls,
        limits=VenueLimits(
            Whereabouts(node=surroundings.node, zone=_zone(config, surroundings.node)),
            {name: venue.account for name, venue in config.venues.items()},
            open_store=lambda: kit.store("limits.sqlite"),
            bus=surroundings.bus,
            clock=surroundings.clock,
            log=log,
            bounds=LimitBounds(
                repeat_every_ns=config.monitor.heartbeat_every_ns,
                pending_max=config.bus.pending_max,
                retry_every_ns=config.bus.retry_every_ns,
            ),
        ),
    )
    return kit


def _zone(config: BotConfig, node: str) -> str:
    """Return where a node stands; a person's own machine is a zone of its own."""
    return config.nodes[node].zone if node in config.nodes else node


def _open_door(venue: str, clock: Clock, limits: VenueLimits) -> Door:
    from engine.venues import by_address, open_door  # late: a node without venues does without them

    door = open_door(
        venue,
        clock,
        on_breaker=limits.breaker_changed,
        on_wait=partial(limits.told_to_wait, venue, by_address=by_address(venue)),
    )
    limits.keep(venue, door)
    return door
