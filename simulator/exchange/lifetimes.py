"""Orders that end by themselves: when the time comes until which they are good, or when matching rejects them."""

from collections.abc import Callable

from simulator.exchange import reasons
from simulator.exchange.orders import OrderStatus
from simulator.exchange.timeline import Timeline
from simulator.exchange.working_order import WorkingOrder


class Lifetimes:
    """Winds the timers of orders; `end` is called for an open order whose time has come."""

    def __init__(self, timeline: Timeline, end: Callable[[WorkingOrder, OrderStatus, str], object]) -> None:
        self._timeline = timeline
        self._end = end

    def limit(self, order: WorkingOrder, expires_ns: int) -> None:
        """Let the order expire when the venue's clock has come to `expires_ns`, even if it is set meanwhile."""
        left_ns = expires_ns - self._timeline.wall_ns()
        if left_ns > 0:
            order.expiry = self._timeline.call_later(left_ns, lambda: self.limit(order, expires_ns))
        else:
            self._end(order, OrderStatus.EXPIRED, reasons.TIME_PASSED)

    def doom(self, order: WorkingOrder, delay_ns: int) -> None:
        """Let the order hold nothing, touch nothing, and be rejected in `delay_ns`."""

        def strike() -> None:
            self._end(order, OrderStatus.REJECTED, reasons.SILENTLY)

        order.held = 0
        order.doom = self._timeline.call_later(delay_ns, strike)
