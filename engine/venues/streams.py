"""Streams of a venue as async iterators that end loudly: prices with a watchdog for each instrument, orders' news
in full.

A pump lets ccxt subscribe; what arrives is taken from the frames themselves, since a watcher is woken once for a
burst, with the first of it. Where only ccxt's own watcher would be told of an error it is kept watching. Prices are
kept by instrument, the newest replacing what nobody has read yet; news are kept in order, and too many unread ones
end the stream rather than lose one. Liveness is judged by application frames: a pong is not data. A stream never
redials: whoever iterates waits, and opens another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from engine.domain.errors import FeedWasCut, FeedWentStale
from engine.domain.venue_facts import NS
from engine.ports.clock import Clock
from engine.ports.venue import OrderNews, Quote
from engine.venues import unified
from engine.venues.dialects import Ask, Dialect
from engine.venues.names import Names

NEWS_MAX = 1000
"""How many unread pieces of news a stream may hold."""


class _Inbox:
    """What a stream has brought and nobody has read; ends with an error."""

    def __init__(self) -> None:
        self.quotes: dict[str, Quote] = {}
        self.news: list[OrderNews] = []
        self._problem: BaseException | None = None
        self._stir = asyncio.Event()

    def stir(self) -> None:
        """Wake the reader."""
        self._stir.set()

    def end(self, problem: BaseException) -> None:
        """Tell the reader that nothing more will come."""
        self._problem = self._problem or problem
        self._stir.set()

    async def wait(self) -> None:
        """Return when there may be something to read; raise what ended the stream."""
        await self._stir.wait()
        self._stir.clear()
        if self._problem is not None:
            raise self._problem


def watch_quotes(
    ex: Any, dialect: Dialect, instruments: Sequence[str], *, clock: Clock, silence_ns_max: int
) -> AsyncGenerator[Quote, None]:
    """Yield prices; raise `FeedWentStale` when one instrument is silent for too long, `FeedWasCut` when the socket
    goes.
    """
    inbox = _Inbox()
    shown: dict[str, Any] = {}

    def frame(_message: Any) -> None:
        for instrument in instruments:
            ticker = ex.tickers.get(instrument)
            if ticker is not None and ticker is not shown.get(instrument):
                shown[instrument] = ticker
                inbox.quotes[instrument] = unified.quote(instrument, ticker, now_ms=clock.wall_ns() // unified.MS)
                inbox.stir()

    async def watch() -> None:
        """Subscribe; from then on the frames say everything, and a subscription that dies in silence goes stale."""
        await dialect.watch_quotes(ex, instruments)
        await asyncio.get_running_loop().create_future()

    pumping = _pumping(ex, dialect.facts.name, "prices", frame, inbox, watch)
    end = FeedWentStale(dialect.facts.name, "prices", bound_ns=silence_ns_max)
    return _watched(pumping, inbox, instruments, clock, end)


def watch_books(
    ex: Any, dialect: Dialect, instruments: Sequence[str], *, clock: Clock, silence_ns_max: int
) -> AsyncGenerator[Quote, None]:
    """Yield the best bid and offer of order books that are kept by their changes; `last` is the middle of them.

    A book is only as good as the last change that was not missed. It ends with `FeedWasCut` when ccxt finds a gap or a
    wrong checksum, or when a bid is not below an offer; whoever opens the next stream gets a new snapshot. Endings are
    otherwise those of `watch_quotes`.
    """
    inbox = _Inbox()
    shown: dict[str, tuple[object, ...]] = {}

    def frame(_message: Any) -> None:
        for instrument in instruments:
            book = ex.orderbooks.get(instrument)
            if book is None or not book["bids"] or not book["asks"]:
                continue
            state = (book.get("nonce"), book.get("timestamp"), book["bids"][0][0], book["asks"][0][0])
            if state != shown.get(instrument):
                shown[instrument] = state
                inbox.quotes[instrument] = unified.top(instrument, book, now_ms=clock.wall_ns() // unified.MS)
                inbox.stir()

    pumping = _pumping(ex, dialect.facts.name, "books", frame, inbox, lambda: _watch_books(ex, instruments))
    end = FeedWentStale(dialect.facts.name, "books", bound_ns=silence_ns_max)
    return _watched(pumping, inbox, instruments, clock, end)


def _watch_books(ex: Any, instruments: Sequence[str]) -> Awaitable[object]:
    watching: Awaitable[object] = ex.watch_order_book_for_symbols(list(instruments))
    return watching


async def _watched(
    pumping: AbstractAsyncContextManager[None],
    inbox: _Inbox,
    instruments: Sequence[str],
    clock: Clock,
    end: FeedWentStale,
) -> AsyncGenerator[Quote, None]:
    """Yield what the pump brings, and raise `end` when one instrument has been silent for as long as it says."""
    silence_ns_max = end.bound_ns
    heard_ns = dict.fromkeys(instruments, clock.monotonic_ns())

    def left_ns() -> int:
        return min(heard_ns.values()) + silence_ns_max - clock.monotonic_ns()

    async with pumping, _patient(left_ns, lambda: inbox.end(end)):
        while True:
            await inbox.wait()
            quotes, inbox.quotes = inbox.quotes, {}
            oldest_ms = (clock.wall_ns() - silence_ns_max) // unified.MS
            for instrument, quote in quotes.items():
                if quote.venue_time_ms >= oldest_ms:  # old data is no sign of life
                    heard_ns[instrument] = clock.monotonic_ns()
                yield quote


@asynccontextmanager
async def _patient(left_ns: Callable[[], int], give_up: Callable[[], None]) -> AsyncIterator[None]:
    """Give up once no patience is left: one timer, set anew when it rings, for a deadline that each message moves."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal timer
        wait_ns = left_ns()
        if wait_ns > 0:
            timer = loop.call_later(wait_ns / NS, look)
        else:
            give_up()

    timer = loop.call_later(max(0, left_ns()) / NS, look)
    try:
        yield
    finally:
        timer.cancel()


async def watch_news(ex: Any, dialect: Dialect, *, ask: Ask, names: Names) -> AsyncIterator[OrderNews]:
    """Yield news of the account's orders; raise `FeedWasCut` when the socket goes or nobody reads."""
    inbox = _Inbox()
    name = dialect.facts.name

    def frame(message: Any) -> None:
        news = dialect.news(ex, message, names)
        for each in news:
            if each.client_order_id is not None:
                names.learn(each.venue_order_id, each.client_order_id)
        inbox.news += news
        if len(inbox.news) > NEWS_MAX:
            raise FeedWasCut(name, "orders", f"more than {NEWS_MAX} pieces of news were not read")
        if news:
            inbox.stir()

    async def watch() -> object:
        await dialect.authenticate(ex, ask)
        return await ex.watch_orders()

    async with _pumping(ex, name, "orders", frame, inbox, watch):
        while True:
            await inbox.wait()
            news, inbox.news = inbox.news, []
            for each in news:
                yield each


@asynccontextmanager
async def _pumping(
    ex: Any,
    venue: str,
    stream: str,
    frame: Callable[[Any], None],
    inbox: _Inbox,
    watch: Callable[[], Awaitable[object]],
) -> AsyncIterator[None]:
    """Keep ccxt watching as long as this is entered; then drop its connections; the rest is kept for the next."""
    ex.frame = frame
    ex.cut = lambda why, retry_ns: inbox.end(FeedWasCut(venue, stream, why, retry_ns=retry_ns))
    pump = asyncio.get_running_loop().create_task(_pump(venue, stream, inbox, watch), name=f"{venue} {stream}")
    try:
        yield
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump
        await ex.hang_up()


async def _pump(venue: str, stream: str, inbox: _Inbox, watch: Callable[[], Awaitable[object]]) -> None:
    """Watch until it fails, and hand the failure to the reader, whatever its class."""
    try:
        while True:
            await watch()
    except asyncio.CancelledError:
        inbox.end(FeedWasCut(venue, stream, "the connection was closed"))
        raise
    except Exception as problem:  # a supervised border: ccxt raises anything at all
        inbox.end(FeedWasCut(venue, stream, f"{type(problem).__name__}: {problem}"))
