"""What a reader of a venue sees: the truth, some time ago.

A venue has one truth and several views of it (REST reads, public stream, private stream), each with a lag that can
be changed while the world runs. Most real incidents are two views that disagree in time. A view never goes back:
when its lag grows it stands still until the truth is that old. Beside its lag it can have holes, each a fault that
returns its own undo.
"""

import random
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Protocol

from simulator.exchange.events import Event, EventStream, Listener
from simulator.exchange.picture import Picture
from simulator.exchange.timeline import Cancellable, Timeline
from simulator.exchange.view_faults import (
    EventFault,
    EventsLate,
    EventsLost,
    EventsTwice,
    HistoryLimited,
    NotFoundYet,
    RowsMissing,
    Veil,
    WronglyCounted,
    WronglyTold,
)

Undo = Callable[[], None]  # ends a fault; doing it twice is doing it once
UNREAD_EVENTS_MAX = 4_096  # events a view lets wait before it catches up without being asked
LAGGING_EVENTS_MAX = 500_000  # events a view can lag behind; beyond that the oldest reach it early
STREAM_ORDERS_MAX = 1_000  # finished orders a stream remembers for its snapshots
STREAM_TRADES_MAX = 1_000  # trades a stream remembers for its snapshots


class Viewed(Protocol):
    """What can be viewed: an exchange of any kind."""

    @property
    def truth(self) -> Picture:
        """Everything that is, now."""

    @property
    def events(self) -> EventStream:
        """Every change, as it happens."""


class ReadView:
    """A view that is asked: `picture` is the truth of `lag_ns` ago."""

    def __init__(self, name: str, exchange: Viewed, timeline: Timeline, *, lag_ns: int) -> None:
        """Begin with the truth of now."""
        self.name = name
        self.lag_ns = lag_ns
        self._timeline = timeline
        self._picture = exchange.truth.copy()
        self._unread: deque[Event] = deque()
        exchange.events.subscribe(self._hear)

    @property
    def picture(self) -> Picture:
        """The exchange as this view shows it now; ask again for a later moment."""
        unread, picture = self._unread, self._picture
        as_of_ns = self._timeline.now_ns() - self.lag_ns
        while unread and unread[0].at_ns <= as_of_ns:
            picture.apply(unread.popleft())
        return picture

    def hide_new_orders(self, *, share: float, for_ns: int, random: random.Random) -> Undo:
        """Do not find a share of the orders placed from now on when asked for one, until they are `for_ns` old."""
        return self._veil(NotFoundYet(self._timeline, share=share, for_ns=for_ns, random=random))

    def miss_open_orders(self, *, share: float, random: random.Random) -> Undo:
        """Leave a share of the rows out of each list of open orders."""
        return self._veil(RowsMissing(share=share, random=random))

    def tell_wrongly(self, *, share: float, as_open: bool, random: random.Random) -> Undo:
        """Tell a share of the finished orders as open yet, or as ended with nothing filled, when asked for one."""
        return self._veil(WronglyTold(share=share, as_open=as_open, random=random))

    def forget_after(self, age_ns: int) -> Undo:
        """Serve nothing any more that ended or traded longer ago than this."""
        return self._veil(HistoryLimited(self._timeline, age_ns=age_ns))

    def miscount(self, factor: Decimal) -> Undo:
        """Tell every balance as so many times what it is."""
        return self._veil(WronglyCounted(factor=factor))

    def _veil(self, veil: Veil) -> Undo:
        veils = self._picture.veils
        veils.append(veil)
        return lambda: veils.remove(veil) if veil in veils else None

    def _hear(self, event: Event) -> None:
        unread = self._unread
        unread.append(event)
        if len(unread) % UNREAD_EVENTS_MAX == 0:
            _ = self.picture
            while len(unread) > LAGGING_EVENTS_MAX:
                self._picture.apply(unread.popleft())


class StreamView:
    """A view that tells: listeners hear each event `lag_ns` after it happened, in order.

    With a lag of nothing they still hear it only after the exchange has finished what it was doing.
    """

    def __init__(
        self, name: str, exchange: Viewed, timeline: Timeline, *, lag_ns: int, kinds: tuple[type, ...]
    ) -> None:
        """Begin with the truth of now; of what happens, tell only these kinds of events."""
        self.name = name
        self._lag_ns = lag_ns
        self._timeline = timeline
        self._kinds = kinds
        self._picture = exchange.truth.copy(orders_max=STREAM_ORDERS_MAX, trades_max=STREAM_TRADES_MAX)
        self._untold: deque[Event] = deque()
        self._timer: Cancellable | None = None
        self._told = EventStream()
        self._faults: list[EventFault] = []
        exchange.events.subscribe(self._hear, *kinds)

    @property
    def lag_ns(self) -> int:
        """How long after its time an event is told; settable, and what waits is told by the new lag."""
        return self._lag_ns

    @lag_ns.setter
    def lag_ns(self, lag_ns: int) -> None:
        self._lag_ns = lag_ns
        self._wind()

    @property
    def picture(self) -> Picture:
        """The exchange as this stream has told it, for the snapshots a stream begins with."""
        return self._picture

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event that is told from now on; return what ends that."""
        return self._told.subscribe(listener)

    def silence(self) -> Undo:
        """Tell nothing at all, and never tell later what happened meanwhile; the sockets live on."""
        return self._spoil(EventsLost(kinds=self._kinds, share=1, random=None))

    def skip(self, *kinds: type, share: float, random: random.Random) -> Undo:
        """Never tell a share of the events of these kinds, such as `BookChanged`; snapshots still contain them."""
        return self._spoil(EventsLost(kinds=kinds, share=share, random=random))

    def repeat(self, *kinds: type, share: float, random: random.Random) -> Undo:
        """Tell a share of the events of these kinds twice."""
        return self._spoil(EventsTwice(kinds=kinds, share=share, random=random))

    def delay(self, *kinds: type, share: float, late_ns: int, random: random.Random) -> Undo:
        """Tell a share of the events of these kinds late, after others that happened later."""
        return self._spoil(EventsLate(kinds=kinds, share=share, late_ns=late_ns, random=random))

    def _spoil(self, fault: EventFault) -> Undo:
        self._faults.append(fault)
        return lambda: self._faults.remove(fault) if fault in self._faults else None

    def _hear(self, event: Event) -> None:
        untold = self._untold
        untold.append(event)
        if len(untold) > LAGGING_EVENTS_MAX:
            self._tell(untold.popleft())
        if self._timer is None:
            self._wind()

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._untold:
            wait_ns = self._untold[0].at_ns + self._lag_ns - self._timeline.now_ns()
            self._timer = self._timeline.call_later(max(0, wait_ns), self._ring)

    def _ring(self) -> None:
        self._timer = None
        untold, tell = self._untold, self._tell
        as_of_ns = self._timeline.now_ns() - self._lag_ns
        while untold and untold[0].at_ns <= as_of_ns:
            tell(untold.popleft())
        if untold and self._timer is None:
            self._wind()

    def _tell(self, event: Event) -> None:
        self._picture.apply(event)
        if self._faults:
            self._tell_badly(event, [fault for fault in self._faults if fault.strikes(event)])  # all of them draw
        else:
            self._told.publish(event)

    def _tell_badly(self, event: Event, struck: list[EventFault]) -> None:
        """Tell an event as those faults have it: never, late, twice."""
        late_ns = max((one.late_ns for one in struck), default=0)
        times = [one.times for one in struck]
        for _ in range(0 if 0 in times else max(times, default=1)):
            if late_ns:
                self._timeline.call_later(late_ns, partial(self._told.publish, event))
            else:
                self._told.publish(event)
