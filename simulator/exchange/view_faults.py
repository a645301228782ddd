"""What a view leaves out or tells wrongly: an order not found yet, a row its list lacks, an event told twice or never.

The truth and what the view knows are untouched; only what it answers or tells has a hole. Each fault draws from the
random stream it was handed, and draws whether or not another fault has struck first, so that taking one fault away
leaves the others as they were.
"""

import random
from decimal import Decimal

from msgspec import structs

from simulator.exchange.events import Event
from simulator.exchange.orders import Balance, OrderRecord, OrderStatus
from simulator.exchange.timeline import Timeline

DRAWS_KEPT_MAX = 10_000  # orders whose draw a fault remembers; the oldest are beyond its reach by then


class Veil:
    """A fault of what is answered from a picture; what the picture knows is not touched. This one changes nothing."""

    def hides(self, record: OrderRecord) -> bool:
        """Tell whether a look-up does not find this order."""
        return False

    def misses(self, record: OrderRecord) -> bool:
        """Tell whether the list of open orders lacks this one."""
        return False

    def shown(self, record: OrderRecord) -> OrderRecord:
        """Return the order as a look-up tells it."""
        return record

    def forgets(self, at_ns: int) -> bool:
        """Tell whether what ended or traded at that time (Unix ns) is served no longer."""
        return False

    def counted(self, balance: Balance) -> Balance:
        """Return a balance as it is told."""
        return balance


class NotFoundYet(Veil):
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


class RowsMissing(Veil):
    """The list of open orders lacks a share of its rows, others each time."""

    def __init__(self, *, share: float, random: random.Random) -> None:
        self._share = share
        self._random = random

    def misses(self, record: OrderRecord) -> bool:
        """Tell whether the list lacks this order now."""
        return self._random.random() < self._share


class WronglyTold(Veil):
    """Look-ups tell a share of the finished orders wrongly: as if they were open yet, or had ended with nothing filled.

    An order is told in one way for as long as the fault lasts.
    """

    def __init__(self, *, share: float, as_open: bool, random: random.Random) -> None:
        self._share = share
        self._as_open = as_open
        self._random = random
        self._struck: dict[int, bool] = {}

    def shown(self, record: OrderRecord) -> OrderRecord:
        """Return the order as it is told."""
        if record.is_open or not self._strikes(record.order_id):
            return record
        if self._as_open:
            filled = OrderStatus.PARTIALLY_FILLED if record.filled_lots else OrderStatus.NEW
            return structs.replace(record, status=filled, reason="")
        return structs.replace(record, status=OrderStatus.CANCELED, filled_lots=0, quote_filled=Decimal(0))

    def _strikes(self, order_id: int) -> bool:
        if order_id not in self._struck:
            self._struck[order_id] = self._random.random() < self._share
            if len(self._struck) > DRAWS_KEPT_MAX:
                del self._struck[next(iter(self._struck))]
        return self._struck[order_id]


class HistoryLimited(Veil):
    """What ended or traded more than `age_ns` ago is not served any more."""

    def __init__(self, timeline: Timeline, *, age_ns: int) -> None:
        self._timeline = timeline
        self._age_ns = age_ns

    def hides(self, record: OrderRecord) -> bool:
        """Tell whether a look-up does not find the order: whether it ended too long ago."""
        return not record.is_open and self.forgets(record.updated_ns)

    def forgets(self, at_ns: int) -> bool:
        """Tell whether that is too long ago."""
        return self._timeline.wall_ns() - at_ns > self._age_ns


class WronglyCounted(Veil):
    """Balances are told as a part, or a multiple, of what they are."""

    def __init__(self, *, factor: Decimal) -> None:
        self._factor = factor

    def counted(self, balance: Balance) -> Balance:
        """Return the balance as it is told."""
        return structs.replace(balance, free=balance.free * self._factor, locked=balance.locked * self._factor)


class EventFault:
    """A stream tells a share of its events of some kinds badly; without a random stream, all of them."""

    times = 1
    """How often it tells such an event."""
    late_ns = 0
    """How long after its turn."""

    def __init__(self, *, kinds: tuple[type, ...], share: float, random: random.Random | None) -> None:
        self._kinds = kinds
        self._share = share
        self._random = random

    def strikes(self, event: Event) -> bool:
        """Tell whether the event is one of them."""
        if not isinstance(event, self._kinds):
            return False
        return self._random is None or self._random.random() < self._share


class EventsLost(EventFault):
    """A stream never tells them."""

    times = 0


class EventsTwice(EventFault):
    """A stream tells them a second time."""

    times = 2


class EventsLate(EventFault):
    """A stream tells them `late_ns` after their turn, so that others overtake them."""

    def __init__(self, *, kinds: tuple[type, ...], share: float, late_ns: int, random: random.Random) -> None:
        super().__init__(kinds=kinds, share=share, random=random)
        self.late_ns = late_ns
