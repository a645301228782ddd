"""Ingestion at one venue: prices by several streams, by REST while they are gone, and back.

Liveness is counted per instrument and on data, never on the socket: confirmed subscriptions and answered pings have
hidden dead feeds for hours (nautilus#4255). A stream that is silent in one instrument, or brings only what is old, is
given up whole and dialled again, with a growing pause. Meanwhile, and until a stream has been steady for a while, each
instrument without one is read by REST at a reduced rate, inside the budget of the account. Streams stand in for each
other (`engine.services.feed_lines`). A price that cannot be published is dropped: the next one is better.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine.domain.errors import BusUnavailable, FeedFailed, FeedWasCut, FeedWentStale, VenueTrouble
from engine.domain.messages import Component, PriceSeen, PriceSource, Status, encode, subject_of
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.venue import Quote, Venue
from engine.services.alarms import Alarms, Severity
from engine.services.duty import WELL, Health, let_go, pause, together
from engine.services.feed_lines import FeedLines
from engine.services.log import Log
from engine.services.venue_watch import VenueWatch


@dataclass(frozen=True, kw_only=True)
class FeedBounds:
    """The feed's waits, in nanoseconds."""

    stale_after_ns: int
    poll_every_ns: int
    redial_first_ns: int
    redial_most_ns: int
    stream_lost_after_ns: int
    venue_unreachable_after_ns: int
    steady_ns: int
    """How long a stream must have brought everything before REST is given up."""
    speak_up_ns: int
    """How long a leading stream may be silent in an instrument before another one's price is told."""


class VenueFeed:
    """Keeps the prices of one venue flowing onto the bus.

    Args:
        connections: how many streams of prices are kept open.
        books: whether order books are streamed as well, for the best bid and offer.
    """

    component = Component.INGESTION

    def __init__(
        self,
        name: str,
        venue: Venue,
        instruments: Sequence[str],
        *,
        connections: int,
        books: bool,
        node: str,
        bus: Bus,
        clock: Clock,
        alarms: Alarms,
        log: Log,
        bounds: FeedBounds,
    ) -> None:
        self._name = name
        self._venue = venue
        self._instruments = tuple(instruments)
        self._node = node
        self._bus = bus
        self._clock = clock
        self._alarms = alarms
        self._log = log
        self._bounds = bounds
        self._watch = VenueWatch(name, alarms, clock, alert_after_ns=bounds.venue_unreachable_after_ns)
        self._began_ns = clock.monotonic_ns()
        self._connections = connections
        self._books = books
        self._lines = FeedLines(
            instruments,
            connections + books,
            clock,
            venue_now_ns=venue.now_ns,
            steady_ns=bounds.steady_ns,
            speak_up_ns=bounds.speak_up_ns,
            stale_after_ns=bounds.stale_after_ns,
        )
        self._tops: dict[str, tuple[Quote, int]] = {}
        self._priced_ns: dict[str, int] = {}
        self._stream_down_since_ns: int | None = self._began_ns
        self._stream_is_down = asyncio.Event()
        self._stream_is_down.set()

    async def run(self) -> None:
        """Stream and poll until cancelled."""
        await self._open()
        lines = [self._stream(line) for line in range(self._connections + self._books)]
        await together(*lines, self._poll(), self._watch_stream())

    def health(self) -> Health:
        """Say degraded when an instrument had no price for as long as would page."""
        now_ns = self._clock.monotonic_ns()
        late = [
            symbol
            for symbol in self._instruments
            if now_ns - self._priced_ns.get(symbol, self._began_ns) > self._bounds.stream_lost_after_ns
        ]
        return Health(status=Status.DEGRADED, detail=f"no price of {', '.join(late)} at {self._name}") if late else WELL

    async def _open(self) -> None:
        """Open the venue, however long it takes."""
        delay_ns = self._bounds.redial_first_ns
        while True:
            began_ns = self._clock.monotonic_ns()
            try:
                await self._venue.open()
            except VenueTrouble as problem:
                self._log.warning("venue_not_opened", venue=self._name, problem=str(problem))
                self._watch.failed(problem.trouble, began_ns=began_ns)
            else:
                self._watch.answered()
                return
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.redial_most_ns)

    async def _stream(self, line: int) -> None:
        """Read one stream; dial again with a growing pause when it fails, and not before the venue allows it."""
        delay_ns = self._bounds.redial_first_ns
        while True:
            asked_ns = 0
            try:
                async with let_go(self._open_line(line)) as stream:
                    async for quote in stream:
                        delay_ns = self._bounds.redial_first_ns
                        await self._take(line, quote)
            except FeedFailed as problem:
                self._log.warning("stream_lost", venue=self._name, line=line, problem=str(problem))
                asked_ns = problem.retry_ns if isinstance(problem, FeedWasCut) else 0
                if isinstance(problem, FeedWentStale):
                    await self._ask_the_time()
            self._lines.ended(line)
            self._note_state()
            await pause(max(delay_ns, asked_ns))
            delay_ns = min(delay_ns * 2, self._bounds.redial_most_ns)

    async def _ask_the_time(self) -> None:
        """Measure the venue's clock: with a wrong one, what is new would look old for ever."""
        try:
            await self._venue.measure_clock()
        except VenueTrouble as problem:
            self._log.warning("time_not_read", venue=self._name, problem=str(problem))

    def _open_line(self, line: int) -> AsyncIterator[Quote]:
        silence_ns_max = self._bounds.stale_after_ns
        if line == self._connections:
            return self._venue.books(self._instruments, silence_ns_max=silence_ns_max)
        return self._venue.quotes(self._instruments, silence_ns_max=silence_ns_max, line=line)

    async def _take(self, line: int, quote: Quote) -> None:
        """Tell a price that a line brought, unless another line leads; a book lends its bid and offer to the others."""
        if line == self._connections:
            self._tops[quote.instrument] = (quote, self._clock.monotonic_ns())
        elif quote.bid is None or quote.ask is None:
            quote = self._with_top(quote)
        tell = self._lines.heard(line, quote)
        self._note_state()
        if tell:
            await self._tell(quote, PriceSource.STREAM)

    def _with_top(self, quote: Quote) -> Quote:
        """Return a price with the bid and offer of the book, where that is fresh."""
        top, at_ns = self._tops.get(quote.instrument, (None, 0))
        if top is None or self._clock.monotonic_ns() - at_ns > self._bounds.stale_after_ns:
            return quote
        return replace(quote, bid=top.bid, ask=top.ask)

    async def _poll(self) -> None:
        """Read prices by REST for as long as the stream is down."""
        while True:
            await self._stream_is_down.wait()
            for symbol in self._instruments:
                if not self._lines.streams(symbol):
                    await self._read(symbol)
            self._note_state()
            await pause(self._bounds.poll_every_ns)

    async def _read(self, symbol: str) -> None:
        began_ns = self._clock.monotonic_ns()
        try:
            quote = await self._venue.quote(symbol)
        except VenueTrouble as problem:
            self._log.warning("price_not_read", venue=self._name, instrument=symbol, problem=str(problem))
            self._watch.failed(problem.trouble, began_ns=began_ns)
            return
        self._watch.answered()
        await self._tell(quote, PriceSource.REST)

    async def _watch_stream(self) -> None:
        """Page for a stream that stays lost and for a venue that stays silent; sleep while all is well."""
        key = f"stream/{self._name}/lost"
        while True:
            self._watch.check()
            since_ns = self._stream_down_since_ns
            if since_ns is None:
                self._alarms.resolve_alert(key)
            elif not self._watch.failing:  # with REST gone too, it is the venue's own page
                since_ns = max(since_ns, self._watch.serving_since_ns)
                if self._clock.monotonic_ns() - since_ns >= self._bounds.stream_lost_after_ns:
                    summary = f"{self._name} streams no prices; REST is read instead"
                    self._alarms.raise_alert(key, severity=Severity.WARNING, summary=summary, runbook="stream-lost")
            if since_ns is None and self._watch.calm:
                await self._stream_is_down.wait()
            await pause(self._bounds.poll_every_ns)

    async def _tell(self, quote: Quote, source: PriceSource) -> None:
        if self._lines.is_fresh(quote):
            self._priced_ns[quote.instrument] = self._clock.monotonic_ns()
        seen = PriceSeen(
            venue=self._name,
            instrument=quote.instrument,
            bid=quote.bid,
            ask=quote.ask,
            last=quote.last,
            venue_time_ms=quote.venue_time_ms,
            source=source,
            node=self._node,
        )
        try:
            await self._bus.publish(subject_of(seen), encode(seen))
        except BusUnavailable as problem:
            self._log.warning("price_not_published", venue=self._name, problem=str(problem))

    def _note_state(self) -> None:
        """Give the fallback up, or take it up, when the streams say so."""
        up = self._lines.up
        if up and self._stream_is_down.is_set():
            self._log.info("stream_alive", venue=self._name)
            self._watch.answered()
            self._stream_is_down.clear()
            self._stream_down_since_ns = None
        elif not up and not self._stream_is_down.is_set():
            self._stream_down_since_ns = self._clock.monotonic_ns()
            self._stream_is_down.set()
