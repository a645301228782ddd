"""The ledger from a checkpoint: the same as from every fill, with a bounded number of them read."""

import asyncio
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.domain.evidence import Trade
from engine.domain.instrument import Side
from engine.domain.money import Price, Quantity
from engine.domain.profit import DAY_NS
from engine.ports.store import SqlValue, Statement
from engine.recovery import checkpoint
from engine.recovery.journal import Journal
from engine.recovery.ledger import Ledger
from engine.runtime.sqlite import SqliteStore
from tests.engine.recovery.test_ledger import begun, order, trade

BTC = "BTC/USDT"


class Watched:
    """A real store that notes how many fills were read from it."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.fills_read = 0

    async def commit(self, statements: list[Statement]) -> None:
        await self._store.commit(statements)

    async def read(self, sql: str, parameters: tuple[SqlValue, ...] = ()) -> list[tuple[SqlValue, ...]]:
        rows = await self._store.read(sql, parameters)
        self.fills_read += len(rows) if "FROM fills" in sql else 0
        return rows


def fill(number: int) -> Trade:
    side = Side.BUY if number % 3 else Side.SELL
    return replace(trade(number, side, f"0.{number % 7 + 1}", price=str(50_000 + number)), at_ns=number * DAY_NS // 900)


def test_a_start_reads_the_fills_after_the_checkpoint_and_counts_all(tmp_path: Path) -> None:
    async def story() -> None:
        store = Watched(SqliteStore(str(tmp_path / "journal.sqlite")))
        journal = Journal(store)  # type: ignore[arg-type]  # fits by shape
        await journal.open()
        expected = Ledger()
        fills = [fill(number) for number in range(1, checkpoint.FOLD_FROM + 300)]
        await journal.write(fills=[("binance", each) for each in fills])
        for each in fills:
            expected.count("binance", each)

        first = await checkpoint.ledger_of(journal)
        assert first.state() == expected.state()
        store.fills_read = 0
        await journal.write(fills=[("kraken", fill(7))])
        expected.count("kraken", fill(7))
        again = await checkpoint.ledger_of(journal)

        assert again.state() == expected.state()
        assert store.fills_read == 1

    asyncio.run(story())


@given(numbers=st.lists(st.integers(1, 3000), unique=True, max_size=30), cut=st.integers(0, 30))
def test_a_ledger_goes_on_from_its_state_as_if_it_had_seen_everything(numbers: list[int], cut: int) -> None:
    whole, before = Ledger(), Ledger()
    for number in numbers:
        whole.count("binance", fill(number))
    for number in numbers[:cut]:
        before.count("binance", fill(number))
    after = Ledger()
    after.restore(before.state())
    for number in numbers[cut:]:
        after.count("binance", fill(number))

    assert after.state() == whole.state()
    assert after.position("binance", BTC, ()) == whole.position("binance", BTC, ())


def test_a_fill_of_an_order_from_the_journal_is_not_counted_twice() -> None:
    """The checkpoint holds it; the order that it belongs to is told again by its driver."""
    before = begun()
    before.count("binance", trade(1))
    after = begun()
    after.restore(before.state())
    known = order(trade(1), filled="0.01", cost="500")

    after.mark("binance", known.trades)
    after.count("binance", trade(1))

    assert after.believed("binance", [known])["BTC"] == Decimal("0.51")
    assert after.position("binance", BTC, [known]) == Quantity("0.01")
    assert known.trades[0].price == Price(50_000)
