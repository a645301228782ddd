"""Several streams of one venue's prices made into one: which of them leads, and which of their prices are told.

Two connections bring everything twice. The line that leads is told; another only speaks up where nothing was told of
an instrument for a moment, and then it leads. So a connection that dies or falls silent costs a second, not a redial,
and nothing is told twice while all is well. A line counts as up once it has brought every instrument for a while
without an end: a stream that blinks must not switch the REST fallback off and on with it.
"""

from collections.abc import Callable, Sequence

from engine.ports.clock import Clock
from engine.ports.venue import Quote

NS_PER_MS = 1_000_000


class FeedLines:
    """What the lines have brought.

    Args:
        lines: how many there are.
        venue_now_ns: tells the time by the venue's clock, whatever our own wall clock says.
        steady_ns: how long a line must have brought everything before the fallback is given up.
        speak_up_ns: how long nothing was told of an instrument when another line takes the lead.
        stale_after_ns: a price that is older by the venue's own time is no sign of life.
    """

    def __init__(
        self,
        instruments: Sequence[str],
        lines: int,
        clock: Clock,
        *,
        venue_now_ns: Callable[[], int],
        steady_ns: int,
        speak_up_ns: int,
        stale_after_ns: int,
    ) -> None:
        self._instruments = tuple(instruments)
        self._clock = clock
        self._venue_now_ns = venue_now_ns
        self._steady_ns = steady_ns
        self._speak_up_ns = speak_up_ns
        self._stale_after_ns = stale_after_ns
        self._since_ns: list[dict[str, int]] = [{} for _ in range(lines)]
        """When each line began to bring each instrument."""
        self._leads: dict[str, int] = {}
        self._told: dict[str, tuple[Quote, int]] = {}

    def heard(self, line: int, quote: Quote) -> bool:
        """Note a price that a line brought; tell whether it is to be told."""
        now_ns, symbol = self._clock.monotonic_ns(), quote.instrument
        if self.is_fresh(quote):
            self._since_ns[line].setdefault(symbol, now_ns)
        told, at_ns = self._told.get(symbol, (None, 0))
        if told is not None and self._leads.get(symbol) != line:  # noqa: SIM102  # two questions, one after the other
            if now_ns - at_ns < self._speak_up_ns or quote.venue_time_ms < told.venue_time_ms:
                return False
        self._leads[symbol] = line
        self._told[symbol] = (quote, now_ns)
        return True

    def ended(self, line: int) -> None:
        """Note that a line brings nothing any more."""
        self._since_ns[line].clear()
        for symbol in [symbol for symbol, leader in self._leads.items() if leader == line]:
            del self._leads[symbol], self._told[symbol]

    def is_fresh(self, quote: Quote) -> bool:
        """Tell whether a price is young enough, by the venue's own time on it, to be a sign of life."""
        age_ns = self._venue_now_ns() - quote.venue_time_ms * NS_PER_MS
        return age_ns <= self._stale_after_ns

    def streams(self, symbol: str) -> bool:
        """Tell whether a line steadily brings an instrument."""
        now_ns = self._clock.monotonic_ns()
        return any(symbol in since and now_ns - since[symbol] >= self._steady_ns for since in self._since_ns)

    @property
    def up(self) -> bool:
        """Tell whether every instrument is brought steadily by some line."""
        return all(self.streams(symbol) for symbol in self._instruments)

    @property
    def lost(self) -> tuple[int, ...]:
        """Return the lines that bring nothing."""
        return tuple(line for line, since in enumerate(self._since_ns) if not since)
