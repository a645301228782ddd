"""The outbox: in order, until stored, bounded, and without what has come too late."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from engine.domain.messages import AlertResolved, decode, message_id_of
from engine.ports.bus import BusUnavailable, RevisionStale
from engine.runtime.logs import SilentLog
from engine.services.outbox import Outbox
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient


def told(number: int) -> AlertResolved:
    return AlertResolved(key=str(number), component="signal", node="a", at_ns=number)


class Stage:
    """A broker, and an outbox on a machine of its own."""

    def __init__(self, pending_max: int = 10) -> None:
        self.world = World(1)
        self.internet = Internet(self.world)
        self.broker = Broker(self.world, self.internet)
        self.stored: list[str] = []
        self.broker.tap(lambda _at_ns, _subject, data: self.stored.append(message_id_of(decode(data))))  # type: ignore[arg-type]
        self.pending_max = pending_max

    def play(self, story: Callable[[Outbox, Host], Coroutine[Any, Any, None]]) -> list[str]:
        """Let a story use the outbox for a minute; return the numbers that were stored."""
        host = self.world.host("node")

        async def play() -> None:
            bus = BrokerClient(self.internet, host, unavailable=BusUnavailable, stale=RevisionStale)
            outbox = Outbox(bus, host, SilentLog(), pending_max=self.pending_max, retry_every_ns=NS)
            async with asyncio.TaskGroup() as group:
                group.create_task(outbox.run())
                await story(outbox, host)

        host.spawn(play())
        self.world.run(60 * NS)
        self.world.close()
        return [message_id.split("|")[1] for message_id in self.stored]


def test_messages_wait_for_the_broker_and_are_stored_in_order() -> None:
    stage = Stage()
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))

    async def story(outbox: Outbox, _host: Host) -> None:
        for number in range(3):
            outbox.put(told(number))
        assert await outbox.deliver(told(3))
        outbox.put(told(4))

    assert stage.play(story) == ["0", "1", "2", "3", "4"]


def test_a_full_box_drops_the_oldest_and_says_so_to_who_waits_for_it() -> None:
    stage = Stage(pending_max=2)
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))
    answers: list[bool] = []

    async def story(outbox: Outbox, _host: Host) -> None:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(outbox.deliver(told(0)))
            await asyncio.sleep(0)
            outbox.put(told(1))
            outbox.put(told(2))
        answers.append(first.result())

    assert stage.play(story) == ["1", "2"]
    assert answers == [False]


def test_what_has_become_too_old_meanwhile_is_not_stored() -> None:
    stage = Stage()
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))

    async def story(outbox: Outbox, host: Host) -> None:
        outbox.put(told(0), not_after_ns=host.wall_ns() + 10 * NS)
        outbox.put(told(1), not_after_ns=host.wall_ns() + 50 * NS)

    assert stage.play(story) == ["1"]
