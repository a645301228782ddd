"""How components hear the bus: messages as they come, for ever, whatever the broker does meanwhile.

A subscription that fails or ends is made again after a pause. Bytes that are none of our messages are logged and
passed over: one bad sender must not stop a listener.
"""

from collections.abc import AsyncIterator
from typing import TypeVar

from engine.domain.errors import BusUnavailable, MessageMalformed
from engine.domain.messages import Message as Said
from engine.domain.messages import decode
from engine.ports.bus import Bus, Delivery
from engine.services.duty import pause
from engine.services.log import Log

T = TypeVar("T", bound=Said)


async def listen(
    bus: Bus, pattern: str, kind: type[T], *, log: Log, pending_max: int, retry_every_ns: int
) -> AsyncIterator[T]:
    """Yield messages of one kind that are published from now on; older ones are dropped beyond `pending_max`."""
    while True:
        try:
            async for message in bus.subscribe(pattern, pending_max=pending_max):
                said = _read(message.data, message.subject, log)
                if isinstance(said, kind):
                    yield said
        except BusUnavailable as problem:
            log.warning("subscription_lost", pattern=pattern, problem=str(problem))
        await pause(retry_every_ns)


async def take(
    bus: Bus, pattern: str, *, durable: str, log: Log, ack_wait_ns: int, retry_every_ns: int
) -> AsyncIterator[tuple[Said, Delivery]]:
    """Yield stored messages with their deliveries; acknowledge each once what it asks for is done."""
    while True:
        subscription = bus.consume(pattern, durable=durable, ack_wait_ns=ack_wait_ns)
        try:
            async for delivery in subscription:
                said = _read(delivery.data, delivery.subject, log)
                if said is None:
                    await delivery.ack()
                else:
                    yield said, delivery
        except BusUnavailable as problem:
            log.warning("consumption_lost", pattern=pattern, problem=str(problem))
        finally:
            subscription.close()  # or a successor's messages would come here
        await pause(retry_every_ns)


async def acknowledge(delivery: Delivery, log: Log) -> None:
    """Acknowledge a delivery; when the broker cannot be reached it simply comes again."""
    try:
        await delivery.ack()
    except BusUnavailable as problem:
        log.warning("acknowledgement_lost", subject=delivery.subject, problem=str(problem))


def _read(data: bytes, subject: str, log: Log) -> Said | None:
    try:
        return decode(data)
    except MessageMalformed as problem:
        log.warning("message_malformed", subject=subject, problem=str(problem))
        return None
