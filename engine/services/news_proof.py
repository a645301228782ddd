"""Whether an account's private stream may be believed when it says nothing.

A socket that stands proves nothing: a stream may be silent for minutes while its pongs come (hummingbot#3374). What
proves it is an order of ours that ended and whose story the stream has told; what disproves it is one that ended and
of which it told nothing, or that the socket went. So a stream that has just been opened is not believed yet.
"""

import asyncio

from engine.ports.clock import Clock
from engine.services.duty import NS

TOLD_WITHIN_NS = 10 * NS
"""How much later than any other view the stream may tell that an order has ended."""
ORDERS_MAX = 1_000
"""Orders of which only the stream has told, or everything but the stream; more are too many to believe it."""


class NewsProof:
    """Holds what one stream has told against what has happened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._believed = False
        self._told: dict[str, None] = {}
        """Orders whose end the stream has told, and nobody else so far."""
        self._untold_ns: dict[str, int] = {}
        """Orders that have ended and of which it has told nothing, and since when."""
        self._listeners: list[asyncio.Event] = []
        """One for each who asked, and those ask once, when they are built."""

    def tell(self, listener: asyncio.Event) -> None:
        """Have an event set whenever the stream is lost."""
        self._listeners.append(listener)

    @property
    def stands(self) -> bool:
        """Tell whether silence of the stream may be taken for peace: it is believed, and behind with nothing."""
        old_ns = self._clock.monotonic_ns() - TOLD_WITHIN_NS
        if late := [name for name, at_ns in self._untold_ns.items() if at_ns < old_ns]:
            self._believed = False
            for name in late:
                del self._untold_ns[name]
        return self._believed and not self._untold_ns

    def told(self, client_order_id: str) -> None:
        """Note that the stream tells of an order's end."""
        if self._untold_ns.pop(client_order_id, None) is not None:
            self._believed = True
            return
        self._told[client_order_id] = None
        while len(self._told) > ORDERS_MAX:
            del self._told[next(iter(self._told))]

    def ended(self, client_order_id: str) -> None:
        """Note that an order which the venue had is over, whoever told of it."""
        if client_order_id in self._told:
            del self._told[client_order_id]
            self._believed = True
            return
        self._untold_ns[client_order_id] = self._clock.monotonic_ns()
        if len(self._untold_ns) > ORDERS_MAX:
            self.lost()

    def lost(self) -> None:
        """Note that the stream is gone, or as good as that: it begins again without trust."""
        self._believed = False
        self._told.clear()
        self._untold_ns.clear()
        for listener in self._listeners:
            listener.set()
