"""What the bot has won and lost today, market by market, by more than one price.

A result is the books' word on the fills and one price's word on the position. A single price may be wrong (passivbot
#839 sold on a peak that never was), so results can be had by two: the venue's own stream, and a second opinion, which
is what the other venues say or, where there is no other, what this one answers when it is asked.

What was carried over midnight is measured from the day's first price. That price is written down, or a restart would
begin a new day. So is what a person has accepted as lost by re-arming: the day's loss counts anew from there.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from engine.domain.errors import StoreUnavailable, VenueTrouble
from engine.domain.money import NOTHING, Money, Price
from engine.domain.profit import ProfitSeen, day_of, result_of
from engine.domain.risk import quote_of
from engine.ports.clock import Clock
from engine.ports.store import Statement, Store
from engine.services.account import Account
from engine.services.books import Books
from engine.services.log import Log
from engine.services.price_board import PriceBoard

TABLES: tuple[Statement, ...] = (
    (
        """CREATE TABLE IF NOT EXISTS openings (
            day INTEGER NOT NULL, venue TEXT NOT NULL, instrument TEXT NOT NULL, price TEXT NOT NULL,
            PRIMARY KEY (day, venue, instrument)
        )""",
        (),
    ),
    (
        """CREATE TABLE IF NOT EXISTS accepted (
            day INTEGER NOT NULL, quote TEXT NOT NULL, lost TEXT NOT NULL, PRIMARY KEY (day, quote)
        )""",
        (),
    ),
)

Market: TypeAlias = tuple[str, str]
"""Venue and instrument."""


class ProfitDesk:
    """Measures results of the day by the books and by prices."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        instruments: Sequence[str],
        *,
        books: Books,
        prices: PriceBoard,
        open_store: Callable[[], Awaitable[Store]],
        clock: Clock,
        log: Log,
    ) -> None:
        self._accounts = dict(accounts)
        self._markets = [(venue, instrument) for venue in accounts for instrument in instruments]
        self._books = books
        self._prices = prices
        self._open_store = open_store
        self._clock = clock
        self._log = log
        self._openings: dict[Market, Price] = {}
        self._accepted: dict[str, Money] = {}
        """What was lost in each quote asset when a person last said that we may go on."""
        self._day = 0

    async def recall(self) -> None:
        """Read what a predecessor wrote down of the day; a disk that fails costs no more than that."""
        self._begin_day()
        try:
            store = await self._open_store()
            if await store.read("SELECT 1 FROM sqlite_master WHERE name = 'openings'"):
                sql = "SELECT venue, instrument, price FROM openings WHERE day = ?"
                for venue, instrument, price in await store.read(sql, (self._day,)):
                    self._openings[str(venue), str(instrument)] = Price(str(price))
                sql = "SELECT quote, lost FROM accepted WHERE day = ?"
                for quote, lost in await store.read(sql, (self._day,)):
                    self._accepted[str(quote)] = Money(str(lost))
        except StoreUnavailable as problem:
            self._log.warning("day_not_recalled", problem=str(problem))

    async def measure(self) -> tuple[ProfitSeen, ...]:
        """Return the day's result of each market by its venue's own fresh price.

        The first such price of a day is its opening, and is written where it will be needed.
        """
        self._begin_day()
        prices = {market: seen.last for market in self._markets if (seen := self._prices.at(*market)) is not None}
        for market, price in prices.items():
            if market not in self._openings:
                self._openings[market] = price
                total, today = self._books.flows(*market, day=self._day)
                if total.position - today.position:
                    await self._write("INSERT OR IGNORE INTO openings VALUES (?, ?, ?, ?)", *market, str(price))
        return self._by(prices)

    def lost(self, results: Iterable[ProfitSeen]) -> dict[str, Money]:
        """Return what was lost in each quote asset since the day, or a person, began it; negative where it was won."""
        lost = _by_quote(results)
        return {quote: amount - self._accepted.get(quote, NOTHING) for quote, amount in lost.items()}

    async def accept(self, results: Iterable[ProfitSeen]) -> None:
        """Take what was lost so far as known and accepted."""
        self._accepted = _by_quote(results)
        for quote, amount in self._accepted.items():
            await self._write("INSERT OR REPLACE INTO accepted VALUES (?, ?, ?)", quote, str(amount))

    async def second_opinion(self, markets: Iterable[Market]) -> tuple[ProfitSeen, ...]:
        """Return these markets' results by prices of another source: other venues, or the venue itself when asked."""
        self._begin_day()
        prices: dict[Market, Price] = {}
        for venue, instrument in markets:
            price = self._prices.middle(instrument, but=venue) or await self._asked(venue, instrument)
            if price is not None:
                prices[venue, instrument] = price
        return self._by(prices)

    def _by(self, prices: Mapping[Market, Price]) -> tuple[ProfitSeen, ...]:
        seen = (self._seen(market, price) for market, price in prices.items())
        return tuple(each for each in seen if each is not None)

    def _seen(self, market: Market, price: Price) -> ProfitSeen | None:
        venue, instrument = market
        total, today = self._books.flows(venue, instrument, day=self._day)
        result = result_of(total, today, price=price, opening=self._openings.get(market))
        if result is None:
            return None
        return ProfitSeen(
            venue=venue,
            instrument=instrument,
            day=self._day,
            result=result,
            position=total.position,
            price=price,
            elsewhere=dict(today.elsewhere),
            at_ns=self._clock.wall_ns(),
        )

    async def _asked(self, venue: str, instrument: str) -> Price | None:
        account = self._accounts[venue]
        if not account.ready.is_set():
            return None
        try:
            return (await account.venue.quote(instrument)).last
        except VenueTrouble as problem:
            self._log.warning("price_not_asked", venue=venue, instrument=instrument, problem=str(problem))
            return None

    async def _write(self, sql: str, *values: str) -> None:
        try:
            store = await self._open_store()
            await store.commit([*TABLES, (sql, (self._day, *values))])
        except StoreUnavailable as problem:
            self._log.warning("day_not_written", what=list(values), problem=str(problem))

    def _begin_day(self) -> None:
        day = day_of(max(account.venue.now_ns() for account in self._accounts.values()))
        if day > self._day:
            self._day = day
            self._openings.clear()
            self._accepted.clear()


def _by_quote(results: Iterable[ProfitSeen]) -> dict[str, Money]:
    lost: dict[str, Money] = {}
    for seen in results:
        quote = quote_of(seen.instrument)
        lost[quote] = lost.get(quote, NOTHING) - seen.result
    return lost
