"""What the bot has won and lost today, market by market, by more than one price.

A result is the books' word on the fills and one price's word on the position. A single price may be wrong (passivbot
#839 sold on a peak that never was), so results can be had by two: the venue's own stream, and a second opinion, which
is what the other venues say or, where there is no other, what this one answers when it is asked.

What was carried over midnight is measured from the day's first price. That price is written down, or a restart would
begin a new day. So is what a person has accepted as lost by re-arming: the day's loss counts anew from there.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from engine.domain.errors import VenueTrouble
from engine.domain.money import NOTHING, Money, Price
from engine.domain.profit import ProfitSeen, day_of, result_of
from engine.domain.risk import quote_of
from engine.ports.clock import Clock
from engine.services.account import Account, markets_of
from engine.services.books import Books
from engine.services.day_book import Day, DayBook
from engine.services.log import Log
from engine.services.price_board import PriceBoard

Market: TypeAlias = tuple[str, str]
"""Venue and instrument."""


class ProfitDesk:
    """Measures results of the day by the books and by prices."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        *,
        books: Books,
        prices: PriceBoard,
        book: DayBook,
        clock: Clock,
        log: Log,
    ) -> None:
        self._accounts = dict(accounts)
        self._markets = markets_of(accounts)
        self._books = books
        self._prices = prices
        self._book = book
        self._clock = clock
        self._log = log
        self._day = Day(day=0)

    async def recall(self) -> None:
        """Take up the day where a predecessor left it."""
        self._begin_day()
        self._day = await self._book.recall(self._day.day)

    async def measure(self) -> tuple[ProfitSeen, ...]:
        """Return the day's result of each market by its venue's own fresh price.

        The first such price of a day is its opening, and is written where it will be needed.
        """
        self._begin_day()
        prices = {market: seen.last for market in self._markets if (seen := self._prices.at(*market)) is not None}
        new = {market: price for market, price in prices.items() if _name(market) not in self._day.openings}
        if new:
            openings = {**self._day.openings, **{_name(market): price for market, price in new.items()}}
            self._day = replace(self._day, openings=openings)
            if any(self._carried(market) for market in new):
                await self._book.keep(self._day)
        return self._by(prices)

    def lost(self, results: Iterable[ProfitSeen]) -> dict[str, Money]:
        """Return what was lost in each quote asset since the day, or a person, began it; negative where it was won."""
        lost = _by_quote(results)
        return {quote: amount - self._day.accepted.get(quote, NOTHING) for quote, amount in lost.items()}

    async def accept(self, results: Iterable[ProfitSeen]) -> None:
        """Take what was lost so far as known and accepted."""
        self._day = replace(self._day, accepted=_by_quote(results))
        await self._book.keep(self._day)

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
        total, today = self._books.flows(venue, instrument, day=self._day.day)
        result = result_of(total, today, price=price, opening=self._day.openings.get(_name(market)))
        if result is None:
            return None
        return ProfitSeen(
            venue=venue,
            instrument=instrument,
            day=self._day.day,
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

    def _carried(self, market: Market) -> bool:
        """Tell whether something of a market was carried into the day, so that its opening price matters."""
        total, today = self._books.flows(*market, day=self._day.day)
        return bool(total.position - today.position)

    def _begin_day(self) -> None:
        day = day_of(max(account.venue.now_ns() for account in self._accounts.values()))
        if day > self._day.day:
            self._day = Day(day=day)


def _by_quote(results: Iterable[ProfitSeen]) -> dict[str, Money]:
    lost: dict[str, Money] = {}
    for seen in results:
        quote = quote_of(seen.instrument)
        lost[quote] = lost.get(quote, NOTHING) - seen.result
    return lost


def _name(market: Market) -> str:
    return "|".join(market)
