"""Values under keys, and the past: durable before they are told, compared before they are replaced."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simulator.kernel import NS
from simulator.services import BrokerClient
from simulator.services.broker import SYNC_NS
from simulator.services.broker_streams import KEPT_NS, MESSAGES_MAX, PAGE_MAX, Streams
from tests.simulator.services.test_broker import Overtaken, Stage, Unreachable


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.world.close()


async def value(bus: BrokerClient, key: str = "lease/bot") -> tuple[bytes, int] | None:
    entry = await bus.get(key)
    return None if entry is None else (entry.value, entry.revision)


def test_a_key_has_no_value_until_one_is_put_and_each_writing_has_a_higher_revision(stage: Stage) -> None:
    async def story(bus: BrokerClient) -> None:
        assert await value(bus) is None
        first = await bus.put("lease/bot", b"one")
        second = await bus.put("lease/bot", b"two")
        assert await value(bus) == (b"two", second)
        assert second > first > 0

    stage.tell(story)


def test_a_value_is_replaced_only_where_it_still_has_the_revision_that_was_read(stage: Stage) -> None:
    async def story(bus: BrokerClient) -> None:
        first = await bus.put("lease/bot", b"mine", revision=0)
        with pytest.raises(Overtaken):
            await bus.put("lease/bot", b"also mine", revision=0)
        second = await bus.put("lease/bot", b"still mine", revision=first)
        with pytest.raises(Overtaken):
            await bus.put("lease/bot", b"late", revision=first)
        assert await value(bus) == (b"still mine", second)

    stage.tell(story)


def test_of_two_machines_that_replace_the_same_revision_at_once_one_wins(stage: Stage) -> None:
    won: list[str] = []

    async def try_it(bus: BrokerClient, name: str) -> None:
        await asyncio.sleep(1)
        try:
            await bus.put("lease/bot", name.encode(), revision=0)
        except Overtaken:
            return
        won.append(name)

    for name in ("a", "b"):
        stage.world.host(name, lambda host, name=name: try_it(stage.client(host), name))  # type: ignore[misc]
    stage.world.run(10 * NS)

    (winner,) = won
    assert stage.broker.streams.values["lease/bot"].value == winner.encode()


def test_a_value_is_told_one_disk_sync_after_it_came_and_outlives_a_crash_of_the_broker(stage: Stage) -> None:
    async def story(bus: BrokerClient) -> None:
        await bus.put("lease/bot", b"kept")
        began_ns = stage.world.now_ns()
        await bus.put("lease/bot", b"kept too")
        assert stage.world.now_ns() - began_ns >= SYNC_NS
        stage.world.call_later(SYNC_NS // 2, lambda: stage.world.crash("bus"))
        stage.world.call_later(2 * NS, lambda: stage.world.reboot("bus"))
        with pytest.raises(Unreachable):
            await bus.put("lease/bot", b"lost")
        await asyncio.sleep(20)
        assert await value(bus) == (b"kept too", 2)

    stage.tell(story)


def test_a_client_whose_broker_is_away_is_told_so_and_not_that_it_was_too_late(stage: Stage) -> None:
    async def story(bus: BrokerClient) -> None:
        await bus.put("lease/bot", b"one")
        stage.world.crash("bus")
        for ask in (bus.get("lease/bot"), bus.put("lease/bot", b"two", revision=1), bus.trim("a", before=1)):
            with pytest.raises(Unreachable):
                await ask
        with pytest.raises(Unreachable):
            await anext(bus.history("a"))

    stage.tell(story)


def test_the_past_is_read_page_by_page_from_a_sequence_on_and_ends_where_it_was_when_it_began(stage: Stage) -> None:
    streams = stage.broker.streams
    for number in range(2 * PAGE_MAX + 5):
        streams.store("journal.bot" if number % 2 else "journal.other", b"%d" % number, str(number), now_ns=0)

    async def story(bus: BrokerClient) -> list[int]:
        read: list[int] = []
        async for stored in bus.history("journal.bot", after=4):
            if not read:
                streams.store("journal.bot", b"late", "late", now_ns=0)
            read.append(int(stored.data))
        return read

    assert stage.tell(story) == list(range(5, 2 * PAGE_MAX + 5, 2))


def test_what_was_trimmed_is_no_part_of_the_past(stage: Stage) -> None:
    async def story(bus: BrokerClient) -> list[bytes]:
        for number in range(4):
            await bus.enqueue("journal.bot", b"%d" % number, message_id=f"bot {number}")
        await bus.enqueue("journal.other", b"another's", message_id="other")
        await bus.trim("journal.bot", before=3)
        return [stored.data async for stored in bus.history("journal.>")]

    assert stage.tell(story) == [b"2", b"3", b"another's"]


def test_a_flood_under_one_first_token_leaves_what_is_under_another() -> None:
    streams = Streams()
    streams.store("journal.bot", b"", "kept", now_ns=0)

    for number in range(MESSAGES_MAX + 1):
        streams.store("order.binance", b"", f"order {number}", now_ns=0)

    assert [stored.message_id for stored in streams.kept("journal.>")] == ["kept"]
    assert next(streams.kept("order.>")).message_id == "order 1"


def test_a_day_later_a_message_and_its_id_are_forgotten_also_by_whom_it_waited_for() -> None:
    streams = Streams()
    waiting = streams.durable("history", "order.>", 1)
    streams.store("order.binance", b"", "old", now_ns=0)

    assert streams.store("order.binance", b"", "old", now_ns=KEPT_NS) is None
    streams.store("order.binance", b"", "new", now_ns=KEPT_NS + 1)

    assert [stored.message_id for stored in streams.kept("order.>")] == ["new"]
    assert streams.store("order.binance", b"", "old", now_ns=KEPT_NS + 1) is not None
    assert [stored.message_id for stored in waiting.waiting] == ["new", "old"]


def test_what_a_flood_pushed_out_comes_to_nobody_any_more() -> None:
    streams = Streams()
    waiting = streams.durable("history", "order.>", 1)
    streams.store("order.binance", b"", "first", now_ns=0)
    assert waiting.next(0) is not None

    for number in range(MESSAGES_MAX):
        streams.store("order.binance", b"", f"order {number}", now_ns=0)

    assert not waiting.unacknowledged
    assert waiting.waiting[0].message_id == "order 0"
