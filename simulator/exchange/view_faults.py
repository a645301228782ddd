"""What a view leaves out: an order it does not find yet, a row its list lacks, an event its stream never tells.

The truth and what the view knows are untouched; only what it answers or tells has a hole. Each fault draws from the
random stream it was handed, and draws whether or not another fault has struck first, so that taking one fault away
leaves the others as they were.
"""

import random

from simulator.exchange.events import Event
from simulator.exchange.orders import OrderRecord
from simulator.exchange.timeline import Timeline

DRAWS_KEPT_MAX = 10_000  # orders whose draw a fault remembers; the oldest are beyond its reach by then


class NotFoundYet:
    """Look-ups do not find a share of the new orders until they are `for_ns` old."""

    def __init__(self, timeline: Timeline, *, share: float, for_ns: int, random: random.Random) -> None:
        self._timeline = timeline
        self._share = share
        self._for_ns = for_ns
        self._random = random
        self._since_ns = timeline.wall_ns()
        self._hidden: dict[int, bool] = {}

    def hides(self, record: OrderRecord) -> bool:
        """Tell whether a look-up does not find the order; what was there before the fault is always found."""
        age_ns = self._timeline.wall_ns() - record.created_ns
        if record.created_ns < self._since_ns or age_ns >= self._for_ns:
            return False
        hidden = self._hidden.get(record.order_id)
        if hidden is None:
            hidden = self._hidden[record.order_id] = self._random.random() < self._share
            if len(self._hidden) > DRAWS_KEPT_MAX:
                del self._hidden[next(iter(self._hidden))]
        return hidden

    def misses(self, record: OrderRecord) -> bool:
        """Leave lists alone."""
        return False


class RowsMissing:
    """The list of open orders lacks a share of its rows, others each time."""

    def __init__(self, *, share: float, random: random.Random) -> None:
        self._share = share
        self._random = random

    def hides(self, record: OrderRecord) -> bool:
        """Leave look-ups alone."""
        return False

    def misses(self, record: OrderRecord) -> bool:
        """Tell whether the list lacks this order now."""
        return self._random.random() < self._share


class EventsLost:
    """A stream never tells a share of its events of some kinds; without a random stream, none of them."""

    def __init__(self, *, kinds: tuple[type, ...], share: float, random: random.Random | None) -> None:
        self._kinds = kinds
        self._share = share
        self._random = random

    def strikes(self, event: Event) -> bool:
        """Tell whether the event is lost."""
        if not isinstance(event, self._kinds):
            return False
        return self._random is None or self._random.random() < self._share
