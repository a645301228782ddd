"""What is stored: once, in order, until it was acknowledged, and the past that can be read again."""

from __future__ import annotations

import asyncio

from engine.ports.bus import Bus, Delivery, Subscription
from tests.contracts.bus.stage import Perform, Stage

NS = 1_000_000_000
WAIT_S = 1
WAIT_NS = WAIT_S * NS
MANY = 1200
"""More than a page of the past, a batch, or what may be unacknowledged at a time."""


async def store(bus: Bus, *bodies: str, subject: str = "order.a") -> list[int]:
    return [await bus.enqueue(subject, body.encode(), message_id=f"{subject} {body}") for body in bodies]


async def read(
    subscription: Subscription[Delivery], most: int, *, within_s: float = 5, ack: bool = True
) -> list[tuple[str, bool]]:
    """Return body of the next deliveries and whether they came before; fewer when no more come in time."""
    got: list[tuple[str, bool]] = []
    try:
        async with asyncio.timeout(within_s):
            while len(got) < most:
                delivery = await anext(subscription)
                got.append((delivery.data.decode(), delivery.redelivered))
                if ack:
                    await delivery.ack()
    except TimeoutError:
        pass
    return got


async def past(bus: Bus, pattern: str, *, after: int = 0) -> list[str]:
    return [stored.data.decode() async for stored in bus.history(pattern, after=after)]


def test_a_message_id_is_stored_once_whoever_sends_it_and_keeps_its_sequence(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        first = await ours.enqueue("order.a", b"one", message_id="1")
        second = await ours.enqueue("order.a", b"two", message_id="2")
        assert second > first > 0
        assert await ours.enqueue("order.a", b"one", message_id="1") == first
        assert await theirs.enqueue("order.a", b"another body", message_id="1") == first
        assert await past(theirs, "order.>") == ["one", "two"]

    perform(story)


def test_a_message_id_is_stored_once_also_over_a_kill_of_the_server(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        (first,) = await store(bus, "one")
        await stage.take_away()
        await stage.bring_back()
        await asyncio.sleep(stage.noticed_s)
        assert await store(bus, "one") == [first]

    perform(story)


def test_sequences_rise_under_one_first_token(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        sequences = [*await store(bus, "1", "2"), *await store(bus, "3", subject="order.b")]
        await store(bus, "1", "2", "3", subject="journal.bot")
        sequences += await store(bus, "4")
        assert sequences == sorted(set(sequences))
        told = [(stored.sequence, stored.subject) async for stored in bus.history("order.*")]
        assert told == list(zip(sequences, ["order.a", "order.a", "order.b", "order.a"], strict=True))

    perform(story)


def test_a_durable_reader_begins_with_the_first_message_and_goes_on_where_it_acknowledged(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        await store(bus, "1", "2", "3")
        await store(bus, "x", subject="alert.a")
        reader = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        assert await read(reader, 2) == [("1", False), ("2", False)]
        reader.close()
        await store(bus, "4")
        again = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        assert sorted(body for body, _ in await read(again, 2)) == ["3", "4"]  # the first may have been on its way
        other = bus.consume("order.>", durable="other", ack_wait_ns=WAIT_NS)
        assert await read(other, 4) == [(body, False) for body in "1234"]
        assert await read(again, 1, within_s=2 * WAIT_S) == []

    perform(story)


def test_what_is_not_acknowledged_comes_again_and_says_so(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        reader = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        await store(bus, "1", "2")
        assert await read(reader, 1, ack=False) == [("1", False)]
        assert await read(reader, 1) == [("2", False)]
        assert await read(reader, 1, within_s=WAIT_S / 2) == []
        assert await read(reader, 1, ack=False) == [("1", True)]
        assert await read(reader, 1) == [("1", True)]
        assert await read(reader, 1, within_s=2 * WAIT_S) == []

    perform(story)


def test_what_a_reader_left_unread_comes_to_the_next_of_its_name(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        await store(ours, "1", "2", "3")
        reader = ours.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        assert await read(reader, 1) == [("1", False)]
        reader.close()
        after = theirs.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        assert sorted({body for body, _ in await read(after, 2)}) == ["2", "3"]

    perform(story)


def test_of_two_readers_of_one_name_each_message_comes_to_one(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        ours, theirs = await stage.bus(), await stage.bus()
        readers = [bus.consume("order.>", durable="one", ack_wait_ns=20 * NS) for bus in (ours, theirs)]
        bodies = [f"{number:02}" for number in range(40)]
        await store(ours, *bodies)
        got = await asyncio.gather(*(read(reader, 40, within_s=3) for reader in readers))
        assert sorted(body for one in got for body, _ in one) == bodies

    perform(story)


def test_a_flood_is_read_in_order_by_who_acknowledges_and_no_further_by_who_does_not(perform: Perform) -> None:
    bodies = [str(number) for number in range(MANY)]

    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        for start in range(0, MANY, 50):
            async with asyncio.TaskGroup() as group:
                for body in bodies[start : start + 50]:
                    group.create_task(store(bus, body))
        kept = await past(bus, "order.>")
        assert sorted(kept, key=int) == bodies
        idle = bus.consume("order.>", durable="idle", ack_wait_ns=60 * NS)
        assert [body for body, _ in await read(idle, MANY, within_s=2, ack=False)] == kept[:256]
        diligent = bus.consume("order.>", durable="diligent", ack_wait_ns=60 * NS)
        assert [body for body, _ in await read(diligent, MANY, within_s=10)] == kept

    perform(story)


def test_the_past_is_read_from_a_sequence_on_and_ends_where_it_was_when_it_began(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        sequences = await store(bus, "1", "2", "3")
        await store(bus, "x", subject="order.b")
        assert await past(bus, "order.a", after=sequences[0]) == ["2", "3"]
        assert await past(bus, "order.a", after=sequences[2]) == []
        assert await past(bus, "order.c") == []
        assert await past(bus, "journal.bot") == []
        read_so_far: list[str] = []
        async for stored in bus.history("order.>"):
            read_so_far.append(stored.data.decode())
            await store(bus, f"later {stored.data.decode()}")
        assert read_so_far == ["1", "2", "3", "x"]

    perform(story)


def test_what_was_trimmed_is_no_part_of_the_past_and_sequences_rise_on(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        sequences = await store(bus, "1", "2", "3")
        await store(bus, "other", subject="order.b")
        await bus.trim("order.a", before=0)
        assert await past(bus, "order.a") == ["1", "2", "3"]
        await bus.trim("order.a", before=sequences[2])
        assert await past(bus, "order.>") == ["3", "other"]
        await bus.trim("order.a", before=sequences[2] + 100)
        assert await past(bus, "order.>") == ["other"]
        await bus.trim("journal.nobody", before=7)
        (later,) = await store(bus, "4")
        assert later > sequences[2]
        assert await past(bus, "order.a", after=sequences[2]) == ["4"]

    perform(story)


def test_what_was_trimmed_comes_to_nobody_who_has_not_read_it(perform: Perform) -> None:
    async def story(stage: Stage) -> None:
        bus = await stage.bus()
        reader = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        sequences = await store(bus, "1")
        assert await read(reader, 1, ack=False) == [("1", False)]
        reader.close()
        sequences += await store(bus, "2", "3")
        await bus.trim("order.>", before=sequences[2])
        again = bus.consume("order.>", durable="one", ack_wait_ns=WAIT_NS)
        assert [body for body, _ in await read(again, 2, within_s=3 * WAIT_S)] == ["3"]

    perform(story)
