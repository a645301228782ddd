"""One account at one venue as execution uses it: opened, watched, and with a known beginning.

Nothing is sent before the venue was opened and the account's baseline is written down: the position is counted from
it, and it can only be read while no order of the bot has ever been there.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from engine.domain.errors import FeedFailed, StoreUnavailable, VenueTrouble
from engine.domain.instrument import Instrument
from engine.ports.clock import Clock
from engine.ports.venue import OrderNews, Venue
from engine.services.books import Books
from engine.services.duty import let_go, pause
from engine.services.log import Log
from engine.services.news_proof import NewsProof
from engine.services.start_check import StartCheck
from engine.services.venue_watch import VenueWatch


class Account:
    """A venue, what was lately heard of it, and whether it is ready for orders.

    Args:
        check: asks the venue whether the configuration fits it; None for whoever only leaves.
    """

    def __init__(
        self,
        name: str,
        venue: Venue,
        instruments: Sequence[str],
        watch: VenueWatch,
        *,
        check: StartCheck | None,
        clock: Clock,
        log: Log,
        retry_first_ns: int,
        retry_most_ns: int,
    ) -> None:
        self.name = name
        self.venue = venue
        self.instruments = tuple(instruments)
        self.watch = watch
        self.news = NewsProof(clock)
        self.ready = asyncio.Event()
        self.agreed_ns: int | None = None
        """When its balances were last found to agree with the books, on the clock that never steps."""
        self._check = check
        self._clock = clock
        self._log = log
        self._retry_first_ns = retry_first_ns
        self._retry_most_ns = retry_most_ns

    async def open(self, books: Books) -> None:
        """Open the venue and know the baseline, however long it takes; then the account is ready."""
        delay_ns = self._retry_first_ns
        while not self.ready.is_set():
            began_ns = self._clock.monotonic_ns()
            try:
                fit = await self._open_once(books)
            except VenueTrouble as problem:
                self._log.warning("account_not_opened", venue=self.name, problem=str(problem))
                self.watch.failed(problem.trouble, began_ns=began_ns)
            except StoreUnavailable as problem:
                self._log.warning("baseline_not_written", venue=self.name, problem=str(problem))
            else:
                self.watch.answered()
                if not fit:
                    return  # whoever judges the start refuses it
                self.ready.set()
                self._log.info("account_ready", venue=self.name)
                return
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._retry_most_ns)

    async def hear_news(self, tell: Callable[[OrderNews], None]) -> None:
        """Pass on what the private stream says of orders, for ever; polling makes up for what it does not say."""
        await self.ready.wait()
        delay_ns = self._retry_first_ns
        while True:
            try:
                async with let_go(self.venue.order_news()) as stream:
                    async for news in stream:
                        delay_ns = self._retry_first_ns
                        tell(news)
            except FeedFailed as problem:
                self._log.warning("order_stream_lost", venue=self.name, problem=str(problem))
            self.news.lost()
            await pause(delay_ns)
            delay_ns = min(delay_ns * 2, self._retry_most_ns)

    def instrument(self, symbol: str) -> Instrument | None:
        """Return a market's terms; None while the account is not open, or if the venue has no such market."""
        try:
            return self.venue.instrument(symbol) if self.ready.is_set() else None
        except KeyError:
            return None

    @property
    def refusal(self) -> str | None:
        """Say why nothing may be entered here, as far as the configuration is to blame."""
        return None if self._check is None else self._check.refusal(self.name)

    async def review(self) -> None:
        """Ask the venue again for what it may have changed since the start; raise `VenueTrouble`."""
        if self._check is not None:
            await self._check.review(self.name, self.venue)

    async def _open_once(self, books: Books) -> bool:
        """Open the venue, note the baseline, and tell whether what the venue says lets us use it."""
        await self.venue.open()
        if not books.has_baseline(self.name):
            balances = await self.venue.balances()
            await books.set_baseline(self.name, {asset: balance.total for asset, balance in balances.items()})
        return self._check is None or await self._check.examine(self.name, self.venue)


def markets_of(accounts: Mapping[str, Account]) -> tuple[tuple[str, str], ...]:
    """Return every venue with each instrument that is traded there."""
    return tuple((venue, symbol) for venue, account in accounts.items() for symbol in account.instruments)
