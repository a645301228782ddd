"""What a person tells a running bot over its bus, and the answer that is waited for.

An order is stored, so that it is obeyed by whoever leads next when nobody does now; what came of it is stored as well,
and names the order. So whoever gives one sees whether it was obeyed, and by whom.
"""

from engine.domain.control import Control, ControlDone
from engine.domain.errors import MessageMalformed
from engine.domain.messages import decode, encode, message_id_of, subject_of
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.duty import NS, pause

LOOK_EVERY_NS = NS // 2


async def give(order: Control, bus: Bus, clock: Clock, *, patience_ns: int) -> ControlDone | None:
    """Store an order, and return what came of it; None when nobody has obeyed in time. Raise `BusUnavailable`."""
    await bus.enqueue(subject_of(order), encode(order), message_id=message_id_of(order))
    return await obeyed(order, bus, clock, patience_ns=patience_ns)


async def obeyed(order: Control, bus: Bus, clock: Clock, *, patience_ns: int) -> ControlDone | None:
    """Return what came of an order that was stored; None when nobody has obeyed in time. Raise `BusUnavailable`."""
    until_ns, seen = clock.monotonic_ns() + patience_ns, 0
    while True:
        async for stored in bus.history(f"obeyed.{order.bot}", after=seen):
            seen = stored.sequence
            if (done := _answer(stored.data)) is not None and done.asked == order.name:
                return done
        if clock.monotonic_ns() >= until_ns:
            return None
        await pause(LOOK_EVERY_NS)


def _answer(data: bytes) -> ControlDone | None:
    try:
        said = decode(data)
    except MessageMalformed:
        return None
    return said if isinstance(said, ControlDone) else None
