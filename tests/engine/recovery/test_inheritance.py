"""A new leader's books: from its own file, a snapshot and the entries behind it; never from a deposed leader's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.domain.codec import to_json
from engine.domain.errors import BusUnavailable, NotReplicated, SchemaUnknown
from engine.domain.instrument import Side
from engine.domain.messages import DecisionHandled, Outcome
from engine.domain.money import Quantity
from engine.ports.bus import RevisionStale
from engine.recovery.books import JournalledBooks
from engine.recovery.inheritance import Heir, Inherited
from engine.recovery.journal import Journal
from engine.recovery.replica import JournalWritten, Position, TermBegan, VenueFill, journal_subject
from engine.recovery.replicator import Replicator
from engine.recovery.schema import STEPS, VERSION, migrate
from engine.recovery.snapshots import KNOWN_MAX, Snapshots
from engine.runtime.sqlite import SqliteStore
from simulator.kernel import NS, Host, World
from simulator.network import Internet
from simulator.services import Broker, BrokerClient
from simulator.storage import Disk
from tests.engine.recovery.test_ledger import trade

BTC = "BTC/USDT"


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **fields: object) -> None: ...
    def warning(self, event: str, **fields: object) -> None: ...
    def error(self, event: str, **fields: object) -> None: ...


class Node:
    """One machine with a journal of its own, which leads when a test says so."""

    def __init__(self, host: Host, internet: Internet) -> None:
        self.host = host
        self.bus = BrokerClient(internet, host, unavailable=BusUnavailable, stale=RevisionStale)
        self.store = SqliteStore("execution.sqlite", vfs=Disk(host).vfs)
        host.world.at_end.append(self.store.close)

    async def lead(self, token: int) -> Inherited:
        await migrate(self.store)
        self.found = await Heir("bot", self.store, self.bus, self.host, node=self.host.name).inherit(token)
        self.replica = Replicator(
            "bot",
            token=token,
            number=self.found.position.number,
            bus=self.bus,
            clock=self.host,
            log=Silent(),
            pending_max=100,
            retry_every_ns=NS,
        )
        self.books = JournalledBooks(Journal(self.store, replica=self.replica, strict=True), self.host)
        await self.books.open()
        self.host.spawn(self.replica.run())
        self.snapshots = Snapshots(
            "bot",
            self.books,
            self.replica,
            node=self.host.name,
            bus=self.bus,
            clock=self.host,
            log=Silent(),
            every_ns=60 * NS,
            retry_every_ns=NS,
        )
        return self.found


class Stage:
    """A bus and three machines."""

    def __init__(self) -> None:
        self.world = World(1)
        internet = Internet(self.world)
        self.broker = Broker(self.world, internet)
        names = ("exec-a", "exec-b", "exec-c")
        self.a, self.b, self.c = (Node(self.world.host(name), internet) for name in names)

    def tell(self, story: Callable[[], Awaitable[None]], node: Node) -> None:
        async def told() -> None:
            await story()

        self.world.complete(node.host.spawn(told()))


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.world.close()


def handled(number: int) -> DecisionHandled:
    return DecisionHandled(
        strategy="momentum",
        instrument=BTC,
        decision=str(number),
        outcome=Outcome.NOTHING_TO_DO,
        reason="",
        intents=(),
        at_ns=1_772_323_200_000_000_000 + number,
    )


async def trade_a_little(node: Node, first: int, last: int) -> None:
    for number in range(first, last):
        await node.books.adopt("binance", trade(number, Side.BUY, "0.1"))
        await node.books.conclude(handled(number), ())


def test_a_fill_that_a_snapshot_does_not_name_is_not_counted_again_by_whoever_leads_next(stage: Stage) -> None:
    """However many leaders there were since; one that happened after all of those is counted."""
    many = [replace(trade(n, Side.BUY, "0.001"), at_ns=n * NS) for n in range(1, KNOWN_MAX + 101)]

    async def story() -> None:
        await migrate(stage.a.store)
        await Journal(stage.a.store).write(fills=[("binance", each) for each in many])
        await stage.a.lead(1)
        assert await stage.a.snapshots.take()

    async def later(node: Node, token: int, first: int) -> None:
        await node.lead(token)
        for number in (1, 50, 100, KNOWN_MAX, first - 1):
            assert not await node.books.adopt("binance", replace(trade(number, Side.BUY, "0.001"), at_ns=number * NS))
        for number in range(first, first + 10):
            assert await node.books.adopt("binance", replace(trade(number, Side.BUY, "0.001"), at_ns=number * NS))
        assert node.books.position("binance", BTC) == Quantity((first + 9) * Decimal("0.001"))
        assert await node.snapshots.take()

    stage.tell(story, stage.a)
    stage.tell(lambda: later(stage.b, 2, KNOWN_MAX + 101), stage.b)
    stage.tell(lambda: later(stage.c, 3, KNOWN_MAX + 111), stage.c)


def test_whoever_leads_next_has_the_same_books_without_the_former_ones_disk(stage: Stage) -> None:
    async def story() -> None:
        await stage.a.lead(1)
        await stage.a.books.set_baseline("binance", {"BTC": Decimal(2), "USDT": Decimal(9)})
        await trade_a_little(stage.a, 1, 6)
        assert await stage.a.snapshots.take()
        await trade_a_little(stage.a, 6, 9)

    async def later() -> None:
        found = await stage.b.lead(2)
        assert (found.from_snapshot, found.holes, found.entries) == (True, 0, 6)
        assert found.position == Position(2, stage.a.replica.counted)
        assert stage.b.books.position("binance", BTC) == stage.a.books.position("binance", BTC) == Quantity("0.8")
        assert stage.b.books.believed("binance") == stage.a.books.believed("binance")
        assert stage.b.books.decisions() == stage.a.books.decisions()
        for number in (2, 8):  # before and after the snapshot
            assert await stage.b.books.counted("binance", trade(number, Side.BUY, "0.1"))

    stage.tell(story, stage.a)
    stage.tell(later, stage.b)


def test_a_snapshot_trims_what_lies_before_it_and_a_return_replaces_an_old_journal(stage: Stage) -> None:
    async def first() -> None:
        await stage.a.lead(1)
        await trade_a_little(stage.a, 1, 5)
        assert await stage.a.snapshots.take()
        assert [stored async for stored in stage.a.bus.history(journal_subject("bot"))] == []

    async def second() -> None:
        await stage.b.lead(2)
        await trade_a_little(stage.b, 5, 9)
        assert await stage.b.snapshots.take()

    async def third() -> None:
        found = await stage.a.lead(3)
        assert (found.from_snapshot, found.holes) == (True, 0)
        assert stage.a.books.position("binance", BTC) == Quantity("0.8")

    stage.tell(first, stage.a)
    stage.tell(second, stage.b)
    stage.tell(third, stage.a)


def test_what_a_deposed_leader_still_writes_counts_for_nobody(stage: Stage) -> None:
    async def story() -> None:
        await stage.a.lead(1)
        await trade_a_little(stage.a, 1, 3)

    async def deposed() -> None:
        await stage.b.lead(2)
        await trade_a_little(stage.b, 3, 4)
        assert await stage.b.snapshots.take()

    async def sleeper() -> None:
        await trade_a_little(stage.a, 50, 53)  # it woke, and does not know yet
        assert await stage.a.snapshots.take()

    async def next_one() -> None:
        found = await stage.c.lead(3)
        assert found.holes == 0
        assert stage.c.books.position("binance", BTC) == Quantity("0.3")

    stage.tell(story, stage.a)
    stage.tell(deposed, stage.b)
    stage.tell(sleeper, stage.a)
    stage.tell(next_one, stage.c)


def test_an_entry_that_is_missing_on_the_bus_is_counted(stage: Stage) -> None:
    async def story() -> None:
        for number in (1, 2, 5):
            fill = VenueFill(venue="binance", trade=trade(number, Side.BUY, "0.1"))
            entry = JournalWritten(schema=VERSION, token=1, number=number, fills=(fill,), at_ns=number)
            await stage.a.bus.enqueue(journal_subject("bot"), to_json(entry), message_id=str(number))
        found = await stage.a.lead(2)
        assert (found.holes, found.entries) == (2, 3)
        assert stage.a.books.position("binance", BTC) == Quantity("0.3")

    stage.tell(story, stage.a)


def test_an_intent_is_not_durable_before_the_bus_has_it_and_a_fact_is(stage: Stage) -> None:
    async def story() -> None:
        await stage.a.lead(1)
        stage.world.crash("bus")
        await stage.a.books.adopt("binance", trade(1, Side.BUY, "0.1"))
        with pytest.raises(NotReplicated):
            await stage.a.books.conclude(handled(2), ())
        assert stage.a.books.decisions() == ()
        stage.world.reboot("bus")
        await stage.a.books.conclude(handled(2), ())

    async def later() -> None:
        await stage.b.lead(2)
        assert stage.b.books.decisions() == (handled(2),)
        assert stage.b.books.position("binance", BTC) == Quantity("0.1")

    stage.tell(story, stage.a)
    stage.tell(later, stage.b)


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_journal_of_an_older_version_goes_on_with_its_position(stage: Stage, version: int) -> None:
    async def story() -> None:
        store = stage.a.store
        await store.commit([(sql, ()) for step in STEPS[:version] for sql in step])
        await store.commit([(f"PRAGMA user_version = {version}", ())])
        body = to_json(trade(1, Side.BUY, "0.1"))
        await store.commit([("INSERT INTO fills VALUES (?, ?, ?, ?)", ("binance", BTC, "1", body))])
        await store.commit([("INSERT INTO baselines VALUES ('binance', 'BTC', '2')", ())])

        await stage.a.lead(1)

        assert stage.a.books.position("binance", BTC) == Quantity("0.1")
        assert stage.a.books.believed("binance")["BTC"] == Decimal("2.1")
        assert await store.read("PRAGMA user_version") == [(VERSION,)]

    stage.tell(story, stage.a)


def test_what_a_newer_version_has_written_is_refused_in_the_file_and_on_the_bus(stage: Stage) -> None:
    async def story() -> None:
        began = TermBegan(schema=VERSION + 1, token=1, node="exec-b", at_ns=1)
        await stage.a.bus.enqueue(journal_subject("bot"), to_json(began), message_id="new")
        with pytest.raises(SchemaUnknown, match=f"on the bus has schema version {VERSION + 1}"):
            await stage.a.lead(2)
        await stage.b.store.commit([(f"PRAGMA user_version = {VERSION + 7}", ())])
        with pytest.raises(SchemaUnknown, match="newer version"):
            await migrate(stage.b.store)

    stage.tell(story, stage.a)


def test_entries_that_wait_for_too_long_are_replaced_by_a_snapshot(stage: Stage) -> None:
    async def story() -> None:
        await stage.a.lead(1)
        stage.world.crash("bus")
        for number in range(1, 250):
            await stage.a.books.adopt("binance", trade(number, Side.BUY, "0.1"))
        assert stage.a.replica.gave_up.is_set()
        stage.world.reboot("bus")
        while not await stage.a.snapshots.take():
            pass
        await stage.a.books.conclude(handled(2), ())

    async def later() -> None:
        await asyncio.sleep(20)  # it has to find the bus again
        found = await stage.b.lead(2)
        assert found.holes == 0
        assert stage.b.books.position("binance", BTC) == Quantity("24.9")

    stage.tell(story, stage.a)
    stage.tell(later, stage.b)
