"""Kraken's counters: they rise with every call or order and fall with time.

Nothing is told in headers; a client that does not count along learns of a limit by its error.
"""

from simulator.dialects.kraken.errors import CALL_RATE, ORDER_RATE, TOO_MANY_REQUESTS, Refused
from simulator.dialects.kraken.settings import NS, KrakenSettings
from simulator.exchange.events import Event, OrderChanged
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import OrderRecord, OrderStatus
from simulator.exchange.timeline import Timeline

CANCEL_PENALTIES = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""(an order younger than so many seconds, what its cancel adds)."""

AMEND_PENALTIES = ((5, 3), (10, 2), (15, 1))
"""(an order younger than so many seconds, what its amendment adds to its 1)."""


class Counters:
    """Counters that fall by `decay_per_s`, one for each name."""

    __slots__ = ("_decay_per_ns", "_values", "most")

    def __init__(self, most: float, decay_per_s: float) -> None:
        self.most = most
        self._decay_per_ns = decay_per_s / NS
        self._values: dict[tuple[str, ...], tuple[float, int]] = {}

    def value(self, who: tuple[str, ...], now_ns: int) -> float:
        """Return where a counter stands."""
        value, at_ns = self._values.get(who, (0.0, now_ns))
        return max(0.0, value - (now_ns - at_ns) * self._decay_per_ns)

    def add(self, who: tuple[str, ...], amount: float, now_ns: int) -> None:
        """Raise a counter."""
        self._values[who] = (self.value(who, now_ns) + amount, now_ns)

    def spend(self, who: tuple[str, ...], amount: float, now_ns: int) -> bool:
        """Raise a counter unless that would lead above its most; say whether it was raised."""
        value = self.value(who, now_ns) + amount
        if value > self.most:
            return False
        self._values[who] = (value, now_ns)
        return True


class Limits:
    """All counters of one Kraken."""

    def __init__(self, settings: KrakenSettings, timeline: Timeline, exchange: Exchange) -> None:
        self._timeline = timeline
        self._calls = Counters(settings.calls_max, settings.calls_decay_per_s)
        self._public = Counters(settings.public_calls_max, settings.public_calls_decay_per_s)
        self._orders = Counters(settings.orders_max, settings.orders_decay_per_s)
        self.forget = exchange.events.subscribe(self._hear, OrderChanged)

    def public_call(self, peer: str) -> None:
        """Count a public call by address, or refuse it."""
        if not self._public.spend((peer,), 1, self._timeline.now_ns()):
            raise Refused(TOO_MANY_REQUESTS)

    def private_call(self, key: str, cost: int) -> None:
        """Count a private call by key, or refuse it."""
        if cost and not self._calls.spend((key,), cost, self._timeline.now_ns()):
            raise Refused(CALL_RATE)

    def new_order(self, account: str, symbol: str) -> None:
        """Count a new order by account and pair, or refuse it."""
        if not self._orders.spend((account, symbol), 1, self._timeline.now_ns()):
            raise Refused(ORDER_RATE)

    def amendment(self, record: OrderRecord) -> None:
        """Count an amendment of an order, which costs the more the younger the order is, or refuse it."""
        age_ns = self._timeline.wall_ns() - record.created_ns
        more = next((penalty for seconds, penalty in AMEND_PENALTIES if age_ns < seconds * NS), 0)
        if not self._orders.spend((record.account, record.symbol), 1 + more, self._timeline.now_ns()):
            raise Refused(ORDER_RATE)

    def _hear(self, event: Event) -> None:
        """A cancel adds the more the younger the order is; it is never refused for that."""
        if isinstance(event, OrderChanged) and event.record.status is OrderStatus.CANCELED:
            record = event.record
            penalty = cancel_penalty(record)
            if penalty:
                self._orders.add((record.account, record.symbol), penalty, self._timeline.now_ns())


def cancel_penalty(record: OrderRecord) -> int:
    """Return what a cancelled order adds to the counter of its pair."""
    age_ns = record.updated_ns - record.created_ns
    return next((penalty for seconds, penalty in CANCEL_PENALTIES if age_ns < seconds * NS), 0)
