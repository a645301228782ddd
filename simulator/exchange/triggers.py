"""Orders that wait for the last price to reach their stop price.

Of those that one price reaches, the ones whose stop price it passed first go first, and of equals the oldest. Every
price since the last look counts, not only the last of them: a stop that a single trade touched has been touched.
"""

from bisect import bisect_left, insort

from simulator.exchange.orders import Trigger

_Rung = tuple[int, int]  # (the stop price, negated where it waits for a fall; order id)


def rises(is_buy: bool, trigger: Trigger) -> bool:
    """Tell whether an order waits for a price at or above its stop price; else for one at or below it."""
    return is_buy == (trigger is Trigger.STOP)


def is_reached(stop: int, price: int, *, rising: bool) -> bool:
    """Tell whether `price` has reached the stop price."""
    return price >= stop if rising else price <= stop


class Triggers:
    """The waiting orders of one instrument, by id."""

    __slots__ = ("_falling", "_rising", "_seen", "_where")

    def __init__(self) -> None:
        self._rising: list[_Rung] = []  # ascending: the first to be reached first
        self._falling: list[_Rung] = []
        self._where: dict[int, tuple[list[_Rung], _Rung]] = {}
        self._seen: tuple[int, int] | None = None  # the lowest and the highest price since the last look

    def __contains__(self, order_id: int) -> bool:
        """Tell whether the order waits here."""
        return order_id in self._where

    def add(self, order_id: int, stop: int, *, rising: bool) -> None:
        """Let an order wait for its stop price."""
        rungs = self._rising if rising else self._falling
        rung = (stop if rising else -stop, order_id)
        self._where[order_id] = rungs, rung
        insort(rungs, rung)

    def remove(self, order_id: int) -> None:
        """Let an order wait no longer.

        Raises:
            KeyError: it does not wait here.
        """
        rungs, rung = self._where.pop(order_id)
        del rungs[bisect_left(rungs, rung)]

    def see(self, price: int) -> None:
        """Note that there was a trade at this price."""
        if self._where:
            low, high = self._seen or (price, price)
            self._seen = min(low, price), max(high, price)

    def pop_reached(self) -> list[int]:
        """Return the orders whose stop price was reached since the last call; they wait no longer."""
        if self._seen is None:
            return []
        (low, high), self._seen = self._seen, None
        reached = [*_cut(self._rising, high), *_cut(self._falling, -low)]
        for order_id in reached:
            del self._where[order_id]
        return reached


def _cut(rungs: list[_Rung], price: int) -> list[int]:
    reached = bisect_left(rungs, (price + 1,))
    order_ids = [order_id for _, order_id in rungs[:reached]]
    del rungs[:reached]
    return order_ids
