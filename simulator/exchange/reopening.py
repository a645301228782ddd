"""A venue that comes back step by step: halted, then cancels only, then post-only orders too, then trade in full."""

from collections.abc import Callable

from simulator.exchange.admission import TradingMode
from simulator.exchange.timeline import Cancellable, Timeline

Stage = tuple[TradingMode, int]  # a mode and how long it lasts, in ns


class Reopening:
    """Puts an exchange from one stage into the next, and at the end into full trade."""

    def __init__(self, timeline: Timeline, enter: Callable[[TradingMode], None]) -> None:
        self._timeline = timeline
        self._enter = enter
        self._timer: Cancellable | None = None
        self._sequence = 0  # which one is under way: an older one's undo does nothing

    def begin(self, stages: list[Stage]) -> Callable[[], None]:
        """Go through these stages from now on; those that last no time are left out. Return what opens in full.

        Raises:
            ValueError: a stage lasts less than no time.
        """
        if any(lasts_ns < 0 for _, lasts_ns in stages):
            raise ValueError("a stage of a reopening lasts 0 ns or more")
        self.end()
        begun = self._sequence = self._sequence + 1
        self._step([stage for stage in stages if stage[1]])

        def open_in_full() -> None:
            if self._sequence == begun and self._timer is not None:
                self.end()
                self._enter(TradingMode.FULL)

        return open_in_full

    def end(self) -> None:
        """Stay in the present stage; do nothing if no sequence is under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _step(self, stages: list[Stage]) -> None:
        self._timer = None
        if not stages:
            self._enter(TradingMode.FULL)
            return
        (mode, lasts_ns), *rest = stages
        self._timer = self._timeline.call_later(lasts_ns, lambda: self._step(rest))
        self._enter(mode)
