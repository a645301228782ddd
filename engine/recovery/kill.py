"""The kill that needs no engine: it takes the lease, latches, closes what is ours, and watches until nothing comes.

It works beside a live engine, a hung one, a dead one and one that is just taking over: the lease with a higher token
fences all of them off, and exits wait until the lease of the one before has run out, so that nothing is sold twice. It
is latched on the bus and in a file before anything is sold, so that no engine trades before a person re-arms. The rest
is what the engine itself does: unknown orders are looked up, entries cancelled, positions closed down a ladder, stops
cancelled last, and late fills closed as well. It ends when everything has been flat for as long as a request may live,
or when its time is over; then it says what is left, and where.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from engine.domain.control import Control, Verb
from engine.domain.errors import BusUnavailable, MessageMalformed, StoreUnavailable
from engine.domain.money import Quantity
from engine.domain.order import Order
from engine.domain.safety import BOT, Loss, Purpose
from engine.ports.clock import Clock
from engine.recovery.books import JournalledBooks
from engine.recovery.reconciler import Reconciler
from engine.recovery.succession import Succession
from engine.services.account import Account
from engine.services.duty import forever, pause, unless_asked
from engine.services.flatten import Flattener
from engine.services.latches import LatchKeeper
from engine.services.leadership import Deposed, Leadership
from engine.services.log import Log
from engine.services.order_desk import OrderDesk
from engine.services.outbox import Outbox
from engine.services.safety import Market, Safety
from engine.services.venue_limits import VenueLimits


class MarketLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A market that is not flat: what is held there as far as is known, what of ours lives there, and why it stays."""

    venue: str
    instrument: str
    position: Quantity
    orders: tuple[str, ...]
    problem: str


class KillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a kill came to."""

    bot: str
    flat: bool
    left: tuple[MarketLeft, ...]
    lease_taken: bool
    latched_on_bus: bool
    latched_in_file: bool
    took_ns: int


@dataclass(frozen=True, kw_only=True)
class KillBounds:
    """Its patience, in nanoseconds."""

    give_up_after_ns: int
    quiet_ns: int
    """How long everything must have been flat: longer than a request may live and a view may lag."""
    look_every_ns: int


class Kill:
    """Kills one bot from outside.

    Args:
        leadership: holds the lease, unless the bus was away.
        late_orders: asks for what the one before wrote after it was fenced off.
        fenced_ns: how long the one who led before may still count on its lease; None without the lease.
    """

    def __init__(
        self,
        bot: str,
        *,
        by: str,
        reason: str,
        accounts: Mapping[str, Account],
        books: JournalledBooks,
        desk: OrderDesk,
        flattener: Flattener,
        reconcilers: Sequence[Reconciler],
        safety: Safety,
        latches: LatchKeeper,
        leadership: Leadership,
        succession: Succession,
        fenced_ns: int | None,
        limits: VenueLimits,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: KillBounds,
        late_orders: Callable[[], Awaitable[Sequence[Order]]],
    ) -> None:
        self._bot = bot
        self._by = by
        self._reason = reason
        self._accounts = dict(accounts)
        self._books = books
        self._desk = desk
        self._flattener = flattener
        self._reconcilers = tuple(reconcilers)
        self._safety = safety
        self._latches = latches
        self._leadership = leadership
        self._succession = succession
        self._fenced_ns = fenced_ns
        self._limits = limits
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._late_orders = late_orders
        self._left: tuple[MarketLeft, ...] = ()
        self._unknown: frozenset[str] = frozenset()
        """Venues of which nobody knows what the account held before the bot."""

    async def run(self) -> KillReport:
        """Kill; return when all is flat, or when the time is over."""
        began_ns = self._clock.monotonic_ns()
        await self._limits.recall()
        await self._recover()
        self._safety.lost(Loss.KILL, scope=BOT, reason=f"{self._by}: {self._reason}")
        await self._latches.keep()
        async with asyncio.TaskGroup() as group:
            crew = group.create_task(unless_asked(self._crew()), name="crew")
            group.create_task(self._end(crew, began_ns), name="watch")
        await self._give_back()
        return self._report(began_ns)

    async def _recover(self) -> None:
        """Learn what the bot did and holds; a kill without its books still cancels what carries the bot's name."""
        try:
            await self._books.open()
        except StoreUnavailable as problem:
            self._log.error("books_not_read", problem=str(problem))
        self._unknown = frozenset(name for name in self._accounts if not self._books.has_baseline(name))
        try:
            await self._latches.open()
        except StoreUnavailable as problem:
            self._log.error("latches_not_read", problem=str(problem))

    def _tell_the_engine(self) -> None:
        """Let an engine that lives answer for itself; not before it can do nothing more, or it would begin to sell."""
        at_ns = self._clock.wall_ns()
        self._outbox.put(Control(bot=self._bot, verb=Verb.KILL, by=self._by, reason=self._reason, at_ns=at_ns))

    async def _crew(self) -> None:
        """Everything that an engine does to leave its markets, and nothing that enters one."""
        async with asyncio.TaskGroup() as group:
            self._desk.take_up(group)
            for number, loop in enumerate(self._succession.loops()):
                group.create_task(self._kept(iter([loop]).__next__), name=f"journal-{number}")
            for account in self._accounts.values():
                group.create_task(self._kept(partial(self._open, account)), name=f"open-{account.name}")
            for loops in (
                self._outbox.run,
                self._limits.run,
                self._keep_the_lease,
                self._safety.run,
                self._latches.run,
                self._flatten,
                *(reconciler.run for reconciler in self._reconcilers),
            ):
                group.create_task(self._kept(loops), name=loops.__qualname__)

    async def _kept(self, loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a loop for ever, whatever fails in it: a kill that fails is worse than one that tries again."""
        while True:
            try:
                await forever(loop())
            except Exception as problem:  # supervised: hummingbot#2534's kill switch died of an attribute error
                self._log.error("kill_stumbled", problem=repr(problem))
            await pause(self._bounds.look_every_ns)

    async def _open(self, account: Account) -> None:
        """Open an account, and stay."""
        await account.open(self._books)
        await asyncio.Event().wait()

    async def _flatten(self) -> None:
        """Close once the one before can do nothing more; entries are cancelled meanwhile."""
        for order in self._books.unsettled():
            if not order.final and order.purpose is Purpose.ENTRY:
                self._desk.ask_cancel(order.client_order_id, "the bot is killed")
        await pause(self._fenced_ns or 0)
        self._fenced_ns = 0 if self._fenced_ns is not None else None
        await self._take_in()
        self._tell_the_engine()
        await self._flattener.run()

    async def _take_in(self) -> None:
        """Count what the one before still wrote, and may have sent, after its lease was seized.

        Neither a disk nor an entry that cannot be read keeps a position open: what is not counted is an orphan.
        """
        try:
            for order in await self._late_orders():
                if await self._books.find(order.client_order_id) is None:
                    self._books.note(order)
                    self._desk.take_in(order)
        except (BusUnavailable, MessageMalformed, StoreUnavailable) as problem:
            self._log.warning("late_orders_not_taken_in", problem=str(problem))

    async def _keep_the_lease(self) -> None:
        """Renew the lease, and take it again from whoever took it; without the bus, as soon as it is back."""
        while True:
            try:
                await self._leadership.keep(lambda _held: None)
            except Deposed as problem:
                self._log.warning("kill_deposed", problem=str(problem))
            try:
                await self._leadership.seize()
            except BusUnavailable as problem:
                self._log.warning("lease_not_seized", problem=str(problem))
            await pause(self._bounds.look_every_ns)

    async def _give_back(self) -> None:
        """Let whoever waits for the lease have it at once."""
        try:
            if self._leadership.token:
                await self._leadership.lay_down()
        except (BusUnavailable, Deposed) as problem:
            self._log.warning("lease_not_given_back", problem=str(problem))

    async def _end(self, crew: asyncio.Task[None], began_ns: int) -> None:
        """Let the crew go when all has been flat for long enough, or the time is over."""
        flat_since_ns: int | None = None
        while self._clock.monotonic_ns() - began_ns < self._bounds.give_up_after_ns:
            now_ns = self._clock.monotonic_ns()
            if not all(self._flat(market) for market in self._safety.markets):
                flat_since_ns = None
            elif flat_since_ns is None:
                flat_since_ns = now_ns
            elif now_ns - flat_since_ns >= self._bounds.quiet_ns and self._latches.on_bus:
                break
            await pause(self._bounds.look_every_ns)
        self._left = tuple(self._what_is_left(market) for market in self._safety.markets if not self._flat(market))
        crew.cancel()

    def _flat(self, market: Market) -> bool:
        known = market[0] not in self._unknown
        return known and self._flattener.flat(*market) and not self._books.alive(*market)

    def _report(self, began_ns: int) -> KillReport:
        return KillReport(
            bot=self._bot,
            flat=not self._left,
            left=self._left,
            lease_taken=self._fenced_ns is not None,
            latched_on_bus=self._latches.on_bus,
            latched_in_file=self._latches.in_file,
            took_ns=self._clock.monotonic_ns() - began_ns,
        )

    def _what_is_left(self, market: Market) -> MarketLeft:
        venue, instrument = market
        account = self._accounts[venue]
        if venue in self._unknown:
            problem = "nobody knows what this account held before the bot"
        elif not account.ready.is_set() or account.watch.failing:
            problem = "the venue does not answer"
        else:
            problem = "it could not be closed in time"
        return MarketLeft(
            venue=venue,
            instrument=instrument,
            position=self._books.position(venue, instrument),
            orders=tuple(order.client_order_id for order in self._books.alive(venue, instrument)),
            problem=problem,
        )
