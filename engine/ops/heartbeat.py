"""The sign of life of one component on one node, every ten seconds, with what the component says of itself.

It is sent beside the component and not by it, so that a component that is being started again is heard as degraded
instead of missing; a node whose loop hangs sends nothing at all. A beat that the bus does not take is not kept: the
next one is better.
"""

from collections.abc import Callable

from engine.domain.errors import BusUnavailable
from engine.domain.messages import Component, Heartbeat, encode, subject_of
from engine.ports.bus import Bus
from engine.ports.clock import Clock
from engine.services.duty import Health, pause
from engine.services.log import Log


async def beat(
    component: Component,
    health: Callable[[], Health],
    *,
    node: str,
    bus: Bus,
    clock: Clock,
    log: Log,
    every_ns: int,
) -> None:
    """Publish a heartbeat now and then every `every_ns`, until cancelled."""
    while True:
        feeling = health()
        heartbeat = Heartbeat(
            component=component, node=node, at_ns=clock.wall_ns(), status=feeling.status, detail=feeling.detail
        )
        try:
            await bus.publish(subject_of(heartbeat), encode(heartbeat))
        except BusUnavailable as problem:
            log.warning("heartbeat_not_published", component=component.value, problem=str(problem))
        await pause(every_ns)
