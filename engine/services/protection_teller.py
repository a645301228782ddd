"""Tells the bus how much of each position a stop at its venue would close: at each change, and every so often."""

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Protected, encode, subject_of
from engine.domain.money import Quantity
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.log import Log


class ProtectionTeller:
    """Publishes `Protected`; what did not change is repeated no sooner than `every_ns`."""

    def __init__(self, bus: Bus, *, clock: Clock, log: Log, every_ns: int) -> None:
        self._bus = bus
        self._clock = clock
        self._log = log
        self._every_ns = every_ns
        self._told: dict[tuple[str, str], tuple[Quantity, Quantity, int]] = {}

    async def tell(self, message: Protected) -> None:
        """Publish what is protected, if it is news or was not told for long."""
        key, now_ns = (message.venue, message.instrument), self._clock.monotonic_ns()
        before = self._told.get(key)
        if before is not None:
            same = before[:2] == (message.position, message.covered)
            if same and (not message.position or now_ns - before[2] < self._every_ns):
                return
        self._told[key] = (message.position, message.covered, now_ns)
        try:
            await self._bus.publish(subject_of(message), encode(message))
        except BusUnavailable as problem:
            self._log.warning("protection_not_published", venue=message.venue, problem=str(problem))
