"""What longs pay shorts, or shorts longs, at fixed times, so that a contract stays near its index.

The rate follows the venues' common formula: the mean premium of the book's middle over the index since the last
payment, pulled towards an interest of 0.01 % by at most 0.05 %, and bounded. It is what it is at the moment of
payment; until then it is told as the present estimate. What rounding leaves goes to the insurance.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal

from simulator.exchange.events import FundingPaid, MarkChanged
from simulator.exchange.perpetual.accounts import Market, Trader
from simulator.exchange.perpetual.floor import Floor
from simulator.exchange.perpetual.records import Funding, Mark
from simulator.exchange.timeline import Timeline

INTEREST = Decimal("0.0001")  # for each interval
DAMPER = Decimal("0.0005")
PLACES = Decimal("0.00000001")
_EXACT = Context(prec=40)


class Clerk:
    """Tells the marks, and settles funding between all who hold a contract."""

    def __init__(self, floor: Floor, markets: Mapping[str, Market], timeline: Timeline) -> None:
        self.fixed: dict[str, Decimal] = {}  # rates that are dictated, by symbol
        self._floor = floor
        self._markets = markets
        self._timeline = timeline

    def due_in_ns(self, market: Market) -> int:
        """Return how long it is until the contract's next payment: intervals are aligned with the wall clock."""
        interval_ns = market.contract.funding_interval_ns
        return interval_ns - self._timeline.wall_ns() % interval_ns

    def see_premium(self, market: Market) -> None:
        """Take a sample of how far the book is from the index."""
        bid, ask = market.listing.book.best_bid, market.listing.book.best_ask
        if bid is not None and ask is not None and market.index:
            market.premiums += _EXACT.divide(Decimal(bid + ask - 2 * market.index), Decimal(2 * market.index))
            market.premiums_count += 1

    def rate(self, market: Market) -> Decimal:
        """Return what longs would pay now, per unit of value."""
        fixed = self.fixed.get(market.contract.symbol)
        if fixed is not None:
            return fixed
        mean = _EXACT.divide(market.premiums, max(1, market.premiums_count))
        rate = mean + max(-DAMPER, min(DAMPER, INTEREST - mean))
        most = market.contract.funding_rate_max
        return max(-most, min(most, rate)).quantize(PLACES, ROUND_HALF_EVEN)

    def tell(self, market: Market, settled_rate: Decimal | None = None) -> None:
        """Note the prices and the rate as they are, and what was paid if funding was."""
        wall_ns = self._timeline.wall_ns()
        mark = Mark(
            symbol=market.contract.symbol,
            mark_ticks=market.mark,
            index_ticks=market.index,
            funding_rate=self.rate(market),
            funding_ns=wall_ns + self.due_in_ns(market),
            at_ns=wall_ns,
            settled_rate=settled_rate,
        )
        self._floor.note(MarkChanged(at_ns=self._timeline.now_ns(), mark=mark))

    def settle(self, market: Market) -> None:
        """Move the funding of this moment, and begin to measure the next."""
        rate = self.rate(market)
        market.premiums, market.premiums_count = Decimal(0), 0
        if not market.mark:
            return
        left = 0
        for trader in self._floor.traders.values():
            holding = trader.holdings.get(market.contract.symbol)
            if holding is not None and holding.lots:
                left += self._pay(trader, market, rate)
        if left:
            self._floor.pay(self._floor.insurance, left)
        self.tell(market, rate)

    def _pay(self, trader: Trader, market: Market, rate: Decimal) -> int:
        """Let one account pay or receive, and return what has to be found elsewhere, or is left over."""
        leg = trader.leg(market)
        numerator, denominator = rate.as_integer_ratio()
        received = -leg.value * numerator // denominator
        if received:
            trader.holding(market.contract).funding += received
            self._floor.pay(trader, received)
            self._floor.touch_position(trader, market.contract.symbol)
        funding = Funding(
            account=trader.name,
            symbol=market.contract.symbol,
            amount=self._floor.amount(received),
            rate=rate,
            mark_ticks=market.mark,
            at_ns=self._timeline.wall_ns(),
        )
        self._floor.note(FundingPaid(at_ns=self._timeline.now_ns(), funding=funding))
        return -received
