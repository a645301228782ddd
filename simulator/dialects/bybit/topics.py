"""Topics of Bybit's streams: who holds one, and when it may speak."""

from __future__ import annotations

from collections.abc import Callable

from simulator.dialects.streams import frame
from simulator.exchange.timeline import Cancellable, Timeline

Send = Callable[[bytes], None]
"""What takes a whole frame to one client."""


class Topic:
    """One topic and those who hold it; a message is framed once for all of them."""

    __slots__ = ("holders", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.holders: dict[object, Send] = {}

    def tell(self, payload: bytes) -> None:
        """Send a message to everybody who holds this topic."""
        framed = frame(payload)
        for send in tuple(self.holders.values()):
            send(framed)


class Pace:
    """Lets something speak when there is news, but no more often than once in `interval_ns`.

    It speaks when all that happens at that moment has happened, so a move of the market is one message.
    """

    __slots__ = ("_interval_ns", "_speak", "_spoke_ns", "_timeline", "_timer")

    def __init__(self, timeline: Timeline, interval_ns: int, speak: Callable[[], None]) -> None:
        self._timeline = timeline
        self._interval_ns = interval_ns
        self._speak = speak
        self._spoke_ns = -interval_ns
        self._timer: Cancellable | None = None

    def nudge(self) -> None:
        """Note that there is news."""
        if self._timer is None:
            wait_ns = self._spoke_ns + self._interval_ns - self._timeline.now_ns()
            self._timer = self._timeline.call_later(max(0, wait_ns), self._utter)

    def stop(self) -> None:
        """Say nothing more of what there was."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _utter(self) -> None:
        self._timer = None
        self._spoke_ns = self._timeline.now_ns()
        self._speak()
