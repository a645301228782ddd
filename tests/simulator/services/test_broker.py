"""The broker: stored once, delivered until acknowledged, through crashes of either side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient
from simulator.services.broker_streams import matches

WAIT_NS = 10 * NS


class Unreachable(Exception):
    """The error that the owner of a client chose."""


class Overtaken(Exception):
    """The other error that the owner of a client chose."""


class Stage:
    """A broker and two machines that talk through it."""

    def __init__(self) -> None:
        self.world = World(1)
        self.internet = Internet(self.world)
        self.broker = Broker(self.world, self.internet)
        self.read: list[tuple[str, bytes, bool]] = []
        self.ack_after: int | None = 0

    def client(self, host: Host) -> BrokerClient:
        return BrokerClient(self.internet, host, unavailable=Unreachable, stale=Overtaken)

    async def reader(self, host: Host) -> None:
        """Consume orders durably, acknowledging each but for the first `ack_after`."""
        async for delivery in self.client(host).consume("order.>", durable="reader", ack_wait_ns=WAIT_NS):
            self.read.append((delivery.message_id, delivery.data, delivery.redelivered))
            if self.ack_after is not None and len(self.read) > self.ack_after:
                await delivery.ack()

    def tell(self, story: Callable[[BrokerClient], Awaitable[object]], name: str = "writer") -> object:
        host = self.world.hosts.get(name) or self.world.host(name)

        async def told() -> object:
            return await story(self.client(host))

        return self.world.complete(host.spawn(told()))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_what_is_published_reaches_those_who_listen_and_nobody_later(stage: Stage) -> None:
    heard: list[str] = []

    async def listener(host: Host) -> None:
        async for message in stage.client(host).subscribe("price.*.BTC-USDT"):
            heard.append(message.subject)  # noqa: PERF401  # the stream has no end

    async def speak(bus: BrokerClient) -> None:
        for subject in (
            "price.kraken.BTC-USDT",
            "price.kraken.ETH-USDT",
            "price.a.b.BTC-USDT",
            "price.binance.BTC-USDT",
        ):
            await bus.publish(subject, b"1")
        await asyncio.sleep(1)

    stage.world.host("listener", listener)
    stage.world.run(NS)
    stage.tell(speak)

    assert heard == ["price.kraken.BTC-USDT", "price.binance.BTC-USDT"]
    stage.world.close()


def test_a_message_id_is_stored_once(stage: Stage) -> None:
    async def write(bus: BrokerClient) -> None:
        for _ in range(3):
            await bus.enqueue("order.x", b"one", message_id="1")
        await bus.enqueue("order.x", b"two", message_id="2")
        await asyncio.sleep(1)

    stage.tell(write)
    stage.world.host("reader", stage.reader)
    stage.world.run(stage.world.now_ns() + NS)

    assert stage.read == [("1", b"one", False), ("2", b"two", False)]
    assert stage.broker.streams.duplicates == 2
    stage.world.close()


def test_what_a_crashed_reader_did_not_acknowledge_comes_again(stage: Stage) -> None:
    stage.ack_after = 2

    async def write(bus: BrokerClient) -> None:
        for n in range(3):
            await bus.enqueue("order.x", b"%d" % n, message_id=str(n))
        await asyncio.sleep(1)

    stage.world.host("reader", stage.reader)
    stage.world.run(NS)
    stage.tell(write)
    stage.world.crash("reader")
    stage.world.reboot("reader")
    stage.world.run(stage.world.now_ns() + 2 * WAIT_NS)

    assert stage.read == [
        ("0", b"0", False),
        ("1", b"1", False),
        ("2", b"2", False),
        ("0", b"0", True),
        ("1", b"1", True),
    ]
    stage.world.close()


def test_a_broker_that_reboots_still_has_what_it_confirmed_and_clients_come_back(stage: Stage) -> None:
    async def write(bus: BrokerClient) -> None:
        await bus.enqueue("order.x", b"kept", message_id="kept")
        stage.world.call_later(0, lambda: stage.world.crash("bus"))
        stage.world.call_later(30 * NS, lambda: stage.world.reboot("bus"))
        await asyncio.sleep(1)
        with pytest.raises(Unreachable):
            await bus.enqueue("order.x", b"lost", message_id="lost")
        await asyncio.sleep(60)
        await bus.enqueue("order.x", b"later", message_id="later")

    stage.world.host("reader", stage.reader)
    stage.tell(write)
    stage.world.run(stage.world.now_ns() + 60 * NS)

    assert [data for _, data, redelivered in stage.read if not redelivered] == [b"kept", b"later"]
    stage.world.close()


def test_of_two_who_read_under_one_name_the_one_that_is_left_gets_what_the_other_gave_up(stage: Stage) -> None:
    got: dict[str, list[bytes]] = {"first": [], "second": []}

    async def read(bus: BrokerClient, name: str, most: int) -> None:
        subscription = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        for _ in range(most):
            delivery = await anext(subscription)
            got[name].append(delivery.data)
            await delivery.ack()
        subscription.close()
        await asyncio.sleep(100)

    async def write(bus: BrokerClient) -> None:
        for number in range(4):
            await bus.enqueue("order.x", b"%d" % number, message_id=str(number))
            await asyncio.sleep(1)

    stage.world.host("second", lambda host: read(stage.client(host), "second", 9))
    stage.world.run(NS)
    stage.world.host("first", lambda host: read(stage.client(host), "first", 2))
    stage.world.run(2 * NS)
    stage.tell(write)
    stage.world.run(stage.world.now_ns() + 3 * WAIT_NS)

    assert got == {"first": [b"0", b"1"], "second": [b"2", b"3"]}
    stage.world.close()


def test_a_dropped_subscription_is_given_up(stage: Stage) -> None:
    async def listen_a_little(bus: BrokerClient) -> None:
        subscription = bus.subscribe("price.>")
        await bus.publish("price.a", b"")
        await anext(subscription)
        del subscription
        await bus.publish("price.a", b"")
        await asyncio.sleep(1)
        assert not bus._subscriptions

    stage.tell(listen_a_little)
    stage.world.close()


def test_a_flood_pushes_out_the_oldest_unread_messages(stage: Stage) -> None:
    async def flood(bus: BrokerClient) -> list[bytes]:
        subscription = bus.subscribe("price.>", pending_max=3)
        for n in range(10):
            await bus.publish("price.a", b"%d" % n)
        await asyncio.sleep(1)
        return [(await anext(subscription)).data for _ in range(3)]

    assert stage.tell(flood) == [b"7", b"8", b"9"]
    stage.world.close()


TOKEN = st.sampled_from(["a", "b", "c"])


@given(st.lists(TOKEN, min_size=1, max_size=4), st.lists(st.one_of(TOKEN, st.just("*")), min_size=1, max_size=4))
def test_a_pattern_fits_token_by_token(tokens: list[str], wanted: list[str]) -> None:
    subject, pattern = ".".join(tokens), ".".join(wanted)

    assert matches(pattern, subject) == (
        len(tokens) == len(wanted) and all(w in ("*", t) for w, t in zip(wanted, tokens, strict=True))
    )
    assert matches(f"{tokens[0]}.>", subject) == (len(tokens) > 1)
    assert matches(">", subject)
