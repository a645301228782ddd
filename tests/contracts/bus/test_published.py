"""What is published: it reaches whoever listens now, and nobody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from engine.ports.bus import Bus, BusUnavailable, Message, Subscription
from tests.contracts.bus.stage import Perform, Stage

QUIET_S = 0.3


async def hear(subscription: Subscription[Message], most: int, *, within_s: float = 5) -> list[tuple[str, bytes]]:
    """Return the next messages of a subscription; fewer when no more come in time."""
    heard: list[tuple[str, bytes]] = []
    try:
        async with asyncio.timeout(within_s):
            while len(heard) < most:
                message = await anext(subscription)
                heard.append((message.subject, message.data))
    except TimeoutError:
        pass
    return heard


async def say(bus: Bus, *subjects: str) -> None:
    for number, subject in enumerate(subjects):
        await bus.publish(subject, b"%d" % number)


PATTERNS = {
    "price.kraken.BTC-USDT": [0],
    "price.*.BTC-USDT": [0, 2],
    "price.kraken.*": [0, 1],
    "price.>": [0, 1, 2, 3],
    "price": [],
    "price.kraken.>": [0, 1],
    "ledger.>": [4],
    "*.binance.*": [2],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_who_listens_hears_what_fits_the_pattern_in_order(perform: Perform, pattern: str) -> None:
    subjects = ("price.kraken.BTC-USDT", "price.kraken.ETH-USDT", "price.binance.BTC-USDT", "price.x", "ledger.kraken")

    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        subscription = theirs.subscribe(pattern)
        await theirs.publish("nothing", b"")  # after it the server knows the subscription
        await asyncio.sleep(QUIET_S)
        await say(ours, *subjects)
        heard = await hear(subscription, len(PATTERNS[pattern]) + 1, within_s=QUIET_S)
        assert heard == [(subjects[n], b"%d" % n) for n in PATTERNS[pattern]]

    perform(story)


def test_a_process_hears_what_it_says_right_after_it_began_to_listen(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        await bus.publish("price.a", b"too early")
        subscription = bus.subscribe("price.>")
        await bus.publish("price.a", b"now")
        assert await hear(subscription, 1) == [("price.a", b"now")]

    perform(story)


def test_what_is_stored_is_not_heard_and_what_is_published_is_not_stored(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        subscription = bus.subscribe("order.>")
        await bus.enqueue("order.a", b"stored", message_id="1")
        await bus.publish("order.a", b"published")
        assert await hear(subscription, 2, within_s=QUIET_S) == [("order.a", b"published")]
        assert [stored.data async for stored in bus.history("order.>")] == [b"stored"]

    perform(story)


def test_of_more_unread_messages_than_may_wait_the_oldest_are_dropped(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        subscription = bus.subscribe("price.>", pending_max=3)
        await say(bus, *["price.a"] * 10)
        await asyncio.sleep(QUIET_S)
        assert [data for _, data in await hear(subscription, 3)] == [b"7", b"8", b"9"]

    perform(story)


def test_a_subscription_that_was_closed_gets_nothing_more(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        closed, other = bus.subscribe("price.>"), bus.subscribe("price.>")
        closed.close()
        closed.close()
        await say(bus, "price.a")
        assert await hear(other, 1) == [("price.a", b"0")]
        assert await hear(closed, 1, within_s=QUIET_S) == []

    perform(story)


def test_a_subscription_outlives_the_server(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        subscription = theirs.subscribe("price.>")
        await theirs.publish("price.a", b"before")
        assert await hear(subscription, 1) == [("price.a", b"before")]
        await stage.kill()
        heard: list[tuple[str, bytes]] = []
        async with asyncio.timeout(15):  # a server that lost its power says no goodbye: its silence has to be noticed
            while not heard:
                with suppress(BusUnavailable):
                    await ours.publish("price.a", b"after")
                heard = await hear(subscription, 1, within_s=QUIET_S)
        assert heard == [("price.a", b"after")]

    perform(story)


def test_many_messages_at_once_all_arrive_whatever_is_in_them(perform: Perform) -> None:
    bodies = [bytes([number % 256]) * (number * 37) for number in range(300)]

    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        subscription = bus.subscribe("price.>")
        for body in bodies:
            await bus.publish("price.a", body)
        assert [data for _, data in await hear(subscription, len(bodies))] == bodies

    perform(story)
