"""One replica of signal generation: at the end of each bar it says what the bot should hold, or nothing.

Replicas in several zones decide the same thing under the same identity (strategy, instrument, end of bar), and the
bus stores it once; so none leads, and none needs to know of the others. On prices that are not fresh a replica keeps
silent: a missing decision costs one bar, a decision on old prices may cost the account.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.domain.messages import Component, Decision, PriceSeen
from engine.domain.money import Quantity
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.bars import Bar, BarMaker
from engine.services.duty import NS, WELL, Health, pause, together
from engine.services.listening import listen
from engine.services.log import Log
from engine.services.outbox import Outbox
from engine.services.price_board import PriceBoard


class Strategy(Protocol):
    """What decides: pure, so that replicas agree and a test needs no world."""

    @property
    def bars_needed(self) -> int:
        """Return how many bars it looks at; with fewer it is not asked."""
        ...

    def target(self, bars: Sequence[Bar]) -> Quantity:
        """Return the wanted base quantity over all venues, from the last bars, oldest first."""
        ...


@dataclass(frozen=True, kw_only=True)
class SignalBounds:
    """The replica's waits and queues; times in nanoseconds."""

    bar_ns: int
    settle_ns: int
    fresh_for_ns: int
    not_after_ns: int
    pending_max: int
    retry_every_ns: int


class Signal:
    """Makes bars of the prices on the bus and decisions of the bars."""

    component = Component.SIGNAL

    def __init__(
        self,
        strategy_name: str,
        strategies: Mapping[str, Strategy],
        *,
        node: str,
        bus: Bus,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        bounds: SignalBounds,
    ) -> None:
        self._strategy_name = strategy_name
        self._strategies = dict(strategies)
        self._node = node
        self._bus = bus
        self._outbox = outbox
        self._clock = clock
        self._log = log
        self._bounds = bounds
        self._board = PriceBoard(tuple(strategies), clock, fresh_for_ns=bounds.fresh_for_ns)
        self._makers = {symbol: BarMaker(symbol) for symbol in strategies}
        self._bars: dict[str, deque[Bar]] = {
            symbol: deque(maxlen=strategy.bars_needed) for symbol, strategy in strategies.items()
        }
        self._blind: tuple[str, ...] = ()

    async def run(self) -> None:
        """Listen and decide until cancelled."""
        await together(self._listen(), self._decide_at_each_end())

    def health(self) -> Health:
        """Tell which instruments it could not decide on; that is the prices' failure, not its own."""
        return Health(status=WELL.status, detail=f"no fresh price of {', '.join(self._blind)}") if self._blind else WELL

    async def _listen(self) -> None:
        bounds = self._bounds
        async for seen in listen(
            self._bus,
            "price.>",
            PriceSeen,
            log=self._log,
            pending_max=bounds.pending_max,
            retry_every_ns=bounds.retry_every_ns,
        ):
            if self._board.note(seen) and (price := self._board.middle(seen.instrument)) is not None:
                self._makers[seen.instrument].note(price)

    async def _decide_at_each_end(self) -> None:
        """Wake a little after each end of a bar on the wall clock; a bar that was slept through is not decided."""
        bar_ns, settle_ns = self._bounds.bar_ns, self._bounds.settle_ns
        end_ns = (self._clock.wall_ns() // bar_ns + 1) * bar_ns
        while True:
            left_ns = end_ns + settle_ns - self._clock.wall_ns()
            if left_ns > 0:
                await pause(min(left_ns, bar_ns))
                continue
            if -left_ns < bar_ns:
                self._close_bars(end_ns)
            end_ns = max(end_ns + bar_ns, (self._clock.wall_ns() - settle_ns) // bar_ns * bar_ns + bar_ns)

    def _close_bars(self, end_ns: int) -> None:
        blind = []
        for symbol, maker in self._makers.items():
            bar = maker.close(end_ns, self._board.middle(symbol))
            if bar is None:
                blind.append(symbol)
                self._log.warning("not_decided_on_stale_prices", instrument=symbol, end_s=end_ns // NS)
                continue
            self._bars[symbol].append(bar)
            self._decide(bar)
        self._blind = tuple(blind)

    def _decide(self, bar: Bar) -> None:
        strategy, bars = self._strategies[bar.instrument], tuple(self._bars[bar.instrument])
        if len(bars) < strategy.bars_needed:
            return
        try:
            target = strategy.target(bars)
        except Exception as problem:  # a strategy is somebody else's code: its failure costs one decision, no more
            self._log.warning("strategy_failed", instrument=bar.instrument, problem=repr(problem))
            return
        now_ns = self._clock.wall_ns()
        not_after_ns = bar.end_ns + self._bounds.not_after_ns
        decision = Decision(
            strategy=self._strategy_name,
            instrument=bar.instrument,
            decision=str(bar.end_ns // NS),
            target=target,
            not_after_ns=not_after_ns,
            decided_at_ns=now_ns,
            reference_price=bar.close,
            node=self._node,
        )
        self._log.info("decided", instrument=bar.instrument, decision=decision.decision, target=str(target))
        self._outbox.put(decision, not_after_ns=not_after_ns)
