"""What one replica sees: prices of every venue, the bars made of them, and what execution says that it holds.

Old news is left out rather than marked: a venue without a fresh price of its own is not in the view, and a position
that execution has not told lately is unknown. So a strategy cannot act on what is stale, however it is written.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.domain.messages import LedgerSnapshot, PriceSeen
from engine.domain.money import Quantity
from engine.domain.opinions import SentimentSeen
from engine.ports.clock import Clock
from engine.ports.strategy import Bar, Sight, View
from engine.services.bars import BarMaker
from engine.services.price_board import PriceBoard


@dataclass(frozen=True, kw_only=True)
class Traded:
    """One instrument: what may be held when in, and how many bars are looked at."""

    size: Quantity
    bars: int


class Outlook:
    """Takes in what the bus says and shows it; `traded` bounds what is kept."""

    def __init__(
        self,
        traded: Mapping[str, Traded],
        clock: Clock,
        *,
        fresh_for_ns: int,
        positions_fresh_for_ns: int,
        sentiment_fresh_for_ns: int,
    ) -> None:
        self._traded = dict(traded)
        self._clock = clock
        self._positions_fresh_for_ns = positions_fresh_for_ns
        self._board = PriceBoard(tuple(traded), clock, fresh_for_ns=fresh_for_ns)
        self._makers = {symbol: BarMaker(symbol) for symbol in traded}
        self._bars: dict[str, deque[Bar]] = {symbol: deque(maxlen=each.bars) for symbol, each in traded.items()}
        self._sentiment_fresh_for_ns = sentiment_fresh_for_ns
        self._sentiment: dict[str, tuple[float, int]] = {}
        self._ledgers: dict[str, tuple[LedgerSnapshot, int]] = {}

    def note_price(self, seen: PriceSeen) -> None:
        """Take in a price."""
        if self._board.note(seen) and (price := self._board.middle(seen.instrument)) is not None:
            self._makers[seen.instrument].note(price)

    def note_ledger(self, snapshot: LedgerSnapshot) -> None:
        """Take in what execution holds at a venue."""
        self._ledgers[snapshot.venue] = (snapshot, self._clock.monotonic_ns())

    def note_sentiment(self, seen: SentimentSeen) -> None:
        """Take in how people feel."""
        if seen.instrument in self._traded:
            self._sentiment[seen.instrument] = (seen.score, self._clock.monotonic_ns())

    def close_bar(self, symbol: str, end_ns: int) -> Bar | None:
        """End an instrument's bar; None when no price is fresh."""
        bar = self._makers[symbol].close(end_ns, self._board.middle(symbol))
        bars = self._bars[symbol]
        if bar is not None:
            if bars and bars[-1].end_ns == end_ns:
                bars.pop()  # taken from a replica whose clock is ahead: what is seen here counts
            bars.append(bar)
        return bar

    def bars(self, symbol: str) -> tuple[Bar, ...]:
        """Return the last bars of an instrument, oldest first."""
        return tuple(self._bars[symbol])

    def recall(self, symbol: str, bars: Sequence[Bar], *, bar_ns: int, now_ns: int) -> int:
        """Take in bars that a replica made before this one began, and return how many were of use.

        A hole is lived with, as after a time without prices, while it is no longer than what is looked at: bars that
        ended before twice that are too old to be compared with, and none can have ended after now.
        """
        own, needed = self._bars[symbol], self._traded[symbol].bars
        before_ns = min([now_ns + 1, *(bar.end_ns for bar in own)])
        after_ns = now_ns - 2 * needed * bar_ns
        older = [bar for bar in bars if bar.instrument == symbol and after_ns < bar.end_ns < before_ns]
        self._bars[symbol] = deque([*older, *own], maxlen=needed)
        return len(older)

    def view(self, symbol: str) -> View | None:
        """Return what there is to see of an instrument; None as long as it has too few bars."""
        traded, bars = self._traded[symbol], tuple(self._bars[symbol])
        if len(bars) < traded.bars:
            return None
        sights = {name: self._sight(seen) for name, seen in self._board.fresh(symbol).items()}
        return View(
            instrument=symbol,
            size=traded.size,
            bars=bars,
            venues=MappingProxyType(sights),
            sentiment=self._feeling(symbol),
        )

    def _sight(self, seen: PriceSeen) -> Sight:
        return Sight(
            venue=seen.venue,
            bid=seen.bid,
            ask=seen.ask,
            last=seen.last,
            position=self._position(seen.venue, seen.instrument),
        )

    def _feeling(self, symbol: str) -> float | None:
        score, at_ns = self._sentiment.get(symbol, (None, 0))
        return score if self._clock.monotonic_ns() - at_ns <= self._sentiment_fresh_for_ns else None

    def _position(self, venue: str, symbol: str) -> Quantity | None:
        snapshot, at_ns = self._ledgers.get(venue, (None, 0))
        if snapshot is None or self._clock.monotonic_ns() - at_ns > self._positions_fresh_for_ns:
            return None
        return snapshot.positions.get(symbol)
