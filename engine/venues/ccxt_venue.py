"""One account at one venue over ccxt: the port `engine.ports.venue.Venue`, for every dialect.

Orders go out with their own expiry and come back as values; reads are checked for completeness before anything is
concluded from them. One aiohttp session carries REST and streams; ccxt instances for prices, for books
and for the account's news are separate, since a failed synchronisation closes a connection for all watchers of it;
each is kept for the next stream of its kind. Markets are loaded once and shared.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from ccxt.base.errors import BaseError
from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.evidence import Evidence, Trade, VenueOrder, View
from engine.domain.instrument import Instrument
from engine.domain.money import Quantity
from engine.domain.ticket import (
    Accepted,
    CancelAccepted,
    CancelOutcome,
    OrderRef,
    OrderType,
    PlaceOutcome,
    Refused,
    Ticket,
    Unknown,
)
from engine.domain.trouble import UNCERTAIN, Trouble, TroubleKind
from engine.domain.venue_facts import NS, VenueFacts
from engine.ports.connectors import Connectors
from engine.ports.venue import Balance, KeyPermissions, OrderNews, PositionTerms, Quote
from engine.resilience.budget import Lane
from engine.venues import permissions, position_terms, unified
from engine.venues.amending import AMENDERS
from engine.venues.answers import Answer, judge, shown
from engine.venues.ccxt_kinds import exchange
from engine.venues.ccxt_seams import USER_AGENT, Seam
from engine.venues.dialects import Ask, Dialect
from engine.venues.door import Door
from engine.venues.evidence_reader import EvidenceReader
from engine.venues.guard import Errand, Guard, NotWorthSending, OnCall
from engine.venues.names import Names
from engine.venues.streams import watch_books, watch_news, watch_quotes

if TYPE_CHECKING:
    from engine.venues import Credentials

T = TypeVar("T")

REQUEST_NS_MAX = 7 * NS
"""How long an answer is waited for: longer than a request lives, so that a late answer is still heard."""
CLOCK_RETRY_NS = 10 * NS
"""How long the clock of a venue that did not tell it is left alone, unless somebody asks for it."""
CLOCK_AGE_NS_MAX = 300 * NS
"""How old the last reading of the venue's clock may be when something is signed."""


class CcxtVenue:
    """See `engine.venues.connect`."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        credentials: Credentials | None,
        door: Door,
        connectors: Connectors,
        random: Random,
        on_call: OnCall | None,
        testnet: bool = False,
    ) -> None:
        self._dialect = dialect
        self._name = dialect.facts.name
        self._credentials = credentials
        self._connectors = connectors
        self._testnet = testnet
        self._door = door
        self._clock = door.clock
        self._guard = Guard(self._name, door, self._judge, on_call=on_call)
        self._seam = Seam(self._clock, random, heard=self._heard, read=dialect.read)
        self._names = Names()
        self._clock_again_ns = 0
        self._asks: dict[bool, Ask] = {False: self._ask, True: self._ask_urgently}
        self._evidence = {
            urgent: EvidenceReader(dialect, ask, self._names, ex=lambda: self._ex, now_ns=self.now_ns)
            for urgent, ask in self._asks.items()
        }
        self._session: aiohttp.ClientSession | None = None
        self._ex: Any = None
        self._streams: dict[str, Any] = {}
        self._instruments: dict[str, Instrument] = {}

    # -- what is known without asking

    @property
    def facts(self) -> VenueFacts:
        return self._dialect.facts

    def instrument(self, symbol: str) -> Instrument:
        return self._instruments[symbol]

    def now_ns(self) -> int:
        return self._clock.wall_ns()

    # -- life

    async def open(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=self._connectors(),
                headers={"User-Agent": USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._ex = self._exchange(self._credentials)
            self._ex.has["fetchCurrencies"] = self._dialect.currencies
        await self.measure_clock()

        async def request() -> dict[str, Instrument]:
            await self._ex.load_markets()
            return unified.instruments(self._ex.traded(), positions=self.facts.holds_positions)

        self._instruments = await self._ask("markets", request, endpoint="public")

    async def close(self) -> None:
        if self._session is not None:
            for ex in (*self._streams.values(), self._ex):
                await ex.close()
            self._streams.clear()
            await self._session.close()
            self._session = None

    async def measure_clock(self) -> int:
        async def request() -> int:
            asked_ns = self._clock.monotonic_ns()
            venue_ms = await self._ex.fetch_time()
            return self._clock.told(
                int(venue_ms) * unified.MS,
                resolution_ns=self._dialect.time_resolution_ns,
                asked_ns=asked_ns,
                heard_ns=self._clock.monotonic_ns(),
            )

        return await self._ask("time", request, endpoint="public")

    def hold(self, until_ns: int) -> None:
        self._door.hold(until_ns)

    # -- orders

    async def place(self, ticket: Ticket) -> PlaceOutcome:
        if text := unified.stop_refusal(ticket, self.facts):
            return Refused(trouble=Trouble(kind=TroubleKind.REJECTED, venue=self._name, operation="place", text=text))
        lane = Lane.SAFE if ticket.reserved else Lane.ENTRIES
        costs = self._dialect.costs["place"]
        if ticket.type is OrderType.STOP:
            costs = self._dialect.costs.get("place_stop", costs)
        errand = Errand(operation="place", breaker="orders", lane=lane, costs=costs)
        last_ns = ticket.expires_ns - self.facts.request_window_min_ns

        async def request() -> Accepted:
            now_ns = self.now_ns()
            if now_ns > last_ns:
                raise NotWorthSending
            if name := self._ex.name_of(ticket):
                self._names.learn(name, ticket.client_order_id)
            params = self._dialect.submit_params(ticket, now_ns)
            price = None if ticket.price is None else str(ticket.price)
            kind = unified.kind(ticket)
            symbol, side, quantity = ticket.instrument, ticket.side.value, str(ticket.quantity)
            order = await self._ex.create_order(symbol, kind, side, quantity, price, params)
            if order.get("clientOrderId") not in (None, ticket.client_order_id):
                raise ValueError("the answer is about another order")
            if name not in (None, order.get("id")):
                raise ValueError("the answer names another order than was signed")
            return Accepted(venue_order_id=unified.text(order["id"]))

        try:
            await self._mind_the_clock()
            accepted = await self._guard.run(errand, request, until_ns=last_ns)
        except VenueTrouble as problem:
            return _not_accepted(problem.trouble)
        self._names.learn(accepted.venue_order_id, ticket.client_order_id)
        return accepted

    async def cancel(self, order: OrderRef, *, expires_ns: int) -> CancelOutcome:
        costs = self._dialect.cancel_costs(self.now_ns() - order.since_ns)
        errand = Errand(operation="cancel", breaker="orders", lane=Lane.SAFE, costs=costs)

        async def request() -> None:
            params = self._dialect.cancel_params(meant, expires_ns=expires_ns, now_ns=self.now_ns())
            answer = await self._ex.cancel_order(meant.venue_order_id, meant.instrument, params)
            if not self._dialect.cancelled(answer, meant):
                raise ValueError("the answer does not say that this order was cancelled")

        try:
            meant = await self._named(order)
            await self._mind_the_clock()
            await self._guard.run(errand, request, until_ns=expires_ns)
        except VenueTrouble as problem:
            return _not_accepted(problem.trouble)
        return CancelAccepted()

    async def _named(self, order: OrderRef) -> OrderRef:
        """Return an order with the venue's name for it, where nothing else will do; look for it if nobody has told."""
        order = self._as_signed(order)
        if order.venue_order_id is not None or not self._dialect.cancels_by_name:
            return order
        if (known := self._names.venue_order_id(order.client_order_id)) is None:
            await self._open_orders(order.instrument, self._ask_urgently)
            known = self._names.venue_order_id(order.client_order_id)
        if known is None:
            trouble = Trouble(kind=TroubleKind.NOT_FOUND, venue=self._name, operation="cancel", text="not open")
            raise VenueTrouble(trouble)
        return replace(order, venue_order_id=known)

    async def amend(self, order: OrderRef, quantity: Quantity, *, expires_ns: int) -> PlaceOutcome:
        errand = Errand(operation="amend", breaker="orders", lane=Lane.SAFE, costs=self._dialect.costs["amend"])

        async def request() -> Accepted:
            await AMENDERS[self._name](self._ex, order, quantity, expires_ns)
            return Accepted(venue_order_id=order.venue_order_id or "")

        try:
            await self._mind_the_clock()
            last_ns = expires_ns - self.facts.request_window_min_ns
            return await self._guard.run(errand, request, until_ns=last_ns)
        except VenueTrouble as problem:
            return _not_accepted(problem.trouble)

    async def set_switch(self, after_ns: int | None) -> None:
        async def request() -> None:
            await self._ex.cancel_all_orders_after(0 if after_ns is None else after_ns // unified.MS)

        await self._ask("switch", request, lane=Lane.SAFE)

    def _as_signed(self, order: OrderRef) -> OrderRef:
        """Return an order with the venue's name for it, where that follows from what we signed."""
        name = order.venue_order_id or self._ex.name_of(order)
        if name is None:
            return order
        self._names.learn(name, order.client_order_id)
        return replace(order, venue_order_id=name)

    # -- reads

    async def look_up(self, order: OrderRef, views: Sequence[View], *, urgent: bool = False) -> tuple[Evidence, ...]:
        return await self._evidence[urgent].look_up(self._as_signed(order), views)

    async def open_orders(self, instrument: str) -> tuple[VenueOrder, ...]:
        return await self._open_orders(instrument, self._ask)

    async def _open_orders(self, instrument: str, ask: Ask) -> tuple[VenueOrder, ...]:
        found = await self._dialect.open_orders(self._ex, ask, instrument)
        for each in found:
            self._names.learn(each.venue_order_id, each.client_order_id)
        return tuple(replace(each, client_order_id=self._names[each.venue_order_id] or None) for each in found)

    async def fills_since(self, instrument: str, since_ns: int) -> tuple[Trade, ...]:
        return await self._evidence[False].fills_since(instrument, since_ns)

    async def whose(self, instrument: str, venue_order_ids: Sequence[str]) -> Mapping[str, str]:
        return await self._evidence[False].whose(instrument, venue_order_ids)

    async def balances(self, *, urgent: bool = False) -> Mapping[str, Balance]:
        return await self._dialect.balances(self._ex, self._asks[urgent])

    async def permissions(self) -> KeyPermissions | None:
        untold = self._testnet and self._name in permissions.UNTOLD_BY_TESTNETS
        if untold or (read := permissions.READERS.get(self._name)) is None:
            return None
        return await self._ask("permissions", partial(read, self._ex))

    async def position_terms(self, instrument: str) -> PositionTerms | None:
        if (read := position_terms.READERS.get(self._name)) is None:
            return None
        return await self._ask("position_terms", partial(read, self._ex, instrument))

    async def set_position_terms(self, instrument: str, terms: PositionTerms) -> None:
        found = await self.position_terms(instrument)
        if found is None or found == terms:
            return
        write = position_terms.SETTERS[self._name]
        await self._ask("set_position_terms", partial(write, self._ex, instrument, terms, found))

    async def quote(self, instrument: str, *, urgent: bool = False) -> Quote:
        async def request() -> Quote:
            ticker = await self._ex.fetch_ticker(instrument)
            return unified.quote(instrument, ticker, now_ms=self.now_ns() // unified.MS)

        lane = Lane.SAFE if urgent else Lane.QUERIES
        return await self._ask("quote", request, endpoint="public", lane=lane)

    # -- streams

    def quotes(self, instruments: Sequence[str], *, silence_ns_max: int, line: int = 0) -> AsyncIterator[Quote]:
        ex = self._stream(f"prices {line}", None)
        return watch_quotes(ex, self._dialect, instruments, clock=self._clock, silence_ns_max=silence_ns_max)

    def books(self, instruments: Sequence[str], *, silence_ns_max: int) -> AsyncIterator[Quote]:
        ex = self._stream("books", None)
        ex.number = float  # ccxt sorts books by numbers; their shortest text is what the venue sent
        return watch_books(ex, self._dialect, instruments, clock=self._clock, silence_ns_max=silence_ns_max)

    async def order_news(self) -> AsyncIterator[OrderNews]:
        stream = watch_news(self._stream("news", self._credentials), self._dialect, ask=self._ask, names=self._names)
        async for each in stream:
            yield each

    # -- how

    def _stream(self, role: str, credentials: Credentials | None) -> Any:
        """Return the exchange of one kind of stream, which outlives the stream: it knows the markets."""
        if role not in self._streams or self._streams[role].markets is not self._ex.markets:
            self._streams[role] = self._exchange(credentials)
        return self._streams[role]

    def _exchange(self, credentials: Credentials | None) -> Any:
        """Return a new ccxt exchange that knows the markets already loaded."""
        if self._session is None:
            raise RuntimeError(f"{self._name} has not been opened, or is closed")
        ex = exchange(
            self._name,
            self._seam,
            self._session,
            credentials,
            options=self._dialect.options,
            timeout_ns=REQUEST_NS_MAX,
            testnet=self._testnet,
        )
        if self._ex is not None and self._ex.markets:
            ex.set_markets_from_exchange(self._ex)
        return ex

    async def _ask(
        self,
        operation: str,
        request: Callable[[], Awaitable[T]],
        /,
        *,
        endpoint: str = "account",
        lane: Lane = Lane.QUERIES,
    ) -> T:
        signed = endpoint != "public"
        if signed:
            await self._mind_the_clock()
        errand = Errand(
            operation=operation,
            breaker=endpoint,
            lane=lane,
            costs=self._dialect.costs[operation],
            signed=signed,
        )
        return await self._guard.run(errand, request)

    async def _ask_urgently(self, operation: str, request: Callable[[], Awaitable[T]], /) -> T:
        return await self._ask(operation, request, lane=Lane.SAFE)

    async def _mind_the_clock(self) -> None:
        """Before something is signed, have read the venue's clock not long ago; if it cannot be read, try with
        what we have.
        """
        now_ns = self._clock.monotonic_ns()
        if self._clock.trusted(CLOCK_AGE_NS_MAX) or now_ns < self._clock_again_ns:
            return
        try:
            await self.measure_clock()
        except VenueTrouble:
            self._clock_again_ns = now_ns + CLOCK_RETRY_NS

    def _heard(self, headers: dict[str, str]) -> None:
        for meter, used in self._dialect.used(headers):
            self._door.budget.told(meter, used)

    def _judge(self, operation: str, problem: BaseException) -> Trouble:
        answer = getattr(problem, "answer", None)
        if isinstance(answer, Answer):
            until_ns = self._dialect.until_ns(answer, self.now_ns())
            return judge(self._dialect.signs, self._name, operation, answer, until_ns=until_ns)
        lost = isinstance(problem, (BaseError, OSError, TimeoutError, aiohttp.ClientError))
        kind = TroubleKind.UNKNOWN if lost else TroubleKind.MALFORMED
        return Trouble(kind=kind, venue=self._name, operation=operation, text=shown(problem))


def _not_accepted(trouble: Trouble) -> Refused | Unknown:
    return Unknown(trouble=trouble) if trouble.kind in UNCERTAIN else Refused(trouble=trouble)
