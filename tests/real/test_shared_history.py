"""Two machines write the history of one bot into one database over a real bus: everything once, whatever dies."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from engine.domain.messages import AlertRaised, encode, message_id_of, subject_of
from engine.ops.dependencies import AnalyticsTable
from engine.ports.bus import Bus
from engine.ports.store import StoreUnavailable
from engine.runtime.logs import node_log
from engine.runtime.real.bus import open_bus
from engine.runtime.real.bus_server import BusServer
from engine.runtime.real.clock import RealClock
from engine.runtime.real.postgres import PostgresStore
from engine.services.history import HistoryBounds, HistoryWriter
from simulator.kernel import NS
from tests.real.postgres_server import PostgresServer
from tests.real.test_store_contract import awaited, new_database

CLOCK, TOKEN = RealClock(), "a-token"
LOG = node_log("test", CLOCK, None)
BOUNDS = HistoryBounds(rows_max=1000, degraded_after_ns=30 * NS, ack_wait_ns=NS, retry_every_ns=NS // 20)
EVENTS = 300


def alert(number: int) -> AlertRaised:
    return AlertRaised(
        key=f"trouble/{number}",
        severity="warning",
        summary="it's 100 % gone",
        component="execution",
        runbook="order-unknown",
        node="exec-a",
        at_ns=number,
    )


async def told(bus: Bus, numbers: range) -> None:
    for number in numbers:
        said = alert(number)
        await bus.enqueue(subject_of(said), encode(said), message_id=message_id_of(said))


async def arrived(store: PostgresStore, count: int) -> list[str]:
    """Return the ids of all rows, once there are as many as must be."""
    while True:
        with suppress(StoreUnavailable):  # it was killed meanwhile
            rows = await store.read("SELECT id FROM events WHERE bot = ?", ("bot",))
            if len(rows) >= count:
                return sorted(str(row[0]) for row in rows)
        await asyncio.sleep(0.05)


def test_two_writers_and_a_killed_database_leave_every_event_once(tmp_path: Path, server: PostgresServer) -> None:
    url = new_database(server, "shared_history")

    async def story() -> list[str]:
        stores = [PostgresStore(url, within_ns=2 * NS) for _ in range(3)]
        async with (
            BusServer(tmp_path / "bus", token=TOKEN, clock=CLOCK) as bus_server,
            open_bus((bus_server.url,), token=TOKEN, name="a", space="bot", clock=CLOCK) as one,
            open_bus((bus_server.url,), token=TOKEN, name="b", space="bot", clock=CLOCK) as other,
        ):
            writers = [
                asyncio.create_task(HistoryWriter("bot", store, bus=bus, clock=CLOCK, log=LOG, bounds=BOUNDS).run())
                for store, bus in zip(stores, (one, other), strict=False)
            ]
            await told(one, range(EVENTS // 3))
            await arrived(stores[2], 10)
            server.kill()
            await told(one, range(EVENTS // 3, 2 * EVENTS // 3))
            assert not any(writer.done() for writer in writers), "a writer gave up"
            await asyncio.to_thread(server.start)
            writers.pop().cancel()
            await told(one, range(2 * EVENTS // 3, EVENTS))
            found = await arrived(stores[2], EVENTS)
            assert not any(writer.done() for writer in writers), "a writer gave up"
            writers.pop().cancel()
        for store in stores:
            await store.close()
        return found

    assert asyncio.run(awaited(story())) == sorted(message_id_of(alert(number)) for number in range(EVENTS))


def test_batches_for_analysis_are_rows_of_their_bot_and_the_oldest_go(server: PostgresServer) -> None:
    url = new_database(server, "analysed")

    async def story() -> list[tuple[object, ...]]:
        store = PostgresStore(url, within_ns=5 * NS)
        tables = [AnalyticsTable(store, bot=bot, rows_max=1000, log=LOG) for bot in ("a", "b")]
        for first in range(0, 2500, 250):
            events = [
                {"id": str(number), "subject": "order.x", "heard_ns": number, "event": {"type": "OrderChanged"}}
                for number in range(first, first + 250)
            ]
            assert await tables[0].take(events)
            assert await tables[0].take(events), "what comes twice is taken too"
        assert await tables[1].take(events)
        rows = await store.read(
            "SELECT bot, count(*), min(written_ns), max(event) FROM analytics GROUP BY bot ORDER BY 1"
        )
        await store.close()
        assert not await tables[1].take(events)
        return list(rows)

    mine, others = asyncio.run(awaited(story()))

    assert mine[0] == "a"
    assert mine[1:3] == (1000, 1500)
    assert mine[3] == '{"type":"OrderChanged"}'
    assert others[:2] == ("b", 250)
