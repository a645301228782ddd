"""The market in one instrument: its fair price moves tick by tick, and every venue quotes around it.

What befalls a market comes in pairs: `disturb` and the undo that it returns, `mute` and `unmute` of a book's side,
`stop` and `start` of the price itself.
"""

from collections.abc import Callable

from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import Side
from simulator.exchange.timeline import Cancellable, Timeline
from simulator.market.disturbances import Disturbance
from simulator.market.fair import PriceProcess
from simulator.market.ladder import Ladder
from simulator.market.prices import Basis

TICK_NS = 5_000_000_000

Undo = Callable[[], None]


class Disturbed:
    """A price that disturbances lie on; each is ended by its own undo."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._disturbances: dict[int, tuple[Disturbance, int]] = {}
        self._born = 0

    def disturb(self, disturbance: Disturbance) -> Undo:
        """Lay a disturbance on the price from now on; return what ends it. Several multiply."""
        self._born += 1
        number = self._born
        self._disturbances[number] = (disturbance, self._now_ns())

        def undo() -> None:
            self._disturbances.pop(number, None)

        return undo

    def apply(self, price: float) -> float:
        """Return a price as disturbed now."""
        now_ns = self._now_ns()
        for disturbance, began_ns in self._disturbances.values():
            price *= disturbance.factor(now_ns - began_ns)
        return price


class Outlet:
    """One venue's window on the market."""

    def __init__(self, exchange: Exchange, symbol: str, *, basis: Basis, ladder: Ladder) -> None:
        self.exchange = exchange
        self.symbol = symbol
        self.basis = basis
        self.prices: Disturbed | None = None
        """Disturbances of this venue's price alone; there from the moment at which it joins a market."""
        self._ladder = ladder
        self._muted: dict[Side, int] = {Side.BUY: 0, Side.SELL: 0}
        self._thinned: list[float] = []

    def mute(self, side: Side) -> None:
        """Let nobody of the background quote on a side: the book there empties. Calls add up."""
        self._muted[side] += 1

    def unmute(self, side: Side) -> None:
        """Undo one `mute`."""
        self._muted[side] -= 1

    def thin(self, share: float) -> Undo:
        """Let the background quote this share of what it would (at least a lot a level); return what ends that."""
        self._thinned.append(share)
        return lambda: self._thinned.remove(share)

    def show(self, price: float, activity: float) -> None:
        """Quote around the venue's version of a fair price, and let strangers trade there."""
        bids, asks = self._ladder.quotes(self.version(price))
        trade = self._ladder.print_of(bids, asks, activity)
        bids = [] if self._muted[Side.BUY] else bids
        asks = [] if self._muted[Side.SELL] else asks
        if self._thinned:
            share = min(self._thinned)
            bids, asks = ([(tick, max(1, int(lots * share))) for tick, lots in side] for side in (bids, asks))
        self.exchange.quote(self.symbol, bids, asks)
        if trade is not None and not self._muted[trade[0].opposite]:
            self.exchange.print_trade(self.symbol, *trade)

    def version(self, price: float) -> float:
        """Return the venue's version of a fair price: disturbed, and off by what it is always off."""
        return self.basis.apply(price if self.prices is None else self.prices.apply(price))


class Flood:
    """Quotes and trades at an unmoved price, over and over, so that news floods; `stop` ends it."""

    def __init__(self, market: "Market", timeline: Timeline, *, every_ns: int) -> None:
        self._market = market
        self._timeline = timeline
        self._every_ns = every_ns
        self._timer = timeline.call_later(every_ns, self._again)

    def stop(self) -> None:
        """Let the market be."""
        self._timer.cancel()

    def _again(self) -> None:
        price = self._market.fair_price
        for outlet in self._market.outlets if price is not None else ():
            outlet.show(price or 0.0, activity=1.0)
        self._timer = self._timeline.call_later(self._every_ns, self._again)


class Market:
    """Moves one instrument's price on all its venues at once."""

    def __init__(self, symbol: str, process: PriceProcess, timeline: Timeline, *, tick_ns: int = TICK_NS) -> None:
        """Wait to be started; `fair_price` is None until then."""
        self.symbol = symbol
        self.tick_ns = tick_ns
        self.fair_price: float | None = None
        self.prices = Disturbed(timeline.now_ns)
        """Disturbances of the price on all venues."""
        self.outlets: list[Outlet] = []
        self._process = process
        self._timeline = timeline
        self._timer: Cancellable | None = None

    def add(self, outlet: Outlet) -> None:
        """Let one more venue follow this market, from its next tick on."""
        outlet.prices = Disturbed(self._timeline.now_ns)
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

    def flood(self, every_ns: int) -> Undo:
        """Let news flood, besides the usual; return what ends it."""
        return Flood(self, self._timeline, every_ns=every_ns).stop

    def _tick(self) -> None:
        fair = self._process.next_fair()
        self.fair_price = self.prices.apply(fair.price)
        for outlet in self.outlets:
            outlet.show(self.fair_price, fair.activity)
        self._timer = self._timeline.call_later(self.tick_ns, self._tick)
