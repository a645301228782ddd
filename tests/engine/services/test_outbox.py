"""The outbox: until stored, in order where that matters, however far the bus, bounded, and nothing that is too late."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.messages import AlertRaised, AlertResolved, OrderChanged, OrderState, decode
from engine.domain.order_step import order_changed
from engine.ports.bus import BusUnavailable, RevisionStale
from engine.runtime.logs import SilentLog
from engine.services.outbox import Outbox
from simulator.kernel import NS, Host, World
from simulator.network import Internet, Toxic
from simulator.services import Broker, BrokerClient
from tests.engine.domain.orders import an_order

MS = 1_000_000
FAR_NS = 1250 * MS
"""One way to a bus that has come to be far away."""
AN_ORDER = order_changed(an_order(), at_ns=1)
CIRCLE = (OrderState.INTENDED, OrderState.SUBMITTING)
"""Where an order is, again and again, whose request nobody lets out."""


def told(number: int) -> AlertResolved:
    return AlertResolved(key=str(number), component="signal", node="a", at_ns=number)


def step(order: int, sequence: int, state: OrderState = OrderState.OPEN) -> OrderChanged:
    return replace(AN_ORDER, client_order_id=f"order {order}", sequence=sequence, state=state)


class Stage:
    """A broker, and an outbox on a machine of its own."""

    def __init__(self, pending_max: int = 10, in_flight_max: int = 64, away_ns: int = 0) -> None:
        self.world = World(1)
        self.internet = Internet(self.world)
        self.broker = Broker(self.world, self.internet)
        self.stored: list[tuple[int, Any]] = []
        self.broker.tap(lambda at_ns, _subject, data: self.stored.append((at_ns, decode(data))))
        self.pending_max = pending_max
        self.in_flight_max = in_flight_max
        self.away_ns = away_ns
        self.world.call_later(5 * NS, self._move_away)

    def _move_away(self) -> None:
        """Put the bus farther away; a client that has no connection by then might never get one."""
        for ends in (("node", "bus"), ("bus", "node")):
            self.internet.link(*ends).poison(Toxic(delay_ns=self.away_ns))

    def play(
        self, story: Callable[[Outbox, Host], Coroutine[Any, Any, None]], *, for_ns: int = 60 * NS
    ) -> list[tuple[int, Any]]:
        """Let a story use the outbox for a time; return what was stored, and when."""
        host = self.world.host("node")

        async def play() -> None:
            bus = BrokerClient(self.internet, host, unavailable=BusUnavailable, stale=RevisionStale)
            outbox = Outbox(
                bus,
                host,
                SilentLog(),
                pending_max=self.pending_max,
                in_flight_max=self.in_flight_max,
                retry_every_ns=NS,
            )
            async with asyncio.TaskGroup() as group:
                self.running = group.create_task(outbox.run())
                group.create_task(story(outbox, host))

        host.spawn(play())
        self.world.run(for_ns)
        self.world.close()
        return self.stored

    def keys(self, story: Callable[[Outbox, Host], Coroutine[Any, Any, None]]) -> list[str]:
        """Let a story use the outbox for a minute; return the keys of the alerts that were stored."""
        return [said.key for _, said in self.play(story)]


def test_messages_wait_for_the_broker_and_are_stored_in_order() -> None:
    stage = Stage()
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))

    async def story(outbox: Outbox, _host: Host) -> None:
        for number in range(3):
            outbox.put(told(number))
        assert await outbox.deliver(told(3))
        outbox.put(told(4))

    assert stage.keys(story) == ["0", "1", "2", "3", "4"]


def test_a_full_box_drops_the_oldest_that_waits_and_says_so_to_who_waits_for_it() -> None:
    stage = Stage(pending_max=2, in_flight_max=1)
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))
    answers: list[bool] = []

    async def story(outbox: Outbox, _host: Host) -> None:
        outbox.put(told(0))
        await asyncio.sleep(1)  # it is under way: what becomes of it is open
        async with asyncio.TaskGroup() as group:
            first = group.create_task(outbox.deliver(told(1)))
            await asyncio.sleep(0)
            outbox.put(told(2))
            outbox.put(told(3))
        answers.append(first.result())

    assert stage.keys(story) == ["0", "2", "3"]
    assert answers == [False]


def test_what_has_become_too_old_meanwhile_is_not_stored() -> None:
    stage = Stage()
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))

    async def story(outbox: Outbox, host: Host) -> None:
        outbox.put(told(0), not_after_ns=host.wall_ns() + 10 * NS)
        outbox.put(told(1), not_after_ns=host.wall_ns() + 50 * NS)

    assert stage.keys(story) == ["1"]


def test_fifty_messages_that_wait_are_known_to_be_stored_after_about_one_round_trip() -> None:
    stage = Stage(pending_max=50, away_ns=FAR_NS)
    took_ns: list[int] = []

    async def story(outbox: Outbox, host: Host) -> None:
        await asyncio.sleep(10)
        began_ns = host.monotonic_ns()
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(outbox.deliver(step(number, 1)))
        took_ns.append(host.monotonic_ns() - began_ns)

    assert len(stage.play(story)) == 50
    assert 2 * FAR_NS <= took_ns[0] < 2 * FAR_NS + NS // 10


def test_an_order_that_is_tried_fifty_times_is_told_of_no_later_for_it() -> None:
    stage = Stage(pending_max=200, away_ns=FAR_NS)

    async def story(outbox: Outbox, _host: Host) -> None:
        await asyncio.sleep(10)
        for number in range(100):
            outbox.put(step(0, number, CIRCLE[number % 2]))
            await asyncio.sleep(0.1)
        outbox.put(step(0, 100, OrderState.REFUSED))

    stored = stage.play(story)

    assert stored[-1][1].state is OrderState.REFUSED
    assert stored[-1][0] < 20 * NS + 4 * 2 * FAR_NS  # one is under way, and the circle holds two
    assert len(stored) < 15


def test_no_more_is_under_way_than_may_be() -> None:
    stage = Stage(pending_max=50, in_flight_max=4, away_ns=FAR_NS)

    async def story(outbox: Outbox, _host: Host) -> None:
        await asyncio.sleep(10)
        for number in range(12):
            outbox.put(step(number, 1))

    first_ns = 10 * NS + FAR_NS
    trips = [(at_ns - first_ns) // (2 * FAR_NS) for at_ns, _ in stage.play(story)]

    assert trips == [0] * 4 + [1] * 4 + [2] * 4


def test_an_alert_that_holds_on_is_told_once_when_the_bus_is_back_and_its_end_after_it() -> None:
    stage = Stage()
    stage.world.crash("bus")
    stage.world.call_later(20 * NS, lambda: stage.world.reboot("bus"))
    holds = AlertRaised(
        key="disk", severity="error", summary="full", component="signal", runbook="disk", node="a", at_ns=0
    )

    async def story(outbox: Outbox, _host: Host) -> None:
        for at_ns in range(5):
            outbox.put(replace(holds, at_ns=at_ns))
            await asyncio.sleep(1)
        outbox.put(replace(told(5), key="disk"))
        outbox.put(replace(holds, at_ns=6))
        outbox.put(replace(told(7), key="disk"))

    assert [said.at_ns for _, said in stage.play(story)] == [0, 4, 5, 6, 7]


def test_what_was_under_way_when_a_run_ended_is_sent_by_the_next() -> None:
    stage = Stage()

    async def story(outbox: Outbox, _host: Host) -> None:
        await asyncio.sleep(10)
        stage.world.crash("bus")
        outbox.put(step(0, 1))
        outbox.put(step(0, 2, OrderState.FILLED))
        await asyncio.sleep(1)
        stage.running.cancel()
        stage.world.reboot("bus")
        await outbox.run()

    assert [said.sequence for _, said in stage.play(story)] == [1, 2]


@dataclass(frozen=True)
class Trouble:
    """A bus that is away, restarts in the middle, and whose disk is slow for a while; times in milliseconds."""

    away: int
    crash_at: int
    down_for: int
    slow_at: int
    slow_for: int
    sync: int


times = st.integers(0, 12_000)
troubles = st.builds(
    Trouble,
    away=st.integers(0, 900),
    crash_at=times,
    down_for=times,
    slow_at=times,
    slow_for=times,
    sync=st.integers(1, 7000),
)
tellings = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(OrderState), st.integers(0, 1500)), min_size=1, max_size=40
)


def befall(stage: Stage, trouble: Trouble) -> None:
    later, broker, usual_ns = stage.world.call_later, stage.broker, stage.broker.sync_ns
    later(trouble.crash_at * MS, lambda: stage.world.crash("bus"))
    later((trouble.crash_at + trouble.down_for) * MS, lambda: stage.world.reboot("bus"))
    later(trouble.slow_at * MS, lambda: setattr(broker, "sync_ns", trouble.sync * MS))
    later((trouble.slow_at + trouble.slow_for) * MS, lambda: setattr(broker, "sync_ns", usual_ns))


@settings(max_examples=60, deadline=None)
@given(telling=tellings, trouble=troubles)
def test_what_is_told_of_one_order_is_stored_once_in_order_and_only_circles_are_left_out(
    telling: list[tuple[int, OrderState, int]], trouble: Trouble
) -> None:
    stage = Stage(pending_max=100, away_ns=trouble.away * MS)
    befall(stage, trouble)
    states: defaultdict[str, list[OrderState]] = defaultdict(list)

    async def story(outbox: Outbox, _host: Host) -> None:
        for order, state, pause in telling:
            said = step(order, len(states[f"order {order}"]), state)
            states[said.client_order_id].append(state)
            outbox.put(said)
            await asyncio.sleep(pause / 1000)

    stored: defaultdict[str, list[int]] = defaultdict(list)
    for _, said in stage.play(story, for_ns=600 * NS):
        stored[said.client_order_id].append(said.sequence)

    for order, told_states in states.items():
        assert stored[order] == sorted(set(stored[order]))
        assert stored[order][-1] == len(told_states) - 1
        for before, after in zip([-1, *stored[order]], stored[order], strict=False):
            assert told_states[before + 1] is told_states[after]
