"""What a reader of a venue sees: the truth, some time ago.

A venue has one truth and several views of it (REST reads, public stream, private stream), each with a lag that can
be changed while the world runs. Most real incidents are two views that disagree in time. A view never goes back:
when its lag grows it stands still until the truth is that old.
"""

from collections.abc import Callable

from simulator.exchange.events import Listener
from simulator.exchange.exchange import Exchange
from simulator.exchange.picture import Picture
from simulator.exchange.timeline import Timeline


class ReadView:
    """A view that is asked: `picture` is the truth of `lag_ns` ago."""

    name: str
    lag_ns: int  # settable at any time

    def __init__(self, name: str, exchange: Exchange, timeline: Timeline, *, lag_ns: int) -> None:
        raise NotImplementedError

    @property
    def picture(self) -> Picture:
        """The exchange as this view shows it now; ask again for a later moment."""
        raise NotImplementedError


class StreamView:
    """A view that tells: listeners hear each event `lag_ns` after it happened, in order."""

    name: str

    def __init__(
        self, name: str, exchange: Exchange, timeline: Timeline, *, lag_ns: int, kinds: tuple[type, ...]
    ) -> None:
        raise NotImplementedError

    @property
    def lag_ns(self) -> int:
        """How long after its time an event is told; settable, and what waits is told by the new lag."""
        raise NotImplementedError

    @lag_ns.setter
    def lag_ns(self, lag_ns: int) -> None:
        raise NotImplementedError

    @property
    def picture(self) -> Picture:
        """The exchange as this stream has told it, for the snapshots a stream begins with."""
        raise NotImplementedError

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with each event that is told from now on; return what ends that."""
        raise NotImplementedError
