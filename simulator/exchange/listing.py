"""One instrument as an exchange trades it: its book, the day's statistics, and what changed since last told.

Everything here is in ticks, lots and smallest units; `base_unit` and `quote_unit` turn lots and ticks times lots
into smallest units of the two assets.
"""

from decimal import Decimal

from simulator.exchange.book import OrderBook
from simulator.exchange.events import BookChanged, PublicEvent, PublicTrade, TickerChanged
from simulator.exchange.instrument import Instrument
from simulator.exchange.ledger import Ledger
from simulator.exchange.orders import Side
from simulator.exchange.statistics import DayStatistics
from simulator.exchange.ticker import Ticker
from simulator.exchange.triggers import Triggers


class Listing:
    """The market in one instrument."""

    def __init__(self, instrument: Instrument, ledger: Ledger) -> None:
        self.instrument = instrument
        self.book = OrderBook()
        self.base_unit = int(instrument.lot_size.scaleb(ledger.decimals[instrument.base]))
        self.quote_unit = int(instrument.cost(1, 1).scaleb(ledger.decimals[instrument.quote]))
        self.triggers = Triggers()
        self.house_orders: list[tuple[int, bool, int]] = []  # (id, is_buy, price)
        self._ledger = ledger
        self._day = DayStatistics()
        self._last: tuple[int | None, int, int] = (None, 0, 0)  # price, lots, trade id
        self._update_id = 0
        self._touched: dict[tuple[bool, int], None] = {}  # (is_buy, price), in the order touched
        self._told_lots: dict[tuple[bool, int], int] = {}
        self._told_headline: tuple[int | None, ...] = self._best() + self._last

    @property
    def last(self) -> int | None:
        """The price of the last trade, in ticks."""
        return self._last[0]

    def touch(self, is_buy: bool, price: int) -> None:
        """Note that the level may have another total now."""
        self._touched[is_buy, price] = None

    def can_fill(self, taker_buys: bool, price: int, lots: int) -> bool:
        """Tell whether a taker would get all its lots at its price or better."""
        for level_price, resting in self.book.levels(is_buy=not taker_buys):
            if level_price > price if taker_buys else level_price < price:
                return False
            lots -= resting
            if lots <= 0:
                return True
        return False

    def print_trade(self, now_ns: int, wall_ns: int, trade_id: int, side: Side, price: int, lots: int) -> PublicTrade:
        """Count a trade and return it as the tape shows it."""
        self._last = (price, lots, trade_id)
        self.triggers.see(price)
        self._day.add(now_ns, wall_ns, price, lots, price * lots * self.quote_unit)
        return PublicTrade(
            at_ns=now_ns,
            wall_ns=wall_ns,
            trade_id=trade_id,
            symbol=self.instrument.symbol,
            side=side,
            price_ticks=price,
            quantity_lots=lots,
        )

    def drain_changes(self, now_ns: int, wall_ns: int) -> list[PublicEvent]:
        """Return what the public should be told since the last call: the book's change, then the ticker's."""
        events: list[PublicEvent] = []
        bids, asks = self._changes()
        if bids or asks:
            self._update_id += 1
            events.append(
                BookChanged(
                    at_ns=now_ns,
                    wall_ns=wall_ns,
                    symbol=self.instrument.symbol,
                    update_id=self._update_id,
                    bids=bids,
                    asks=asks,
                )
            )
        best = self._best()
        headline = best + self._last
        if headline != self._told_headline:
            self._told_headline = headline
            ticker = self._ticker(best, now_ns, wall_ns)
            events.append(TickerChanged(at_ns=now_ns, symbol=self.instrument.symbol, ticker=ticker))
        return events

    def ticker(self, now_ns: int, wall_ns: int) -> Ticker:
        """Return the symbol at a glance."""
        return self._ticker(self._best(), now_ns, wall_ns)

    def _ticker(self, best: tuple[int | None, int, int | None, int], now_ns: int, wall_ns: int) -> Ticker:
        day = self._day
        day.move_to(now_ns)
        bid, bid_lots, ask, ask_lots = best
        last, last_lots, last_trade_id = self._last
        return Ticker(
            symbol=self.instrument.symbol,
            bid_ticks=bid,
            bid_lots=bid_lots,
            ask_ticks=ask,
            ask_lots=ask_lots,
            last_ticks=last,
            last_lots=last_lots,
            last_trade_id=last_trade_id,
            open_ticks=day.open,
            high_ticks=day.high,
            low_ticks=day.low,
            volume_lots=day.lots,
            quote_volume=self.quote_amount(day.quote_units),
            trades=day.trades,
            opened_ns=day.opened_ns,
            at_ns=wall_ns,
        )

    def quote_amount(self, units: int) -> Decimal:
        """Return smallest units of the quote asset as an amount."""
        return self._ledger.amount(self.instrument.quote, units)

    def quote_units(self, amount: Decimal) -> int:
        """Return an amount of the quote asset in its smallest units, rounded down."""
        return self._ledger.units(self.instrument.quote, amount)

    def _changes(self) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
        bids: list[tuple[int, int]] = []
        asks: list[tuple[int, int]] = []
        lots_at, told_lots = self.book.lots_at, self._told_lots
        for level in self._touched:
            is_buy, price = level
            lots = lots_at(is_buy, price)
            if lots == told_lots.get(level, 0):
                continue
            (bids if is_buy else asks).append((price, lots))
            if lots:
                told_lots[level] = lots
            else:
                del told_lots[level]
        self._touched.clear()
        return tuple(bids), tuple(asks)

    def _best(self) -> tuple[int | None, int, int | None, int]:
        book = self.book
        bid, ask = book.best_bid, book.best_ask
        bid_lots = 0 if bid is None else book.lots_at(True, bid)
        ask_lots = 0 if ask is None else book.lots_at(False, ask)
        return bid, bid_lots, ask, ask_lots
