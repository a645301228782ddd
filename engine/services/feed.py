"""Ingestion at one venue: prices by stream, by REST while the stream is gone, and back.

Liveness is counted per instrument and on data, never on the socket: confirmed subscriptions and answered pings have
hidden dead feeds for hours (nautilus#4255). A stream that is silent in one instrument is given up whole and dialled
again, with a growing pause. Meanwhile, and only meanwhile, each instrument without a live stream is read by REST at a
reduced rate, inside the budget of the account. A price that cannot be published is dropped: the next one is better.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.errors import BusUnavailable, FeedFailed, VenueTrouble
from engine.domain.messages import Component, PriceSeen, PriceSource, Status, encode, subject_of
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.ports.venue import Quote, Venue
from engine.services.alarms import Alarms, Severity
from engine.services.duty import WELL, Health, let_go, pause, together
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


class VenueFeed:
    """Keeps the prices of one venue flowing onto the bus."""

    component = Component.INGESTION

    def __init__(
        self,
        name: str,
        venue: Venue,
        instruments: Sequence[str],
        *,
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
        self._streamed_ns: dict[str, int] = {}
        self._priced_ns: dict[str, int] = {}
        self._stream_down_since_ns: int | None = self._began_ns
        self._stream_is_down = asyncio.Event()
        self._stream_is_down.set()

    async def run(self) -> None:
        """Stream and poll until cancelled."""
        await self._open()
        await together(self._stream(), self._poll(), self._watch_stream())

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

    async def _stream(self) -> None:
        """Read the stream; dial again with a growing pause when it fails."""
        delay_ns = self._bounds.redial_first_ns
        while True:
            try:
                quotes = self._venue.quotes(self._instruments, silence_ns_max=self._bounds.stale_after_ns)
                async with let_go(quotes) as stream:
                    async for quote in stream:
                        self._note_streamed(quote)
                        delay_ns = self._bounds.redial_first_ns
                        await self._tell(quote, PriceSource.STREAM)
            except FeedFailed as problem:
                self._log.warning("stream_lost", venue=self._name, problem=str(problem))
            self._note_stream_down()
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._bounds.redial_most_ns)

    async def _poll(self) -> None:
        """Read prices by REST for as long as the stream is down."""
        while True:
            await self._stream_is_down.wait()
            for symbol in self._instruments:
                if not self._streams(symbol):
                    await self._read(symbol)
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

    def _note_streamed(self, quote: Quote) -> None:
        self._streamed_ns[quote.instrument] = self._clock.monotonic_ns()
        if self._stream_is_down.is_set() and all(self._streams(symbol) for symbol in self._instruments):
            self._log.info("stream_alive", venue=self._name)
            self._watch.answered()
            self._stream_is_down.clear()
            self._stream_down_since_ns = None

    def _note_stream_down(self) -> None:
        self._streamed_ns.clear()
        if self._stream_down_since_ns is None:
            self._stream_down_since_ns = self._clock.monotonic_ns()
        self._stream_is_down.set()

    def _streams(self, symbol: str) -> bool:
        return symbol in self._streamed_ns
