"""What one node knows of its venues' limits, and what it tells the others: bans, and the state of its breakers.

A ban outlives the process that was told of it, and so does a throttle; both are kept on the node's disk and held again
at the next start, before the first request. Other nodes hear of a ban on the bus while it lasts, and find it there when
they start, so that none makes it longer. Whom it binds depends on what the venue shuts out. A ban of the account binds
every node. A ban of an address binds the nodes of the same zone, which may well share a way out; as that is not sure,
their exits and cancels try once and learn by themselves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from engine.domain.errors import BusUnavailable, MessageMalformed, StoreUnavailable
from engine.domain.limits import BreakerChanged, VenueBanned
from engine.domain.messages import decode, encode
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.store import Store
from engine.services.duty import NS, heard, together
from engine.services.listening import listen
from engine.services.log import Log

TABLE = "CREATE TABLE IF NOT EXISTS waits (venue TEXT PRIMARY KEY, until_ns INTEGER NOT NULL)"
KEEP = "INSERT INTO waits VALUES (?, ?) ON CONFLICT (venue) DO UPDATE SET until_ns = max(until_ns, excluded.until_ns)"
BAN_NS_MAX = 3 * 86_400 * 1_000_000_000
"""The longest ban that any venue is known for: what claims to be longer is a clock gone wrong."""


RECALL_NS_MAX = 2 * NS
"""How long a start waits for what the bus holds of bans: a bus that is gone must not keep a node from starting."""


class Door(Protocol):
    """Where a venue's requests pass, as far as bans are concerned."""

    def hold(self, until_ns: int, *, spare_safe: bool = False) -> None:
        """Send nothing before a time on the venue's clock."""
        ...


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Which node this is, and where it stands."""

    node: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class LimitBounds:
    """How this node tells and hears; times in nanoseconds."""

    repeat_every_ns: int
    pending_max: int
    retry_every_ns: int


class VenueLimits:
    """Keeps bans over restarts and tells them to the other nodes, together with what the breakers do."""

    def __init__(
        self,
        where: Whereabouts,
        accounts: dict[str, str],
        *,
        open_store: Callable[[], Awaitable[Store]],
        bus: Bus,
        clock: Clock,
        log: Log,
        bounds: LimitBounds,
    ) -> None:
        self._where = where
        self._accounts = dict(accounts)
        """The account at each venue."""
        self._open_store = open_store
        self._bus = bus
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._doors: dict[str, Door] = {}
        self._kept: dict[str, int] = {}
        """Until when each venue wants to hear nothing of this node."""
        self._told: dict[tuple[str, str], VenueBanned] = {}
        """The latest ban of each venue and node, to be held at doors that open later."""
        self._unposted: dict[str, VenueBanned] = {}
        """Bans of this node that the bus does not hold yet, for nodes that start later."""
        self._changes: dict[str, BreakerChanged] = {}
        """The latest change of each breaker that the bus has not been told."""
        self._unwritten: dict[str, int] = {}
        self._news = asyncio.Event()

    async def recall(self) -> None:
        """Read how long a predecessor, and the other nodes, were told to wait; what cannot be read costs only that."""
        await self._recall_told()
        try:
            store = await self._open_store()
            if await store.read("SELECT 1 FROM sqlite_master WHERE name = 'waits'"):
                for venue, until_ns in await store.read("SELECT venue, until_ns FROM waits"):
                    self._remember(str(venue), int(str(until_ns)))
        except StoreUnavailable as problem:
            self._log.warning("waits_not_recalled", problem=str(problem))

    async def _recall_told(self) -> None:
        try:
            async with asyncio.timeout(RECALL_NS_MAX / NS):
                for venue in self._accounts:
                    posted = await self._bus.get(_ban_name(venue))
                    ban = None if posted is None else decode(posted.value)
                    if isinstance(ban, VenueBanned):
                        self._hear_of(ban)
        except (BusUnavailable, MessageMalformed, TimeoutError) as problem:
            self._log.warning("bans_not_recalled", problem=repr(problem))

    def keep(self, venue: str, door: Door) -> None:
        """Take charge of a door, and hold it at once if its venue has banned us."""
        self._doors[venue] = door
        if venue in self._kept:
            door.hold(self._kept[venue])
        for ban in self._told.values():
            if ban.venue == venue:
                self._obey(ban)

    def told_to_wait(self, venue: str, until_ns: int, banned: bool, *, by_address: bool) -> None:
        """Note until when, on its clock, a venue wants to hear nothing of this node: kept, and a ban is told.

        A throttle that the next process does not know of becomes its ban.
        """
        self._remember(venue, until_ns)
        self._unwritten[venue] = until_ns
        if banned:
            self._tell_ban(venue, until_ns, by_address=by_address)
        self._news.set()

    def _tell_ban(self, venue: str, until_ns: int, *, by_address: bool) -> None:
        ban = VenueBanned(
            venue=venue,
            account=self._accounts[venue],
            by_address=by_address,
            until_ns=until_ns,
            node=self._where.node,
            zone=self._where.zone,
            at_ns=self._clock.wall_ns(),
        )
        self._told[venue, ban.node] = self._unposted[venue] = ban
        self._log.error("venue_banned", venue=venue, until_ns=until_ns, by_address=by_address)

    def breaker_changed(self, name: str, state: str) -> None:
        """Note a breaker's new state, "binance/orders" for one; the bus is told as soon as may be."""
        venue, _, endpoint = name.partition("/")
        self._changes[name] = BreakerChanged(
            venue=venue, endpoint=endpoint, state=state, node=self._where.node, at_ns=self._clock.wall_ns()
        )
        self._log.warning("breaker_changed", breaker=name, state=state)
        self._news.set()

    async def run(self) -> None:
        """Keep, tell and hear until cancelled."""
        await together(self._work_off(), self._hear())

    async def _work_off(self) -> None:
        """Do what is due: at once when there is news, and again while a ban lasts or something failed."""
        while True:
            if self._due():
                await heard(self._news, within_ns=self._bounds.repeat_every_ns)
            else:
                await self._news.wait()
            self._news.clear()
            await self._write()
            await self._tell()

    def _due(self) -> bool:
        return bool(self._unwritten or self._changes or self._mine())

    def _mine(self) -> list[VenueBanned]:
        """Return the bans of this node that still last."""
        now_ns = self._clock.wall_ns()
        return [ban for ban in self._told.values() if ban.node == self._where.node and ban.until_ns > now_ns]

    async def _write(self) -> None:
        for venue, until_ns in tuple(self._unwritten.items()):
            try:
                store = await self._open_store()
                await store.commit([(TABLE, ()), (KEEP, (venue, until_ns))])
            except StoreUnavailable as problem:
                self._log.warning("wait_not_written", venue=venue, problem=str(problem))
            else:
                self._unwritten = {name: ns for name, ns in self._unwritten.items() if (name, ns) != (venue, until_ns)}

    async def _tell(self) -> None:
        try:
            for name, change in tuple(self._changes.items()):
                await self._bus.publish(change.subject, encode(change))
                if self._changes.get(name) is change:
                    del self._changes[name]
            for ban in self._mine():
                await self._bus.publish(ban.subject, encode(ban))
            for venue, ban in tuple(self._unposted.items()):
                await self._bus.put(_ban_name(venue), encode(ban))
                if self._unposted.get(venue) is ban:
                    del self._unposted[venue]
        except BusUnavailable as problem:
            self._log.warning("limits_not_told", problem=str(problem))

    async def _hear(self) -> None:
        bans = listen(
            self._bus,
            "banned.>",
            VenueBanned,
            log=self._log,
            pending_max=self._bounds.pending_max,
            retry_every_ns=self._bounds.retry_every_ns,
        )
        async for ban in bans:
            self._hear_of(ban)

    def _hear_of(self, ban: VenueBanned) -> None:
        if ban.node != self._where.node and self._accounts.get(ban.venue) == ban.account:
            self._told[ban.venue, ban.node] = ban
            self._obey(ban)

    def _obey(self, ban: VenueBanned) -> None:
        """Hold the door for a ban that another node was told of, as far as it may be ours as well."""
        door = self._doors.get(ban.venue)
        if door is None or ban.node == self._where.node or not self._believable(ban.until_ns):
            return
        if not ban.by_address:
            door.hold(ban.until_ns)
        elif ban.zone == self._where.zone:
            door.hold(ban.until_ns, spare_safe=True)

    def _remember(self, venue: str, until_ns: int) -> None:
        if self._believable(until_ns):
            self._kept[venue] = max(self._kept.get(venue, 0), until_ns)

    def _believable(self, until_ns: int) -> bool:
        return 0 < until_ns - self._clock.wall_ns() <= BAN_NS_MAX


def _ban_name(venue: str) -> str:
    """Return the key under which the bus holds the latest ban of a venue."""
    return f"ban/{venue}"
