"""The market in one instrument: its fair price moves tick by tick, and every venue quotes around it."""

from simulator.exchange.exchange import Exchange
from simulator.exchange.timeline import Cancellable, Timeline
from simulator.market.ladder import Ladder
from simulator.market.prices import Basis, PriceProcess

TICK_NS = 5_000_000_000


class Outlet:
    """One venue's window on the market."""

    def __init__(self, exchange: Exchange, symbol: str, *, basis: Basis, ladder: Ladder) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.basis = basis
        self._ladder = ladder

    def show(self, price: float, activity: float) -> None:
        """Quote around the venue's version of a fair price, and let strangers trade there."""
        bids, asks = self._ladder.quotes(self.basis.apply(price))
        self.exchange.quote(self.symbol, bids, asks)
        trade = self._ladder.print_of(bids, asks, activity)
        if trade is not None:
            self.exchange.print_trade(self.symbol, *trade)


class Market:
    """Moves one instrument's price on all its venues at once."""

    def __init__(self, symbol: str, process: PriceProcess, timeline: Timeline, *, tick_ns: int = TICK_NS) -> None:
        """Wait to be started; `fair_price` is None until then."""
        self.symbol = symbol
        self.tick_ns = tick_ns
        self.fair_price: float | None = None
        self.outlets: list[Outlet] = []
        self._process = process
        self._timeline = timeline
        self._timer: Cancellable | None = None

    def add(self, outlet: Outlet) -> None:
        """Let one more venue follow this market, from its next tick on."""
        self.outlets.append(outlet)

    def start(self) -> None:
        """Make a tick now, so that no book is ever empty, and one more each `tick_ns`; go on if it runs."""
        if self._timer is None:
            self._tick()

    def stop(self) -> None:
        """Let the price stand still; `start` goes on from there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        fair = self._process.next_fair()
        self.fair_price = fair.price
        for outlet in self.outlets:
            outlet.show(fair.price, fair.activity)
        self._timer = self._timeline.call_later(self.tick_ns, self._tick)
