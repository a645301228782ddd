"""A public stream of Binance, those who hold it, and how often it may speak."""

from __future__ import annotations

from collections.abc import Callable

from simulator.dialects.binance.front import Front
from simulator.dialects.streams import frame
from simulator.exchange.timeline import Cancellable


class Subscriber:
    """A client of the public streams: how it wants its messages wrapped, and where they go."""

    __slots__ = ("send_frame", "wrapped")

    def __init__(self, send_frame: Callable[[bytes], None], *, wrapped: bool) -> None:
        self.send_frame = send_frame
        self.wrapped = wrapped


class Channel:
    """One stream and those who hold it."""

    __slots__ = ("holders", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.holders: dict[Subscriber, None] = {}

    def tell(self, payload: bytes) -> None:
        """Send a message to everybody who holds this stream."""
        plain = wrapped = b""
        for holder in self.holders:
            if holder.wrapped:
                wrapped = wrapped or frame(b'{"stream":"%s","data":%s}' % (self.name.encode(), payload))
                holder.send_frame(wrapped)
            else:
                plain = plain or frame(payload)
                holder.send_frame(plain)


class Pace:
    """Lets something speak when there is news, but no more often than once in `interval_ns`.

    It speaks when all that happens at that moment has happened, so a move of the market is one message.
    """

    __slots__ = ("_front", "_interval_ns", "_speak", "_spoke_ns", "_timer")

    def __init__(self, front: Front, interval_ns: int, speak: Callable[[int], None]) -> None:
        self._front = front
        self._interval_ns = interval_ns
        self._speak = speak
        self._spoke_ns = -interval_ns
        self._timer: Cancellable | None = None

    def nudge(self) -> None:
        """Note that there is news."""
        if self._timer is not None:
            return
        wait_ns = self._spoke_ns + self._interval_ns - self._front.timeline.now_ns()
        self._timer = self._front.timeline.call_later(max(0, wait_ns), self._utter)

    def _utter(self) -> None:
        self._timer = None
        self._spoke_ns = self._front.timeline.now_ns()
        self._speak(self._front.timeline.wall_ns())
